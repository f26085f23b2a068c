import { expect, it } from "vitest";
import {
  defaultProfileType,
  defaultSpanProfileType,
  parseProfileType,
  profileTypeLabel,
} from "./profile-type.ts";
import { labelSelector } from "./selector.ts";

const cpu = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
const wall = "wall:wall:nanoseconds:wall:nanoseconds";
const heap = "memory:inuse_space:bytes:space:bytes";

it("reads profile type ids and names them", () => {
  expect(parseProfileType(heap)).toMatchObject({ sampleType: "inuse_space", sampleUnit: "bytes" });
  expect(profileTypeLabel(wall)).toBe("Wall time");
  expect(profileTypeLabel("jfr:parked:nanoseconds::")).toBe("jfr · parked");
});

it("starts with CPU time, and with wall time for a span", () => {
  expect(defaultProfileType([heap, wall, cpu])).toBe(cpu);
  expect(defaultSpanProfileType([heap, cpu, wall])).toBe(wall);
  expect(defaultProfileType([heap, "lock:delay:nanoseconds::"])).toBe("lock:delay:nanoseconds::");
  expect(defaultProfileType([heap])).toBe(heap);
  expect(defaultProfileType([])).toBeUndefined();
});

it("writes label selectors", () => {
  expect(labelSelector("shop", "")).toBe('{service_name="shop"}');
  expect(labelSelector("", "")).toBe("{}");
  expect(labelSelector("shop", ' {region=~"eu-.*", } ')).toBe(
    '{service_name="shop",region=~"eu-.*"}',
  );
  expect(labelSelector('a"b\\c\n', "")).toBe('{service_name="a\\"b\\\\c\\n"}');
});
