import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { encodePprof, type Profile } from "@pyrospan/pprof";
import { PushRequestSchema } from "@pyrospan/wire";
import { Random } from "./random.ts";
import { loadRecording } from "./recordings.ts";
import { varyProfile, withSpans } from "./vary-profile.ts";
import type { ProfileKind } from "./workloads.ts";

const serviceCount = 20;
const regions = ["eu-1", "us-1", "ap-1"] as const;

/** Which bodies to make. */
export interface BodyPlan {
  readonly kinds: readonly ProfileKind[];
  readonly count: number;
  /** Times of the profiles: from this millisecond since 1970 ... */
  readonly fromMs: number;
  /** ... up to this one, growing from body to body. */
  readonly untilMs: number;
  readonly seed: number;
}

/** Push requests ready to be sent, and what is in them. */
export interface PreparedBodies {
  readonly bodies: readonly Uint8Array[];
  readonly facts: BodyFacts;
}

/** What a set of bodies holds. */
export interface BodyFacts {
  readonly count: number;
  readonly bytes: number;
  /** Values other than zero: what a store must keep. */
  readonly samples: number;
  /** A span in one of the bodies, for queries. */
  readonly span: { readonly service: string; readonly spanId: string } | undefined;
}

/** Makes Push requests of one profile each, no two alike: 20 services in 3 regions take turns. */
export function prepareBodies(plan: BodyPlan): PreparedBodies {
  const random = new Random(plan.seed);
  const bases = plan.kinds.map((kind) => ({ kind, base: baseOf(kind) }));
  const bodies: Uint8Array[] = [];
  let samples = 0;
  let bytes = 0;
  let span: BodyFacts["span"];
  for (let i = 0; i < plan.count; i++) {
    const { kind, base } = bases[i % bases.length]!;
    const service = serviceName(Math.floor(i / bases.length) % serviceCount);
    const region = regions[random.below(regions.length)]!;
    const timeMs = plan.fromMs + ((plan.untilMs - plan.fromMs) * i) / plan.count;
    const timeNanos = BigInt(Math.floor(timeMs)) * 1_000_000n + BigInt(random.below(1_000_000));
    const varied = varyProfile(base, timeNanos, random);
    const body = pushRequest(
      { __name__: kind.profileName, region, service_name: service },
      gzipSync(encodePprof(varied.profile), { level: 1 }),
    );
    bodies.push(body);
    bytes += body.length;
    samples += countNonZero(varied.profile.samples.values);
    if (varied.spanId !== undefined) span ??= { service, spanId: varied.spanId };
  }
  return { bodies, facts: { count: bodies.length, bytes, samples, span } };
}

/** Name of one of the services that bodies come from. */
export function serviceName(index: number): string {
  return `shop-${String(index).padStart(2, "0")}`;
}

function baseOf(kind: ProfileKind): Profile {
  const recorded = loadRecording(kind.recording);
  return kind.spans > 0 ? withSpans(recorded, kind.spans) : recorded;
}

function pushRequest(labels: Readonly<Record<string, string>>, rawProfile: Uint8Array): Uint8Array {
  const pairs = Object.entries(labels).map(([name, value]) => ({ name, value }));
  return toBinary(
    PushRequestSchema,
    create(PushRequestSchema, { series: [{ labels: pairs, samples: [{ rawProfile }] }] }),
  );
}

function countNonZero(values: BigInt64Array): number {
  let count = 0;
  for (const value of values) if (value !== 0n) count++;
  return count;
}
