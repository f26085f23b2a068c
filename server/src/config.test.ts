import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseDuration } from "./config/values.ts";
import { allOptions, ConfigError, environmentName, loadConfig } from "./config.ts";
import { defaultLimits } from "./limits.ts";

const folder = mkdtempSync(join(tmpdir(), "pyrospan-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, "config.yaml");
  writeFileSync(path, text);
  return path;
}

const load = (args: string[] = [], env: Record<string, string> = {}) => loadConfig({ args, env });

function problems(
  args: string[],
  env: Record<string, string> = {},
): { text: string; exitCode: number } {
  try {
    load(args, env);
  } catch (error) {
    if (error instanceof ConfigError) return { text: error.message, exitCode: error.exitCode };
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("loadConfig", () => {
  it("has defaults for everything", () => {
    const { server, limits, printed } = load();
    expect(server).toMatchObject({ listenPort: 4040, dataPath: "./data", multitenancy: false });
    expect(limits).toEqual(defaultLimits);
    expect(printed).toHaveLength(allOptions().length);
  });

  it("takes flags over the environment over the file over the defaults", () => {
    const path = file(
      "server: {http_listen_port: 1}\nlog: {level: warn}\ndata: null\n".replace("data: null\n", ""),
    );
    const fromFile = [`-config.file=${path}`];
    expect(load(fromFile).server).toMatchObject({ listenPort: 1, logLevel: "warn" });
    const env = { PYROSPAN_SERVER_HTTP_LISTEN_PORT: "2" };
    expect(load(fromFile, env).server.listenPort).toBe(2);
    expect(load([...fromFile, "--server.http-listen-port=3"], env).server.listenPort).toBe(3);
    expect(load(fromFile, env).server.logLevel).toBe("warn");
  });

  it("reads flags with one dash or two, bare switches and values after a space", () => {
    const { server } = load([
      "-auth.multitenancy-enabled",
      "--data-path",
      "/x",
      "-storage.fsync=false",
    ]);
    expect(server).toMatchObject({ multitenancy: true, dataPath: "/x", storeFsync: false });
  });

  it("turns units into those the names say", () => {
    const { limits } = load([
      "-distributor.ingestion-rate-limit-mb=0.5",
      "-validation.reject-older-than=1h30m",
      "-querier.max-query-lookback=2w",
      "-querier.max-query-length=0",
    ]);
    expect(limits).toMatchObject({
      ingestionRateBytes: 524_288,
      rejectOlderThanMs: 5_400_000,
      maxQueryLookbackMs: 1_209_600_000,
      maxQueryLengthMs: 0,
    });
  });

  it("names every problem, the option and its source in one message", () => {
    const { text, exitCode } = problems(["-server.http-listen-port=abc", "-target=ingester"], {
      PYROSPAN_LOG_LEVEL: "loud",
    });
    expect(text).toContain(
      'flag -server.http-listen-port: must be a whole number from 0 to 65535, got "abc"',
    );
    expect(text).toContain('flag -target: must be one of all, got "ingester"');
    expect(text).toContain("environment variable PYROSPAN_LOG_LEVEL: must be one of");
    expect(exitCode).toBe(1);
  });

  it.each([
    [["-nope"], "flag provided but not defined: -nope"],
    [["-nope=1", "-data-path"], "flag needs an argument: -data-path"],
    [["data"], 'not a flag: "data"'],
    [["-server.http-listen-port=70000"], "from 0 to 65535"],
    [["-server.http-listen-port="], "from 0 to 65535"],
    [["-shutdown-delay=10"], "must be a duration"],
    [["-querier.max-query-length=1.5ms"], "must be a whole number of milliseconds"],
    [["-querier.query-timeout=30d"], "must be a duration from 0s to 24d"],
    [["-server.http-read-timeout=600h"], "must be a duration from 0s to 24d"],
    [["-server.http-headers-timeout=0"], "must be a duration from 100ms to 24d"],
    [["-runtime-config.reload-period=0"], "must be a duration from 100ms to 24d"],
    [["-distributor.ingestion-artificial-delay=2d"], "must be a duration from 0s to 1d"],
    [["-storage.fsync=maybe"], "must be true or false"],
    [["-distributor.ingestion-rate-limit-mb=-1"], "must be a number of MiB"],
    [["-server.max-body-memory-mb=0"], "must be a number of MiB of at least 1"],
  ])("refuses %j with exit code 2", (args, text) => {
    expect(problems(args)).toEqual({ text: expect.stringContaining(text), exitCode: 2 });
  });

  it.each([
    ["server: {http_listen_prt: 1}", "field server.http_listen_prt is not known"],
    ["nope: 1\nalso: {x: 1}", "field nope is not known; field also is not known"],
    ["server: 5", "server is not a map"],
    ["[]", "not a map of settings"],
    ["server: {http_listen_port: abc}", "key server.http_listen_port of the configuration file"],
    ["server: {http_listen_port: 1}\nserver: {}", "unique"],
    ["server: [", ""],
  ])("refuses the file %j", (yaml, text) => {
    const { text: message, exitCode } = problems([`-config.file=${file(yaml)}`]);
    expect(message).toContain(text);
    expect(exitCode).toBe(1);
  });

  it("refuses a file that is not there", () => {
    expect(problems(["-config.file=/nowhere/x.yaml"]).text).toContain("/nowhere/x.yaml");
  });

  it("expands variables in the file only when told to", () => {
    const value = `$\{DIR:-/default}/$$x`;
    const path = file(`storage: {data_path: '${value}'}\n`);
    const dataPath = (args: string[], env = {}) =>
      load([`-config.file=${path}`, ...args], env).server.dataPath;
    expect(dataPath([])).toBe(value);
    expect(dataPath(["-config.expand-env"])).toBe("/default/$x");
    expect(dataPath(["-config.expand-env=true"], { DIR: "/d" })).toBe("/d/$x");
  });
});

describe("options", () => {
  it("have names of their own everywhere", () => {
    const flags = allOptions().map(({ flag }) => flag);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(flags.map(environmentName)).size).toBe(flags.length);
    const keys = allOptions().flatMap(({ yaml }) => yaml?.join(".") ?? []);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("have defaults that they accept themselves", () => {
    for (const option of allOptions()) {
      expect(option.value.safeParse(option.default).success, option.flag).toBe(true);
    }
  });
});

describe("timers", () => {
  it("are never told more than they can hold: they would fire at once", () => {
    const longest = 2 ** 31 - 1;
    for (const option of allOptions()) {
      const parsed = option.value.safeParse("25d");
      if (/timeout|delay|reload-period/.test(option.flag)) {
        expect(parsed.success, option.flag).toBe(false);
        expect(option.value.parse("23h"), option.flag).toBeLessThan(longest);
      }
    }
  });
});

describe("parseDuration", () => {
  it.each([
    ["0", 0],
    ["0s", 0],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    ["1h30m10s", 5_410_000],
    ["31d", 2_678_400_000],
    ["1w", 604_800_000],
    ["1.1m", 66_000],
    ["0.07s", 70],
    ["500us", 0.5],
  ])("%s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(["", "5", "h", "1 h", "-1h", "1x", "1h "])("%j is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
