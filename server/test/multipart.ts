/** A part of a multipart form: its header lines as they are, and its content. */
export interface FormPart {
  readonly head: string;
  readonly name: string;
  readonly content: Uint8Array;
}

/** Takes a recorded multipart body apart. */
export function parseForm(body: Uint8Array, contentType: string): FormPart[] {
  const delimiter = Buffer.from(`--${boundaryOf(contentType)}`);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: FormPart[] = [];
  for (let at = bytes.indexOf(delimiter); ; ) {
    const next = bytes.indexOf(delimiter, at + delimiter.length);
    if (next < 0) return parts;
    const headStart = at + delimiter.length + 2;
    const headEnd = bytes.indexOf("\r\n\r\n", headStart);
    const head = bytes.subarray(headStart, headEnd).toString("latin1");
    parts.push({
      head,
      name: /name="([^"]*)"/.exec(head)?.[1] ?? "",
      content: bytes.subarray(headEnd + 4, next - 2),
    });
    at = next;
  }
}

/** Puts parts together again with the boundary of `contentType`. */
export function formBody(parts: readonly FormPart[], contentType: string): Uint8Array {
  const boundary = boundaryOf(contentType);
  return Buffer.concat([
    ...parts.flatMap(({ head, content }) => [
      Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`, "latin1"),
      content,
      Buffer.from("\r\n"),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}

/** A part with a file name, as SDKs send them. */
export function filePart(name: string, content: Uint8Array): FormPart {
  return {
    head: `Content-Disposition: form-data; name="${name}"; filename="${name}"\r\nContent-Type: application/octet-stream`,
    name,
    content,
  };
}

function boundaryOf(contentType: string): string {
  return /boundary="?([^";]+)/.exec(contentType)?.[1] ?? "";
}
