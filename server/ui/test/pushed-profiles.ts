import { connectClients, push } from "../../test/client.ts";
import { profileBytes, type SampleText } from "../../test/profile-bytes.ts";

/** Profile type ids of {@link pushProfile}. */
export const CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
export const WALL = "wall:wall:nanoseconds:wall:nanoseconds";

/** One sample: a stack, root first, its value in milliseconds, and its labels. */
export type PushedSample = readonly [
  stack: string,
  milliseconds: number,
  labels?: SampleText["labels"],
];

/** Sends a server a profile of a service, `minutesAgo` old. */
export async function pushProfile(
  url: string,
  service: string,
  kind: "process_cpu" | "wall",
  minutesAgo: number,
  samples: readonly PushedSample[],
): Promise<void> {
  const type = [kind === "wall" ? "wall" : "cpu", "nanoseconds"] as const;
  await push(
    connectClients(url),
    { __name__: kind, service_name: service, region: "eu-1" },
    profileBytes({
      types: [type],
      periodType: type,
      period: 10_000_000,
      timeNanos: BigInt(Date.now() - minutesAgo * 60_000) * 1_000_000n,
      samples: samples.map(([stack, milliseconds, labels]) => ({
        stack,
        values: [milliseconds * 1_000_000],
        ...(labels ? { labels } : {}),
      })),
    }),
  );
}
