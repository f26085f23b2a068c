import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { FRAME_COLORS } from "../src/flame/frame-color.ts";
import { ROOT_FRAME } from "../src/flame/frame-table.ts";
import { formatPercent, formatValue } from "../src/format/value.ts";
import { lowContrast } from "./contrast.ts";
import { colorAt, flameOf, frameNamed, pointOn, watchFlameGraphs } from "./flame-on-page.ts";
import { isFocused } from "./is-focused.ts";
import { describePage } from "./page-suite.ts";

const pinnedNode = resolve(import.meta.dirname, "../../../node_modules/.bin/node");
const program = resolve(import.meta.dirname, "profiled-program.ts");

describePage("the page in Chromium, against the server", ({ url, open, show, ...suite }) => {
  let ids: { traceId: string; search: string; checkout: string };

  it("keeps a half-typed time range while the page looks for data, and closes it when asked", async () => {
    const page = await open("", async (page) => {
      await page.clock.install();
    });
    await page.getByRole("heading", { name: "No profiles in this time range" }).waitFor();
    const custom = page.locator(".range-custom summary");
    await custom.click();
    const from = page.getByLabel("From");
    await from.fill("2026-01-02T03:04:05");
    const asked = page.waitForRequest("**/Series");
    await page.clock.runFor(6_000);
    await (await asked).response();
    await page.clock.runFor(1_000);
    expect(await from.inputValue()).toBe("2026-01-02T03:04:05");
    expect(await isFocused(page, "From")).toBe(true);

    await page.keyboard.press("Escape");
    await from.waitFor({ state: "detached" });
    expect(await custom.evaluate((element) => element === document.activeElement)).toBe(true);
    await custom.click();
    await from.waitFor();
    await page.getByRole("heading", { name: "No profiles in this time range" }).click();
    await from.waitFor({ state: "detached" });
  });

  it("says how to send a profile while there is none, and shows the first by itself", async () => {
    const page = await open("");
    await page.getByRole("heading", { name: "No profiles in this time range" }).waitFor();
    expect(await page.locator("pre").textContent()).toContain(`serverAddress: "${url()}"`);

    const { stdout } = await promisify(execFile)(pinnedNode, [
      "--conditions=source",
      program,
      url(),
    ]);
    ids = JSON.parse(stdout);
    await flameOf(page).waitFor();
    expect(await page.getByLabel("Service").inputValue()).toBe("shop");
  });

  it("shows a service's CPU time first: flame graph, functions and time line", async () => {
    const { page, flameGraph } = await show("");
    const type = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
    await expect.poll(() => page.url()).toBe(`${url()}/?service=shop&type=${type}`);
    expect(await page.title()).toBe("shop · Pyrospan");
    const table = flameGraph();
    const background = await colorAt(page, { x: 5, y: 400 });
    const frame = await pointOn(page, table, frameNamed(table, "scoreCatalog"));
    expect(await colorAt(page, frame)).not.toEqual(background);
    expect((await functionNames(page)).slice(0, 3)).toContain("burn");
    await page.locator(".timeline .bar").first().waitFor({ state: "attached" });
  });

  it("shows self and total of the frame under the pointer", async () => {
    const { page, flameGraph } = await show("?service=shop");
    await flameOf(page).hover({
      position: await pointOn(page, flameGraph(), frameNamed(flameGraph(), "tokenize")),
    });
    const table = flameGraph();
    const frame = frameNamed(table, "tokenize");
    const row = (column: Float64Array) =>
      formatValue(column[frame]!, "nanoseconds") +
      formatPercent(column[frame]!, table.total[ROOT_FRAME]!);
    expect(await page.getByRole("tooltip").textContent()).toBe(
      `tokenizeTotal${row(table.total)}Self${row(table.self)}`,
    );
    expect(table.total[frame]).toBeGreaterThan(table.self[frame]!);
  });

  it("tells what the arrow keys reach also while the pointer rests on the graph", async () => {
    const { page, flameGraph } = await show("?service=shop");
    const position = await pointOn(page, flameGraph(), frameNamed(flameGraph(), "tokenize"));
    const status = page.locator(".flame-status");
    await flameOf(page).click({ position });
    await page.keyboard.press("Escape");
    await flameOf(page).hover({ position: { ...position, x: position.x - 1 } });
    expect(await status.textContent()).toMatch(/^tokenize /);
    await page.keyboard.press("ArrowDown");
    expect(await status.textContent()).toMatch(/, level 1$/);
    await page.getByRole("tooltip").waitFor({ state: "detached" });
    await flameOf(page).hover({ position });
    expect(await status.textContent()).toMatch(/^tokenize /);
  });

  it("zooms with one click; back, breadcrumb and reset lead out again", async () => {
    const { page, flameGraph } = await show("?service=shop");
    const at = await pointOn(page, flameGraph(), frameNamed(flameGraph(), "scoreCatalog"));
    // Left of the text, and inside the line around the focused frame.
    const leftEdge = { ...at, x: 3 };
    const before = await colorAt(page, leftEdge);
    await flameOf(page).click({ position: at });
    const zoomed = page.getByRole("navigation", { name: "Zoomed frame" });
    await zoomed.getByRole("button", { name: "scoreCatalog" }).waitFor();
    expect(page.url()).toContain("&zoom=");
    // The zoomed frame fills the width.
    expect(await colorAt(page, leftEdge)).toEqual(await colorAt(page, { ...at, x: 200 }));

    await page.goBack();
    await zoomed.waitFor({ state: "detached" });
    expect(page.url()).not.toContain("&zoom=");
    expect(await colorAt(page, leftEdge)).toEqual(before);

    await page.goForward();
    await zoomed.getByRole("button", { name: "Reset zoom" }).click();
    await zoomed.waitFor({ state: "detached" });
  });

  it("dims what a search does not match and filters the functions", async () => {
    const { page, flameGraph } = await show("?service=shop");
    const table = flameGraph();
    const tokenize = await pointOn(page, table, frameNamed(table, "tokenize"));
    const signOrder = await pointOn(page, table, frameNamed(table, "signOrder"));
    const before = [await colorAt(page, tokenize), await colorAt(page, signOrder)];

    await page.keyboard.press("/");
    await page.keyboard.type("TOKEN");
    const share = page.locator(".search-result");
    await expect
      .poll(() => share.textContent())
      .toMatch(/^\d+(\.\d)? % matched · .* · 1 function$/);
    expect(await functionNames(page)).toEqual(["tokenize"]);
    await expect.poll(() => page.url()).toContain("&q=TOKEN");
    expect(await colorAt(page, tokenize)).toEqual(before[0]);
    expect(await colorAt(page, signOrder)).not.toEqual(before[1]);

    await page.keyboard.press("Escape");
    expect(await colorAt(page, signOrder)).toEqual(before[1]);
  });

  it("sorts the functions by any column and marks one by a click", async () => {
    const { page } = await show("?service=shop");
    const headers = page.locator(".functions thead");
    await headers.getByRole("button", { name: "Function" }).click();
    const ascending = await functionNames(page);
    expect(ascending).toEqual([...ascending].sort());
    await headers.getByRole("button", { name: "Function" }).click();
    const descending = await functionNames(page);
    expect(descending).toEqual([...descending].sort().reverse());
    expect(descending[0]! > ascending[0]!).toBe(true);
    expect(page.url()).toContain("&sort=-name");
    await headers.getByRole("button", { name: "Total" }).click();
    expect(page.url()).toContain("&sort=-total");
    expect(await page.locator("th[aria-sort=descending]").textContent()).toContain("Total");

    await page.getByRole("button", { name: "signOrder", exact: true }).click();
    await expect.poll(() => page.locator("tr[data-marked=true]").count()).toBe(1);
    expect((await functionNames(page)).length).toBeGreaterThan(1);
  });

  it("can be used by keyboard, and announces the focused frame", async () => {
    const { page } = await show("?service=shop");
    const label = () => flameOf(page).getAttribute("aria-label");
    await flameOf(page).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await label()).toMatch(/level [12]$/);
    const focused = await label();
    await page.keyboard.press("ArrowUp");
    expect(await label()).not.toBe(focused);
    await page.keyboard.press("ArrowDown");
    expect(await label()).toBe(focused);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("&zoom=");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.url()).not.toContain("&zoom=");
    expect(await label()).toContain("total — total");
  });

  it("shows the same to whoever opens the link", async () => {
    const { page, flameGraph } = await show("?service=shop&q=order&sort=-total");
    await flameOf(page).click({
      position: await pointOn(page, flameGraph(), frameNamed(flameGraph(), "scoreCatalog")),
    });
    await expect.poll(() => page.url()).toContain("&zoom=");
    const link = page.url();
    const first = await whatIsShown(page);
    await suite.close();

    const { page: other } = await show(link.slice(url().length + 1));
    expect(await whatIsShown(other)).toEqual(first);
    expect(other.url()).toBe(link);
    await other.reload();
    await flameOf(other).waitFor();
    expect(await whatIsShown(other)).toEqual(first);
  });

  it("selects a time range by dragging over the time line", async () => {
    const { page } = await show("?service=shop&from=now-15m");
    const box = (await page.locator(".timeline-chart").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.9, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 1, box.y + 20, { steps: 4 });
    await page.mouse.up();
    const query = new URL(page.url()).searchParams;
    const length = Number(query.get("until")) - Number(query.get("from"));
    expect(length).toBeGreaterThan(80_000);
    expect(length).toBeLessThan(95_000);
    await page.goBack();
    expect(page.url()).toContain("from=now-15m");
  });

  it("lists spans slowest first and leads to a span's own flame graph", async () => {
    const page = await open("?view=spans&service=shop");
    const flameGraph = watchFlameGraphs(page);
    const rows = page.locator(".span-list tbody tr");
    await rows.first().waitFor();
    expect(await rows.allTextContents()).toHaveLength(2);
    expect(await rows.nth(0).textContent()).toContain("GET /search");
    expect(await rows.nth(1).textContent()).toContain(ids.checkout);

    await rows.nth(1).getByRole("link", { name: "POST /checkout" }).click();
    await flameOf(page).waitFor();
    await expect.poll(() => flameGraph().names).toContain("signOrder");
    expect(flameGraph().names).not.toContain("scoreCatalog");
    expect(flameGraph().names).not.toContain("flushMetrics");
  });

  it("needs nothing but a span id in the address", async () => {
    const { page, flameGraph } = await show(`?span=${ids.search}`);
    await page.getByRole("heading", { name: "GET /search" }).waitFor();
    const facts = await page.locator(".facts").textContent();
    for (const fact of ["shop", ids.search, ids.traceId]) expect(facts).toContain(fact);
    expect(await page.locator(".span-heading [aria-pressed=true]").textContent()).toMatch(
      /^Wall time\s+[\d.]+ (ms|s)$/,
    );
    expect(flameGraph().names).toContain("tokenize");
    expect(flameGraph().names).not.toContain("signOrder");
    expect(flameGraph().names).not.toContain("flushMetrics");
  });

  it("takes a trace id in the box and shows the trace and each of its spans", async () => {
    const { page, flameGraph } = await show("?service=shop");
    const box = page.getByRole("textbox", { name: "Span or trace id" });
    await box.fill("not an id");
    await box.press("Enter");
    await page.getByRole("alert").getByText("A span id has 16 hex digits").waitFor();
    await box.fill(` ${ids.traceId.toUpperCase()} `);
    await box.press("Enter");

    const spans = page.getByRole("navigation", { name: "Spans of the trace" });
    await spans.waitFor();
    expect(new URL(page.url()).search).toBe(`?trace=${ids.traceId}`);
    expect(await spans.getByRole("link").count()).toBe(3);
    await expect.poll(() => flameGraph().names).not.toContain("flushMetrics");
    expect(flameGraph().names).toEqual(expect.arrayContaining(["scoreCatalog", "signOrder"]));

    await spans.getByRole("link", { name: "POST /checkout" }).click();
    await expect.poll(() => flameGraph().names).not.toContain("scoreCatalog");
    expect(flameGraph().names).toContain("signOrder");
    expect(await spans.locator("[aria-current]").textContent()).toContain(ids.checkout);
  });

  it("says so when there are no samples of an id or in a time range", async () => {
    const page = await open("?span=00000000000000aa");
    await page.getByRole("heading", { name: "No samples of this span" }).waitFor();
    await page.goto(`${url()}/?span=nonsense`);
    await page.getByRole("heading", { name: "Not an id" }).waitFor();
    await page.goto(`${url()}/?service=shop&filter=region%3D%22mars%22`);
    await page.getByRole("heading", { name: "No samples" }).waitFor();
    await page.getByRole("button", { name: "Clear the labels" }).click();
    await flameOf(page).waitFor();
  });

  it("is dark when the system is, and when the switch says so", async () => {
    const background = (page: Page) =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const { page, flameGraph } = await show("?service=shop");
    const frame = await pointOn(page, flameGraph(), frameNamed(flameGraph(), "scoreCatalog"));
    const light = [await background(page), await colorAt(page, frame)];
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = [await background(page), await colorAt(page, frame)];
    expect(dark[0]).not.toBe(light[0]);
    expect(dark[1]).not.toEqual(light[1]);

    await page.getByRole("button", { name: "Light" }).click();
    expect([await background(page), await colorAt(page, frame)]).toEqual(light);
    await page.reload();
    await flameOf(page).waitFor();
    expect(await background(page)).toBe(light[0]);
  });

  it.each(["light", "dark"] as const)("can be read in the %s theme", async (colorScheme) => {
    const { page } = await show("?service=shop", { colorScheme });
    const text = [
      ["--text", "--surface-sunken"],
      ["--text-soft", "--surface"],
      ["--text-soft", "--surface-sunken"],
      ["--text-soft", "--surface-raised"],
      ["--text-soft", "--share"],
      ["--accent", "--surface-sunken"],
      ["--accent", "--accent-soft"],
      ["--accent", "--share"],
      ["--error", "--surface-raised"],
      ["--frame-dimmed-text", "--frame-dimmed"],
      ...[...Array(FRAME_COLORS).keys(), "neutral"].map((color) => [
        "--frame-text",
        `--frame-${color}`,
      ]),
    ];
    const shapes = [
      ["--line-strong", "--surface"],
      ["--line-strong", "--surface-sunken"],
      ["--line-strong", "--surface-raised"],
      ["--bar", "--surface"],
      ["--focus", "--surface"],
    ];
    expect(await lowContrast(page, text, 4.5)).toEqual([]);
    expect(await lowContrast(page, shapes, 3)).toEqual([]);
    const faint = await page.evaluate(() =>
      [...document.querySelectorAll("*")]
        .filter((element) => getComputedStyle(element).opacity !== "1")
        .map((element) => element.className),
    );
    expect(faint).toEqual([]);
    const placeholder = await page
      .getByLabel("Labels")
      .evaluate((input) => getComputedStyle(input, "::placeholder").opacity);
    expect(placeholder).toBe("1");
  });

  it("draws sharp on dense screens", async () => {
    const { page } = await show("?service=shop", { deviceScaleFactor: 2 });
    const widths = () =>
      page
        .locator("canvas")
        .evaluate((canvas: HTMLCanvasElement) => canvas.width / canvas.clientWidth);
    await expect.poll(widths).toBe(2);
  });

  it("shows the server's message and code when a query is refused", async () => {
    const page = await open("?service=shop&filter=%3D%3D");
    const alert = page.getByRole("alert");
    await alert.getByRole("heading", { name: "The server refused this query" }).waitFor();
    expect(await alert.textContent()).toMatch(/parse error[\s\S]*invalid_argument · HTTP 400/);
    expect(suite.takeComplaints().join("\n")).not.toMatch(/Content Security Policy|Uncaught/);
  });

  it("gives up what nobody waits for any more", async () => {
    const { page } = await show("?service=shop");
    const given: (string | null)[] = [];
    page.on("requestfailed", (request) => {
      if (request.url().endsWith("/SelectMergeStacktraces")) given.push(request.postData());
    });
    let asked = () => {};
    const first = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await page.route("**/SelectMergeStacktraces", async (route) => {
      // The first is never answered.
      if (route.request().postData()?.includes('"wall:wall:')) asked();
      else await route.continue();
    });
    await page.getByRole("combobox", { name: "Profile" }).selectOption({ label: "Wall time" });
    await first;
    await page.getByRole("combobox", { name: "Profile" }).selectOption({ label: "Heap in use" });
    await expect.poll(() => given.length).toBe(1);
    expect(given[0]).toContain('"wall:wall:');
    await expect.poll(() => page.locator(".zoom-path").textContent()).toMatch(/iB in all$/);
  });

  it("says so when the server is gone, and goes on when asked to", async () => {
    const { page } = await show("?service=shop");
    await page.route("**/*.v1.*/**", (route) => route.abort("connectionrefused"));
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByRole("heading", { name: "Server unreachable" }).waitFor();
    await page.unroute("**/*.v1.*/**");
    await page.getByRole("button", { name: "Try again" }).click();
    await flameOf(page).waitFor();
    suite.takeComplaints();
  });
});

/** Names in the table of functions, from top to bottom. */
function functionNames(page: Page): Promise<string[]> {
  return page.locator(".functions tbody .function-name").allTextContents();
}

/** What a reader sees of a profile, apart from the time line: that moves on with "now". */
async function whatIsShown(page: Page) {
  return {
    functions: await functionNames(page),
    search: await page.getByLabel("Search functions").inputValue(),
    matched: await page.locator(".search-result").textContent(),
    zoom: await page.locator(".zoom-path").textContent(),
  };
}
