import type { Client } from "@connectrpc/connect";
import type { QuerierService } from "@pyrospan/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  base,
  CPU,
  codeOf,
  openQueryStore,
  type QueryStore,
  range,
} from "../../test/query-store.ts";

let store: QueryStore;
beforeAll(async () => {
  store = await openQueryStore();
});
afterAll(() => store?.close());

describe("labels", () => {
  const tenant = "labels";
  let client: Client<typeof QuerierService>;
  beforeAll(async () => {
    client = store.asTenants(tenant);
    await store.push({ service_name: "one", pod: "p0", "service.name": "one" }, "a cpu=1", {
      tenant,
    });
    await store.push({ service_name: "one", zone: "z" }, "a cpu=1", { tenant });
    await store.push({ service_name: "two", pod: "a".repeat(40) }, "a cpu=1", { tenant });
    await store.push(
      { service_name: "two", __name__: "memory" },
      "@types inuse_space=bytes\na inuse_space=1B",
      { tenant },
    );
  });

  it("lists profile types", async () => {
    const { profileTypes } = await client.profileTypes({});
    expect(profileTypes.map(({ ID }) => ID)).toEqual(["memory:inuse_space:bytes::", CPU]);
    expect(profileTypes[1]).toMatchObject({
      name: "process_cpu",
      sampleType: "cpu",
      periodUnit: "nanoseconds",
    });
    expect((await client.profileTypes({ start: 1000n, end: 4000n })).profileTypes).toEqual([]);
  });

  it("lists names and hides those that not every client reads", async () => {
    const { names } = await client.labelNames(range);
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(
      expect.arrayContaining(["__profile_type__", "pod", "service.name", "service_name", "zone"]),
    );
    await store.push({ service_name: "dots", "a.b": "c" }, "a cpu=1");
    const hidden = await store.querier.labelNames({
      ...range,
      matchers: ['{service_name="dots"}'],
    });
    expect(hidden.names).not.toContain("a.b");
    expect(hidden.names).toContain("service_name");
  });

  it("lists values of matching series", async () => {
    const values = async (name: string, ...matchers: string[]) =>
      (await client.labelValues({ ...range, name, matchers })).names;
    expect(await values("service_name")).toEqual(["one", "two"]);
    expect(await values("service_name", "")).toEqual(["one", "two"]);
    expect(await values("service_name", `${CPU}{}`, '{pod!=""}')).toEqual(["one", "two"]);
    expect(await values("service_name", `memory:inuse_space:bytes::{}`)).toEqual(["two"]);
    expect(await values("service_name", '{pod=""}')).toEqual(["one", "two"]);
    expect(await values("service_name", '{"service.name"="one"}')).toEqual(["one"]);
    expect(await values("pod", '{pod=~"p."}')).toEqual(["p0"]);
    expect(await values("pod", '{pod!~"p.*"}')).toEqual(["a".repeat(40)]);
    expect(await values("nope")).toEqual([]);
    expect(await codeOf(client.labelValues({ ...range, name: "" }))).toBe(
      "InvalidArgument: name is required",
    );
    expect(await codeOf(client.labelValues({ name: "" }))).toBe(
      "InvalidArgument: missing time range in the query",
    );
  });

  it("takes time linear in the text for hostile expressions", async () => {
    const hostile = `{pod=~"(a+)+b|(a|aa)+c"}`;
    expect(
      (await client.labelValues({ ...range, name: "pod", matchers: [hostile] })).names,
    ).toEqual([]);
  });

  it("lists label sets, reduced to the names asked for", async () => {
    const sets = async (labelNames: string[], ...matchers: string[]) =>
      (await client.series({ ...range, labelNames, matchers })).labelsSet.map(({ labels }) =>
        labels.map(({ name, value }) => `${name}=${value}`).join(),
      );
    expect(await sets(["pod"], '{service_name="one"}')).toEqual(["", "pod=p0"]);
    expect(await sets(["zone", "pod", "pod"], '{service_name="one"}')).toEqual([
      "pod=p0",
      "zone=z",
    ]);
    expect(await sets(["nope"])).toEqual([]);
    expect(await sets(["service_name", "__profile_type__"])).toEqual([
      "__profile_type__=memory:inuse_space:bytes::,service_name=two",
      `__profile_type__=${CPU},service_name=one`,
      `__profile_type__=${CPU},service_name=two`,
    ]);
    expect((await sets([], '{zone="z"}'))[0]).toMatch(
      /^__name__=process_cpu,.*,service_name=one,zone=z$/,
    );
  });

  it("says what is stored", async () => {
    expect(await client.getProfileStats({})).toMatchObject({
      dataIngested: true,
      oldestProfileTime: BigInt(base),
      newestProfileTime: BigInt(base),
    });
    expect(await store.asTenants("empty").getProfileStats({})).toMatchObject({
      dataIngested: false,
    });
    expect(await codeOf(store.asTenants("a", "b").getProfileStats({}))).toBe(
      "InvalidArgument: expected 1 tenant, got 2",
    );
  });
});
