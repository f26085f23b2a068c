import type { ProfileTypeParts } from "./profile-type.ts";
import { type StackCut, shapedStack } from "./shaped-stack.ts";
import { inRanges, STEP_ITEMS, type Steps, sortedList } from "./sliced.ts";
import type { LocationDetail, LocationDetails } from "./stack-details.ts";
import type { IdentifiedValues } from "./stack-values.ts";

/** How to draw a call graph. */
export interface DotOptions {
  readonly type: ProfileTypeParts;
  /** Milliseconds since 1970, shown in the legend. */
  readonly endMs: number;
  /** Nodes to draw, those with the largest totals. */
  readonly maxNodes: number;
  /** Where the stacks are cut before. */
  readonly cut?: StackCut;
}

/**
 * The call graph of stacks in the language of Graphviz: a box for each line of code with its own and its total value,
 * arrows from callers to callees. Dotted arrows leave boxes out. Empty when there are no stacks.
 */
export function* dotGraph(
  parts: readonly IdentifiedValues[],
  details: LocationDetails,
  options: DotOptions,
): Steps<string> {
  const graph = yield* buildGraph(parts, details, options.cut);
  if (graph.nodes.length === 0) return "";
  const ranked = yield* byImportance(graph.nodes, yield* buildEdges(graph));
  for (const node of ranked.slice(options.maxNodes)) node.shown = false;
  const edges = yield* buildEdges(graph);
  const shown = yield* byImportance(ranked.slice(0, options.maxNodes), edges);
  shown.forEach((node, i) => {
    node.number = i + 1;
  });
  const { type } = options;
  const value = (number: number): string => formatValue(number, type.sampleUnit);
  const percent = (number: number): string => `${round((100 * number) / (graph.total || 1))}%`;
  const accounted = shown.reduce((sum, node) => sum + node.self, 0);
  const legend = [
    `File: ${graph.file}`,
    `Type: ${type.sampleType}`,
    `Time: ${new Date(options.endMs).toISOString()}`,
    `Showing nodes accounting for ${value(accounted)}, ${percent(accounted)} of ${value(graph.total)} total`,
    ...(shown.length < graph.nodes.length
      ? [`Showing top ${shown.length} nodes out of ${graph.nodes.length}`]
      : []),
  ].map((line) => `${escaped(line)}\\l`);
  const largest = shown.reduce((most, node) => Math.max(most, Math.abs(node.self)), 1);
  const lines = [
    `digraph "${escaped(graph.file)}" {`,
    'node [style=filled fillcolor="#f8f8f8"]',
    `subgraph cluster_L { "File: ${escaped(graph.file)}" [shape=box fontsize=16 label="${legend.join("")}" tooltip="${escaped(graph.file)}"] }`,
  ];
  yield* inRanges(
    shown.length,
    (from, to) => {
      for (const node of shown.slice(from, to)) {
        const label = [node.name, node.place, `${value(node.self)} (${percent(node.self)})`];
        if (node.total !== node.self)
          label.push(`of ${value(node.total)} (${percent(node.total)})`);
        const size = 8 + Math.ceil(16 * Math.sqrt(Math.abs(node.self) / largest));
        const text = label
          .filter((line) => line !== "")
          .map(escaped)
          .join("\\n");
        lines.push(
          `N${node.number} [label="${text}" id="node${node.number}" fontsize=${size} shape=box tooltip="${escaped(node.label)} (${value(node.total)})" ${colors(node.total / (graph.total || 1))}]`,
        );
      }
    },
    STEP_LINES,
  );
  const byWeight = yield* sortedList(
    edges,
    (a, b) => b.weight - a.weight || a.from.number - b.from.number || a.to.number - b.to.number,
  );
  yield* inRanges(
    byWeight.length,
    (first, end) => {
      for (const { from, to, weight, direct } of byWeight.slice(first, end)) {
        const share = weight / (graph.total || 1);
        const title = `${escaped(from.label)} ${direct ? "->" : "..."} ${escaped(to.label)} (${value(weight)})`;
        const color = colors(share).split(" ")[0];
        const width = 1 + Math.floor(share * 5);
        lines.push(
          `N${from.number} -> N${to.number} [label=" ${value(weight)}" weight=${1 + Math.floor(share * 100)}${width > 1 ? ` penwidth=${width}` : ""} ${color} tooltip="${title}" labeltooltip="${title}"${direct ? "" : ' style="dotted"'}]`,
        );
      }
    },
    STEP_LINES,
  );
  return `${lines.join("\n")}\n}\n`;
}

