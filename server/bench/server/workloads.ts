import type { RecordingName } from "./recordings.ts";

/** What is sent: one or more kinds of profile in turn. */
export interface Workload {
  /** For the command line and the JSON. */
  readonly name: string;
  readonly title: string;
  readonly kinds: readonly ProfileKind[];
  /** Bodies of one saturated round. */
  readonly bodies: number;
  readonly inShortRun: boolean;
}

/** A recording, and how it is turned into the profiles of a service. */
export interface ProfileKind {
  readonly recording: RecordingName;
  /** Label `__name__` of the series. */
  readonly profileName: string;
  /** Profile type that the queries ask for. */
  readonly profileType: string;
  /** Span ids that each profile's samples are spread over, new ones in every profile; 0 = as recorded. */
  readonly spans: number;
}

const cpu: ProfileKind = {
  recording: "go-cpu",
  profileName: "process_cpu",
  profileType: "process_cpu:samples:count:cpu:nanoseconds",
  spans: 0,
};
const cpuWithSpans: ProfileKind = { ...cpu, spans: 50 };
const heap: ProfileKind = {
  recording: "go-heap",
  profileName: "memory",
  profileType: "memory:alloc_space:bytes:space:bytes",
  spans: 0,
};
const nodeWall: ProfileKind = {
  recording: "node-wall",
  profileName: "wall",
  profileType: "wall:wall:nanoseconds:wall:nanoseconds",
  spans: 0,
};

/** All workloads, in the order they run. */
export const workloads: readonly Workload[] = [
  {
    name: "cpu",
    title: "CPU profile of 30 KB, 583 samples",
    kinds: [cpu],
    bodies: 1000,
    inShortRun: true,
  },
  {
    name: "spans",
    title: "the same, each sample with one of 50 span ids",
    kinds: [cpuWithSpans],
    bodies: 1000,
    inShortRun: true,
  },
  {
    name: "heap",
    title: "heap profile of 110 KB, 5,676 samples of 4 types",
    kinds: [heap],
    bodies: 300,
    inShortRun: true,
  },
  {
    name: "node",
    title: "wall profile of a Node service with the spans of its requests",
    kinds: [nodeWall],
    bodies: 1000,
    inShortRun: false,
  },
  {
    name: "mix",
    title: "all of these in turn",
    kinds: [cpu, cpuWithSpans, heap, nodeWall],
    bodies: 800,
    inShortRun: false,
  },
];
