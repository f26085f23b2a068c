import type { Page } from "playwright-core";
import { beforeAll, expect, it } from "vitest";
import { toLocalInput } from "../src/format/time.ts";
import { flameOf, frameNamed, pointOn } from "./flame-on-page.ts";
import { isFocused } from "./is-focused.ts";
import { describePage } from "./page-suite.ts";
import { CPU, pushProfile, WALL } from "./pushed-profiles.ts";

const span = {
  span_id: "0102030405060708",
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
  span_name: "GET /cart",
};

describePage("choosing what the page shows, in Chromium", ({ url, open, show }) => {
  beforeAll(async () => {
    await pushProfile(url(), "shop", "process_cpu", 2, [["main;checkout", 80]]);
    await pushProfile(url(), "shop", "wall", 30, [["main;loadCart", 50, span]]);
    await pushProfile(url(), "basket", "wall", 2, [["main;addItem", 30]]);
  });

  it("chooses a service, with a profile type that it has", async () => {
    const { page, flameGraph } = await show("?service=shop");
    const service = page.getByRole("combobox", { name: "Service" });
    expect(await service.locator("option").allTextContents()).toEqual(["basket", "shop"]);
    await service.selectOption("basket");
    await expect.poll(() => flameGraph().names).toContain("addItem");
    await expect.poll(() => page.url()).toBe(`${url()}/?service=basket&type=${WALL}`);
    await page.goBack();
    await expect.poll(() => flameGraph().names).toContain("checkout");
    await expect.poll(() => page.url()).toBe(`${url()}/?service=shop&type=${CPU}`);
  });

  it("fills in a service that has the profile type of a link", async () => {
    const { page } = await show(`?type=${CPU}`);
    await expect.poll(() => page.url()).toBe(`${url()}/?service=shop&type=${CPU}`);
  });

  it("chooses a profile type, and keeps it where another service has it too", async () => {
    const { page, flameGraph } = await show("?service=shop");
    await profileBox(page).selectOption({ label: "Wall time" });
    await expect.poll(() => flameGraph().names).toContain("loadCart");
    await page.getByRole("combobox", { name: "Service" }).selectOption("basket");
    await expect.poll(() => flameGraph().names).toContain("addItem");
    expect(page.url()).toBe(`${url()}/?service=basket&type=${WALL}`);
  });

  it("keeps the profile type of a link where the time range has none of it", async () => {
    const link = `?service=shop&type=${WALL}&from=now-15m`;
    const page = await open(link);
    await page.getByRole("heading", { name: "No samples" }).waitFor();
    expect(await page.locator(".notice").textContent()).toContain(
      "shop has no Wall time in this time range.",
    );
    expect(page.url()).toBe(`${url()}/${link}`);
    expect(await profileBox(page).inputValue()).toBe(WALL);
    expect(await actions(page)).toEqual(["Show CPU time", "Last 1 h", "Last 6 h", "Last 24 h"]);
    await page.getByRole("button", { name: "Last 1 h" }).click();
    await flameOf(page).waitFor();
    expect(page.url()).toBe(`${url()}/?service=shop&type=${WALL}`);

    await page.goBack();
    await page.getByRole("button", { name: "Show CPU time" }).click();
    await flameOf(page).waitFor();
    expect(page.url()).toBe(`${url()}/?service=shop&type=${CPU}&from=now-15m`);
  });

  it.each(["", "view=spans&"])(
    "says that a service has no profiles, and goes on to one that has: %s",
    async (view) => {
      const page = await open(`?${view}service=shopp`);
      await page.getByRole("heading", { name: "No samples" }).waitFor();
      expect(await page.locator(".notice").textContent()).toContain(
        "shopp has no profiles in this time range. Choose another service above, or a longer range.",
      );
      expect(await actions(page)).toEqual(["Last 6 h", "Last 24 h"]);
      await page.getByRole("combobox", { name: "Service" }).selectOption("shop");
      await page.locator(view === "" ? ".flame" : ".span-list").waitFor();
    },
  );

  it("has a button for each usual time range, and says which is on", async () => {
    const { page } = await show("?service=shop");
    const range = page.getByRole("group", { name: "Time range" });
    for (const [label, query] of [
      ["15 min", "&from=now-15m"],
      ["6 h", "&from=now-6h"],
      ["24 h", "&from=now-24h"],
      ["1 h", ""],
    ]) {
      await range.getByRole("button", { name: label!, exact: true }).click();
      await expect.poll(() => page.url()).toBe(`${url()}/?service=shop&type=${CPU}${query}`);
      expect(await range.locator("[aria-pressed=true]").allTextContents()).toEqual([label]);
      await flameOf(page).waitFor();
    }
  });

  it("shows a time range of one's own", async () => {
    const { page, flameGraph } = await show(`?service=shop&type=${WALL}`);
    const start = Math.floor(Date.now() / 60_000) * 60_000 - 40 * 60_000;
    const end = start + 20 * 60_000;
    await page.locator(".range-custom summary").click();
    const apply = page.getByRole("button", { name: "Apply" });
    await page.getByLabel("From").fill(toLocalInput(end));
    await page.getByLabel("Until").fill(toLocalInput(start));
    expect(await apply.isDisabled()).toBe(true);
    await page.getByLabel("From").fill(toLocalInput(start));
    await page.getByLabel("Until").fill(toLocalInput(end));
    await apply.click();
    await expect
      .poll(() => page.url())
      .toBe(`${url()}/?service=shop&type=${WALL}&from=${start}&until=${end}`);
    await apply.waitFor({ state: "detached" });
    await expect.poll(() => flameGraph().names).toContain("loadCart");
    const [from, until] = [start, end].map((time) => toLocalInput(time).slice(0, 10));
    expect(await page.locator(".range-custom summary").textContent()).toMatch(
      from === until ? /^\d+ \w+ [\d:]+ – [\d:]+$/ : /^\d+ \w+ [\d:]+ – \d+ \w+ [\d:]+$/,
    );
  });

  it("applies labels with Enter and stays in their box", async () => {
    const { page } = await show("?service=shop");
    const labels = page.getByRole("textbox", { name: "Labels" });
    await labels.fill('region="mars" ');
    await labels.press("Enter");
    await page.getByRole("heading", { name: "No samples" }).waitFor();
    expect(await isFocused(page, "Labels")).toBe(true);
    expect(await labels.inputValue()).toBe('region="mars"');
    await page.getByRole("button", { name: "Clear the labels" }).click();
    await flameOf(page).waitFor();
    expect(await labels.inputValue()).toBe("");
    await page.goBack();
    await expect.poll(() => labels.inputValue()).toBe('region="mars"');
  });

  it("says how samples get spans only where there are samples without", async () => {
    const page = await open("?view=spans&service=basket");
    const heading = page.getByRole("heading", { name: "No spans with samples" });
    await heading.waitFor();
    expect(await page.locator(".notice pre").textContent()).toContain("PyrospanSpanProcessor");
    expect(await actions(page)).toEqual(["Last 6 h", "Last 24 h", "Show the whole service"]);

    await page.goto(`${url()}/?view=spans&service=shop&filter=region%3D%22mars%22`);
    await heading.waitFor();
    expect(await page.locator(".notice pre").count()).toBe(0);
    await page.getByRole("button", { name: "Clear the labels" }).click();
    await page.locator(".span-list").getByRole("link", { name: "GET /cart" }).waitFor();

    await page.goto(`${url()}/?view=spans&service=shop&type=${WALL}&from=now-15m`);
    await heading.waitFor();
    expect(await page.locator(".notice pre").count()).toBe(0);
    await page.getByRole("button", { name: "Last 1 h" }).click();
    await page.locator(".span-list").getByRole("link", { name: "GET /cart" }).waitFor();
  });

  it("counts the age of spans from now, whatever the time range", async () => {
    const [from, until] = [Date.now() - 40 * 60_000, Date.now() - 25 * 60_000];
    const page = await open(`?view=spans&service=shop&from=${from}&until=${until}`);
    const row = page.locator(".span-list tbody tr").first();
    expect(await row.textContent()).toMatch(/3[01] min ago$/);
  });

  it("describes the frame under a resting pointer after new data has moved the frames", async () => {
    const samples = [
      ["main;parse", 10],
      ["main;render", 30],
    ] as const;
    await pushProfile(url(), "drawing", "process_cpu", 2, samples);
    const { page, flameGraph } = await show("?service=drawing");
    const position = await pointOn(page, flameGraph(), frameNamed(flameGraph(), "render"));
    await flameOf(page).hover({ position });
    const name = page.locator(".tooltip-name");
    expect(await name.textContent()).toBe("render");
    await pushProfile(url(), "drawing", "process_cpu", 2, [["main;build", 5]]);
    await page
      .getByRole("button", { name: "Refresh" })
      .evaluate((button: HTMLButtonElement) => button.click());
    await expect.poll(() => flameGraph().names).toContain("build");
    await expect.poll(() => page.locator(".zoom-path").textContent()).toBe("45 ms in all");
    expect(await name.textContent()).toBe("render");
  });
});

function profileBox(page: Page) {
  return page.getByRole("combobox", { name: "Profile" });
}

/** What an empty state offers. */
function actions(page: Page): Promise<string[]> {
  return page.locator(".notice-actions button").allTextContents();
}