/** Lines of text made between two yields. */
const STEP_LINES = 256;

interface GraphNode {
  readonly name: string;
  /** File and line. */
  readonly place: string;
  readonly label: string;
  self: number;
  total: number;
  /** How telling it is. */
  score: number;
  shown: boolean;
  /** Place in the drawing, from 1. */
  number: number;
}

interface Edge {
  readonly from: GraphNode;
  readonly to: GraphNode;
  weight: number;
  /** False when nodes between the two are not drawn. */
  direct: boolean;
}

interface Graph {
  readonly nodes: GraphNode[];
  /** Distinct stacks, root first, with their values. */
  readonly stacks: { readonly nodes: readonly GraphNode[]; readonly value: number }[];
  readonly total: number;
  /** Base name of the binary that most profiles name first. */
  readonly file: string;
}

function* buildGraph(
  parts: readonly IdentifiedValues[],
  details: LocationDetails,
  cut: StackCut | undefined,
): Steps<Graph> {
  const shape = cut === undefined ? {} : { cut };
  const nodes = new Map<string, GraphNode>();
  const nodesOfPlace = new Map<LocationDetail, readonly GraphNode[]>();
  const stacks: Graph["stacks"] = [];
  let total = 0;
  let file = "";
  let visited = 0;
  for (const part of parts) {
    const locations = details.get(part.partition) ?? new Map<number, LocationDetail>();
    for (let i = 0; i < part.stacks.length; i++) {
      const value = Number(part.values[i]!);
      const places: LocationDetail[] = [];
      for (let stack = part.stacks[i]!; stack > 0; stack = part.frames.parentOf(stack)) {
        const place = locations.get(part.frames.locationOf(stack));
        if (place !== undefined) places.push(place);
      }
      const path: GraphNode[] = [];
      for (const place of shapedStack(places, shape)) {
        file ||= place.mapping?.filename.split("/").at(-1) ?? "";
        let own = nodesOfPlace.get(place);
        if (own === undefined) {
          own = place.lines.map((line) => nodeOf(nodes, line));
          nodesOfPlace.set(place, own);
        }
        for (const node of own) path.push(node);
      }
      visited += places.length;
      if (visited >= STEP_ITEMS / 4) {
        visited = 0;
        yield;
      }
      if (path.length === 0) continue;
      path[0]!.self += value;
      for (const node of new Set(path)) node.total += value;
      total += value;
      stacks.push({ nodes: path.reverse(), value });
    }
  }
  return { nodes: [...nodes.values()], stacks, total, file: file === "" ? "unnamed" : file };
}

function nodeOf(
  nodes: Map<string, GraphNode>,
  { function: called, line }: LocationDetail["lines"][number],
): GraphNode {
  const name = called?.name ?? "";
  const filename = called?.filename ?? "";
  const place = line === 0n ? filename : `${filename}:${line}`;
  const label = place === "" ? name : `${name} ${place}`;
  let node = nodes.get(label);
  if (node === undefined) {
    node = { name, place, label, self: 0, total: 0, score: 0, shown: true, number: nodes.size + 1 };
    nodes.set(label, node);
  }
  return node;
}

/** Above all numbers of nodes; two of them make a safe integer. */
const MAX_NODES = 2 ** 26;

