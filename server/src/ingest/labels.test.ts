import { describe, expect, it } from "vitest";
import { defaultLimits } from "../limits.ts";
import {
  applyDefaultRules,
  checkLabels,
  type Label,
  renderLabels,
  seriesLabels,
} from "./labels.ts";
import { reduceSessionId } from "./session-id.ts";

const base: Label[] = [
  ["__name__", "cpu"],
  ["service_name", "svc"],
];

function check(labels: readonly Label[], limits = defaultLimits): string {
  try {
    return renderLabels(checkLabels(seriesLabels(labels), limits));
  } catch (error) {
    return (error as Error).message;
  }
}

describe("labels of a series", () => {
  it("name the service unknown when the client does not, but keep an empty name", () => {
    expect(seriesLabels([["a", "1"]])).toEqual([
      ["a", "1"],
      ["service_name", "unknown_service"],
    ]);
    expect(seriesLabels([["service_name", ""]])).toEqual([["service_name", ""]]);
  });

  it("are shown sorted, with values as Go quotes them", () => {
    expect(renderLabels([["a", 'x"\\\n\u0001é\u2028😀']])).toBe('{a="x\\"\\\\\\n\\x01é\\u2028😀"}');
  });

  it.each<[string, Label[], string]>([
    [
      "no name",
      [["service_name", "svc"]],
      `invalid labels '{service_name="svc"}' with error: invalid metric name`,
    ],
    [
      "twice the same",
      [...base, ["a", "1"], ["a", "2"]],
      `profile with labels '{__name__="cpu", a="1", a="2", service_name="svc"}' has duplicate label name: 'a'`,
    ],
    ["dots and any text", [...base, ["ä.b", "ü"]], '{__name__="cpu", service_name="svc", ä.b="ü"}'],
    [
      "an empty label name",
      [...base, ["", "x"]],
      `invalid labels '{="x", __name__="cpu", service_name="svc"}' with error: invalid label name ''`,
    ],
    ["a lone surrogate", [...base, ["a", "\ud800"]], "invalid label value"],
  ])("%s", (_name, labels, expected) => {
    expect(check(labels)).toContain(expected);
  });

  it("are counted and measured", () => {
    const small = {
      ...defaultLimits,
      maxLabelNamesPerSeries: 2,
      maxLabelNameLength: 12,
      maxLabelValueLength: 3,
    };
    expect(check([...base, ["a", "1"]], small)).toBe(
      `profile series '{__name__="cpu", a="1", service_name="svc"}' has 3 label names; limit 2`,
    );
    expect(check(base, { ...small, maxLabelNameLength: 11 })).toContain(
      "has label name too long: 'service_name'",
    );
    expect(
      check(
        [
          ["__name__", "cpu"],
          ["service_name", "long"],
        ],
        small,
      ),
    ).toContain("has label value too long: 'long'");
    expect(check(base, small)).toBe('{__name__="cpu", service_name="svc"}');
  });
});

describe("sanitised names", () => {
  const limits = { ...defaultLimits, disableLabelSanitization: false };

  it.each<[Label[], string]>([
    [[["label.dot", "val"]], '{__name__="cpu", label_dot="val", service_name="svc"}'],
    [
      [
        ["label.name", "foo"],
        ["label_name", "foo"],
      ],
      '{__name__="cpu", label_name="foo", service_name="svc"}',
    ],
    [
      [
        ["label.name", "foo"],
        ["label_name", "bar"],
      ],
      `profile with labels '{__name__="cpu", label.name="foo", label_name="bar", service_name="svc"}' has duplicate label name 'label_name' after label name sanitization from 'label.name'`,
    ],
    [
      [
        ["label.name", "foo"],
        ["label.name", "bar"],
      ],
      `profile with labels '{__name__="cpu", label.name="bar", label_name="foo", service_name="svc"}' has duplicate label name 'label_name' after label name sanitization from 'label.name'`,
    ],
    [
      [["a-b", "x"]],
      `invalid labels '{__name__="cpu", a-b="x", service_name="svc"}' with error: invalid label name 'a-b'`,
    ],
    [[["0.a", "x"]], "invalid label name '0.a'"],
  ])("%j", (more, expected) => {
    expect(check([...base, ...more], limits)).toContain(expected);
  });
});

describe("rules that always apply", () => {
  it("names profiles of the Go delta profiler after their kind", () => {
    expect(applyDefaultRules([["__name__", "godeltaprof_memory"]])).toEqual([
      ["__delta__", "false"],
      ["__name__", "memory"],
      ["__name_replaced__", "godeltaprof_memory"],
    ]);
  });

  it("calls wall profiles of CPU time CPU profiles", () => {
    const labels: Label[] = [
      ["__name__", "wall"],
      ["__type__", "cpu"],
    ];
    expect(applyDefaultRules(labels)).toContainEqual(["__name__", "process_cpu"]);
    expect(applyDefaultRules([["__name__", "wall"]])).toEqual([["__name__", "wall"]]);
  });
});

describe("session ids", () => {
  it("are removed by default, or reduced to so many", () => {
    const labels: Label[] = [["__session_id__", "0a00000000000000"]];
    expect(reduceSessionId(labels, 0)).toEqual([]);
    expect(reduceSessionId(labels, 4)).toEqual([["__session_id__", "0200000000000000"]]);
    expect(reduceSessionId([["__session_id__", "nonsense"]], 4)).toEqual([]);
  });
});
