import { describe, expect, it } from "vitest";
import { type PyroscopeConfig, resolveConfig } from "./config.ts";

describe("resolveConfig", () => {
  it("needs nothing", () => {
    expect(resolveConfig({}, {})).toEqual({
      appName: undefined,
      serverAddress: "http://localhost:4040/",
      tags: {},
      headers: {},
      flushIntervalMs: 15_000,
      uploadTimeoutMs: 10_000,
      wall: {
        enabled: true,
        collectIntervalMs: 2_000,
        samplingIntervalMicros: 10_000,
        collectCpuTime: true,
      },
      heap: { enabled: true, samplingIntervalBytes: 524_288, stackDepth: 64 },
      sourceMapper: undefined,
      stripFilenames: undefined,
      shortenPaths: false,
      logger: undefined,
    });
  });

  it("reads the environment, and code wins over it", () => {
    const env = {
      PYROSCOPE_APPLICATION_NAME: "shop",
      PYROSCOPE_SERVER_ADDRESS: "https://profiles.example:4041/prefix",
      PYROSCOPE_FLUSH_INTERVAL_MS: "5000",
      PYROSCOPE_WALL_SAMPLING_INTERVAL_MICROS: "2000",
      PYROSCOPE_WALL_COLLECT_CPU_TIME: "0",
      PYROSCOPE_HEAP_ENABLED: "false",
      PYROSCOPE_TENANT_ID: "team-a",
      PYROSCOPE_LABELS: "region=eu, zone=b=1",
      PYROSCOPE_HTTP_HEADERS: '{"X-Extra":"1"}',
      OTEL_SERVICE_NAME: "not this",
    };
    const config = resolveConfig(
      { flushIntervalMs: 9_000, tags: { region: "us", pod: 7 }, wall: { collectCpuTime: true } },
      env,
    );
    expect(config).toMatchObject({
      appName: "shop",
      serverAddress: "https://profiles.example:4041/prefix",
      flushIntervalMs: 9_000,
      tags: { region: "us", zone: "b=1", pod: "7" },
      headers: { "x-scope-orgid": "team-a", "x-extra": "1" },
      wall: { samplingIntervalMicros: 2_000, collectCpuTime: true },
      heap: { enabled: false },
    });
  });

  it("falls back on the service name of OpenTelemetry", () => {
    expect(resolveConfig({}, { OTEL_SERVICE_NAME: "checkout" }).appName).toBe("checkout");
  });

  it("lets the ad hoc address win over everything", () => {
    const env = { PYROSCOPE_ADHOC_SERVER_ADDRESS: "http://adhoc:1", PYROSCOPE_SERVER_ADDRESS: "x" };
    expect(resolveConfig({ serverAddress: "http://code:2" }, env).serverAddress).toBe(
      "http://adhoc:1/",
    );
  });

  it("takes credentials from settings or from the address, and a token before both", () => {
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
    const address = "http://us%40er:p%3Aw@host:1/";
    const fromAddress = resolveConfig({ serverAddress: address }, {});
    expect(fromAddress.headers).toEqual({ authorization: basic("us@er:p:w") });
    expect(fromAddress.serverAddress).toBe("http://host:1/");
    const user = { serverAddress: address, basicAuthUser: "me", basicAuthPassword: "secret" };
    expect(resolveConfig(user, {}).headers).toEqual({ authorization: basic("me:secret") });
    expect(resolveConfig({ ...user, authToken: "t" }, {}).headers).toEqual({
      authorization: "Bearer t",
    });
  });

  it("names every problem in one message", () => {
    const config = {
      appName: " ",
      serverAddress: "localhost:4040",
      flushIntervalMs: Number.NaN,
      tags: { good: "yes", bad: { nested: 1 } },
      wall: { samplingIntervalMicros: "100", collectCpuTime: "yes" },
      heap: 7,
      basicAuthPassword: "alone",
      stripFilenames: "some",
      sourceMapper: {},
      httpHeaders: { x: "a\nb", "x y": "z", "": "z" },
      tenantID: "a\r\nb",
      authToken: "secret\n",
    } as unknown as PyroscopeConfig;
    const env = { PYROSCOPE_HEAP_STACK_DEPTH: "abc", PYROSCOPE_LABELS: "lonely" };
    const message = (() => {
      try {
        resolveConfig(config, env);
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    })();
    for (const name of [
      "- appName ",
      "- serverAddress ",
      "- flushIntervalMs must be a whole number from 1 to 2147483647, not NaN",
      "- tags.bad ",
      "- wall.samplingIntervalMicros ",
      "- wall.collectCpuTime ",
      "- heap must be an object",
      "- PYROSCOPE_HEAP_STACK_DEPTH must be a whole number from 1 to 2147483647, not abc",
      "- PYROSCOPE_LABELS ",
      "- basicAuthPassword ",
      "- stripFilenames ",
      "- sourceMapper lacks the methods mappingInfo",
      '- httpHeaders has an invalid value for "x"',
      '- httpHeaders has "x y", which cannot be the name of a header',
      '- httpHeaders has "", which cannot be the name of a header',
      "- tenantID has a line break",
      "- authToken has a line break",
    ]) {
      expect(message).toContain(name);
    }
    expect(message).not.toContain("secret");
  });

  it("names an address whose user or password cannot be read", () => {
    const resolve = () =>
      resolveConfig({ serverAddress: "http://me:50%@host:1/", flushIntervalMs: -1 }, {});
    expect(resolve).toThrow('- serverAddress must have "%25" for each "%"');
    expect(resolve).toThrow("- flushIntervalMs must be");
    expect(resolveConfig({ serverAddress: "http://me:50%25@host:1/" }, {}).headers).toEqual({
      authorization: `Basic ${Buffer.from("me:50%").toString("base64")}`,
    });
  });

  it("does not take fewer than one sample between two takes", () => {
    const wall = { samplingIntervalMicros: 3_000_000 };
    expect(() => resolveConfig({ wall }, {})).toThrow(
      "- wall.samplingIntervalMicros must be a whole number from 100 to 2000000, not 3000000",
    );
    expect(() => resolveConfig({ flushIntervalMs: 5 }, {})).toThrow(
      "- wall.samplingIntervalMicros must be a whole number from 100 to 5000, not 10000",
    );
    expect(resolveConfig({ wall: { ...wall, samplingDurationMs: 3_000 } }, {}).wall).toMatchObject({
      samplingIntervalMicros: 3_000_000,
      collectIntervalMs: 3_000,
    });
  });

  it("takes empty text for not set", () => {
    const empty = {
      appName: "",
      serverAddress: "",
      authToken: "",
      tenantID: "",
      basicAuthUser: "",
      basicAuthPassword: "",
      stripFilenames: "",
    } as unknown as PyroscopeConfig;
    expect(resolveConfig(empty, { PYROSCOPE_APPLICATION_NAME: "" })).toEqual(resolveConfig({}, {}));
    expect(resolveConfig(empty, { PYROSCOPE_APPLICATION_NAME: "shop" }).appName).toBe("shop");
  });

  it.each([
    ["true", true],
    ["1", true],
    ["Yes", true],
    ["on", true],
    ["FALSE", false],
    ["0", false],
    ["no", false],
    ["off", false],
  ])("takes %s from the environment for %s", (text, flag) => {
    expect(resolveConfig({}, { PYROSCOPE_SHORTEN_PATHS: text }).shortenPaths).toBe(flag);
  });

  it.each(["abc", "", "-1", "1.5", "1e99", "Infinity"])(
    "does not take %j from the environment for a number",
    (text) => {
      const resolve = () => resolveConfig({}, { PYROSCOPE_FLUSH_INTERVAL_MS: text });
      if (text === "") expect(resolve().flushIntervalMs).toBe(15_000);
      else expect(resolve).toThrow("PYROSCOPE_FLUSH_INTERVAL_MS must be a whole number");
    },
  );
});