function* buildEdges(graph: Graph): Steps<Edge[]> {
  const edges = new Map<number, Edge>();
  let visited = 0;
  for (const { nodes, value } of graph.stacks) {
    // An edge counts once for each stack, however often the stack takes it.
    const taken = new Set<Edge>();
    let from: GraphNode | undefined;
    let direct = true;
    for (const to of nodes) {
      if (!to.shown) {
        direct = false;
        continue;
      }
      if (from !== undefined && from !== to) {
        const key = from.number * MAX_NODES + to.number;
        let edge = edges.get(key);
        if (edge === undefined) {
          edge = { from, to, weight: 0, direct: false };
          edges.set(key, edge);
        }
        if (!taken.has(edge)) edge.weight += value;
        edge.direct ||= direct;
        taken.add(edge);
      }
      from = to;
      direct = true;
    }
    visited += nodes.length;
    if (visited >= STEP_ITEMS / 4) {
      visited = 0;
      yield;
    }
  }
  return [...edges.values()];
}

/**
 * Nodes, the most telling ones first: those with large values where paths begin, end, or part and meet, measured by
 * the entropy of the values of their edges.
 */
function* byImportance(
  nodes: readonly GraphNode[],
  edges: readonly Edge[],
): Steps<readonly GraphNode[]> {
  const into = new Map<GraphNode, number[]>();
  const outOf = new Map<GraphNode, number[]>();
  yield* inRanges(edges.length, (first, end) => {
    for (const { from, to, weight } of edges.slice(first, end)) {
      addTo(into, to, weight);
      addTo(outOf, from, weight);
    }
  });
  yield* inRanges(nodes.length, (from, to) => {
    for (const node of nodes.slice(from, to)) {
      const callers = into.get(node);
      const callees = outOf.get(node);
      const shape =
        (callers === undefined ? 1 : entropy(callers)) +
        (callees === undefined ? 1 : entropy([...callees, node.self]));
      node.score = shape * node.total + node.self;
    }
  });
  return yield* sortedList(nodes, (a, b) => b.score - a.score || (a.label < b.label ? -1 : 1));
}

function addTo(lists: Map<GraphNode, number[]>, node: GraphNode, weight: number): void {
  const list = lists.get(node);
  if (list === undefined) lists.set(node, [weight]);
  else list.push(weight);
}

/** Bits of entropy of a split. */
function entropy(parts: readonly number[]): number {
  const total = parts.reduce((sum, part) => sum + Math.abs(part), 0);
  let bits = 0;
  for (const part of parts)
    if (part !== 0) bits -= (part / total) * Math.log2(Math.abs(part) / total);
  return bits;
}

const timeUnits: Readonly<Record<string, number>> = {
  nanoseconds: 1,
  microseconds: 1e3,
  milliseconds: 1e6,
  seconds: 1e9,
};

/** A value with a unit that keeps the number short. */
function formatValue(value: number, unit: string): string {
  const nanos = timeUnits[unit];
  if (nanos !== undefined) {
    return scaled(value * nanos, [
      [1e9, "s"],
      [1e6, "ms"],
      [1e3, "us"],
      [1, "ns"],
    ]);
  }
  if (unit === "bytes") {
    return scaled(value, [
      [2 ** 40, "TB"],
      [2 ** 30, "GB"],
      [2 ** 20, "MB"],
      [2 ** 10, "kB"],
      [1, "B"],
    ]);
  }
  return String(value);
}

function scaled(value: number, units: readonly (readonly [number, string])[]): string {
  if (value === 0) return "0";
  const [size, name] = units.find(([size]) => Math.abs(value) >= size) ?? units.at(-1)!;
  return `${round(value / size)}${name}`;
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Grey for small shares, red for large ones. */
function colors(share: number): string {
  const heat = Math.max(0, Math.min(1, Math.abs(share)));
  const hex = (channel: number): string => Math.round(channel).toString(16).padStart(2, "0");
  const line = `#b2${hex(178 - 178 * heat)}${hex(170 - 170 * heat)}`;
  const fill = `#ed${hex(237 - 24 * heat)}${hex(236 - 23 * heat)}`;
  return `color="${line}" fillcolor="${fill}"`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
