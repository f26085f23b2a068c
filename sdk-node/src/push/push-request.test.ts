import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { PushRequestSchema } from "@pyrospan/wire";
import { describe, expect, it } from "vitest";
import { encodePushRequest } from "./push-request.ts";

describe("encodePushRequest", () => {
  it("writes what the generated codec writes", () => {
    const large = Uint8Array.from({ length: 70_000 }, (_, i) => i);
    const ours = encodePushRequest([
      { labels: { service_name: "Grüße", __name__: "wall", a: "" }, id: "id-1", profile: large },
      { labels: { __name__: "memory" }, id: "id-2", profile: Uint8Array.of(1, 2, 3) },
    ]);
    const theirs = create(PushRequestSchema, {
      series: [
        {
          labels: [
            { name: "__name__", value: "wall" },
            { name: "a", value: "" },
            { name: "service_name", value: "Grüße" },
          ],
          samples: [{ rawProfile: large, ID: "id-1" }],
        },
        {
          labels: [{ name: "__name__", value: "memory" }],
          samples: [{ rawProfile: Uint8Array.of(1, 2, 3), ID: "id-2" }],
        },
      ],
    });
    const read = fromBinary(PushRequestSchema, ours);
    expect(Buffer.from(toBinary(PushRequestSchema, read))).toEqual(
      Buffer.from(toBinary(PushRequestSchema, theirs)),
    );
    expect(read.series[1]?.samples[0]?.ID).toBe("id-2");
  });

  it("has nothing to write for nothing", () => {
    expect(encodePushRequest([])).toHaveLength(0);
  });
});
