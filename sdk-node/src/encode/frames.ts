import { sep } from "node:path";
import type { ProfileBuilder } from "@pyrospan/pprof";
import type { SourceMapper } from "./source-mapper.ts";

/** A call tree node as far as its frame goes; both engines' nodes are. */
export interface FrameNode {
  readonly name: string;
  readonly scriptName: string;
  readonly scriptId?: number;
  readonly lineNumber?: number;
  readonly columnNumber?: number;
}

/** How frames are written. */
export interface FrameOptions {
  /** Translates places before they are written. */
  readonly sourceMapper?: SourceMapper | undefined;
  /** Leave out file names: of every function, or of those in `node_modules`. */
  readonly stripFilenames?: "all" | "dependencies" | undefined;
  /** Write paths relative to the working directory, and to the innermost package in `node_modules`. */
  readonly shortenPaths?: boolean | undefined;
}

/** The locations of a profile. Function name, file and line stay apart. */
export class Frames {
  private readonly builder: ProfileBuilder;
  private readonly options: FrameOptions;
  /** By script, then by place in it; by name where there is no place. Asked for every node, so no key is built. */
  private readonly known = new Map<number, Map<number | string, number>>();

  constructor(builder: ProfileBuilder, options: FrameOptions) {
    this.builder = builder;
    this.options = options;
  }

  /** The location index of a node's frame. */
  location(node: FrameNode): number {
    const { scriptId = 0, lineNumber = 0, columnNumber = 0, name } = node;
    let script = this.known.get(scriptId);
    if (script === undefined) {
      script = new Map();
      this.known.set(scriptId, script);
    }
    const place = lineNumber > 0 ? lineNumber * MAX_COLUMNS + columnNumber : name;
    let location = script.get(place);
    if (location === undefined) {
      location = this.add(node);
      script.set(place, location);
    }
    return location;
  }

  /** The location index of a frame that stands for a part of the runtime rather than a function. */
  runtime(name: string): number {
    return this.location({ name, scriptName: "" });
  }

  private add(node: FrameNode): number {
    const { file, line, column, name } = this.place(node);
    const index = this.builder.function({
      name: name || anonymous(line, column),
      filename: this.filename(file),
      startLine: line,
    });
    return this.builder.location({ lines: [{ function: index, line, column }] });
  }

  private place(node: FrameNode): { file: string; line: number; column: number; name: string } {
    const file = pathOf(node.scriptName);
    const place = { file, line: node.lineNumber ?? 0, column: node.columnNumber ?? 0 };
    const { sourceMapper } = this.options;
    if (sourceMapper === undefined || place.line <= 0) return { ...place, name: node.name };
    try {
      const mapped = sourceMapper.mappingInfo({ ...place, name: node.name });
      return {
        file: mapped.file ?? file,
        line: mapped.line ?? place.line,
        column: mapped.column ?? place.column,
        name: mapped.name ?? node.name,
      };
    } catch {
      // The mapper is the application's; a place that it cannot map is better than no profile.
      return { ...place, name: node.name };
    }
  }

  private filename(file: string): string {
    const { stripFilenames, shortenPaths } = this.options;
    const inPackage = Math.max(
      file.lastIndexOf("node_modules/"),
      file.lastIndexOf("node_modules\\"),
    );
    if (stripFilenames === "all" || (stripFilenames === "dependencies" && inPackage >= 0)) {
      return "";
    }
    if (!shortenPaths) return file;
    if (inPackage >= 0) return file.slice(inPackage + "node_modules/".length);
    const here = process.cwd() + sep;
    return file.startsWith(here) ? `.${sep}${file.slice(here.length)}` : file;
  }
}

/** A script of one line can be megabytes long. */
const MAX_COLUMNS = 2 ** 26;

/** ES modules are known by URL, others by path. */
function pathOf(scriptName: string): string {
  return scriptName.startsWith("file://") ? scriptName.slice("file://".length) : scriptName;
}

/** Flame graphs merge by name, so functions without one need to be told apart by their place. */
function anonymous(line: number, column: number): string {
  return line > 0 ? `(anonymous:L#${line}:C#${column})` : "(anonymous)";
}
