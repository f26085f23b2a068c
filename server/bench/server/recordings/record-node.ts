// Records the wall profile that the SDK sends for 15 s of the example's web shop under load:
//   node --conditions=source server/bench/server/recordings/record-node.ts server/bench/server/recordings/node-wall.pb.gz
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { ProfileSchema, PushRequestSchema } from "@pyrospan/wire";

const loadMs = 18_000;
const clients = 6;
const pauseMs = 20;

const file = process.argv[2];
if (file === undefined) throw new Error("usage: record-node.ts FILE");
const example = resolve(import.meta.dirname, "../../../../examples/trace-to-profile/dist");
const { runLoad } = (await import(`${example}/load.js`)) as {
  runLoad(url: string, clients: number, pauseMs: number, signal: AbortSignal): Promise<number>;
};

let largest: Uint8Array = new Uint8Array();
const receiver = createServer(async (request, response) => {
  const body = await buffer(request);
  const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  for (const { labels, samples } of fromBinary(PushRequestSchema, plain).series) {
    const isWall = labels.some(({ name, value }) => name === "__name__" && value === "wall");
    for (const { rawProfile } of samples) {
      if (isWall && rawProfile.length > largest.length) largest = rawProfile;
    }
  }
  response.writeHead(200, { "content-type": "application/proto" }).end();
}).listen(0, "127.0.0.1");
await once(receiver, "listening");
const address = receiver.address();
if (address === null || typeof address === "string") throw new Error("no port");

const shop = fork(`${example}/shop.js`, {
  env: { ...process.env, PYROSCOPE_SERVER_ADDRESS: `http://127.0.0.1:${address.port}` },
});
const [{ url }] = (await once(shop, "message")) as [{ url: string }];
await runLoad(url, clients, pauseMs, AbortSignal.timeout(loadMs));
await delay(1000);
shop.disconnect();
await once(shop, "exit");
receiver.close();
writeFileSync(file, withoutPath(largest, resolve(import.meta.dirname, "../../../..")));

/** The profile as if the repository lay in `/srv/shop`. */
function withoutPath(gzipped: Uint8Array, root: string): Uint8Array {
  const profile = fromBinary(ProfileSchema, gunzipSync(gzipped));
  profile.stringTable = profile.stringTable.map((text) => text.replace(root, "/srv/shop"));
  return gzipSync(toBinary(ProfileSchema, profile));
}
