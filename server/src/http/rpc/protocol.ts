/** How a message travels: the protocol, and binary protobuf or JSON inside. */
export interface WireFormat {
  readonly protocol: "connect" | "grpc" | "grpc-web";
  readonly binary: boolean;
  /** Content type of the answer: that of the request. */
  readonly contentType: string;
}

const FORMATS: Readonly<Record<string, Omit<WireFormat, "contentType">>> = {
  "application/grpc": { protocol: "grpc", binary: true },
  "application/grpc+json": { protocol: "grpc", binary: false },
  "application/grpc+json; charset=utf-8": { protocol: "grpc", binary: false },
  "application/grpc+proto": { protocol: "grpc", binary: true },
  "application/grpc-web": { protocol: "grpc-web", binary: true },
  "application/grpc-web+json": { protocol: "grpc-web", binary: false },
  "application/grpc-web+json; charset=utf-8": { protocol: "grpc-web", binary: false },
  "application/grpc-web+proto": { protocol: "grpc-web", binary: true },
  "application/json": { protocol: "connect", binary: false },
  "application/json; charset=utf-8": { protocol: "connect", binary: false },
  "application/proto": { protocol: "connect", binary: true },
};

/** Value of `Accept-Post` beside a 415: all content types, in alphabetical order. */
export const ACCEPT_POST: string = Object.keys(FORMATS).join(", ");

/** The wire format of a content type, or undefined for one that is not spoken. Case and spacing do not matter. */
export function parseWireFormat(contentType: string | undefined): WireFormat | undefined {
  if (contentType === undefined) return undefined;
  const normal = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim())
    .join("; ");
  if (!Object.hasOwn(FORMATS, normal)) return undefined;
  return { ...FORMATS[normal]!, contentType: normal };
}
