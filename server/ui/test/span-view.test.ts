import { beforeAll, expect, it } from "vitest";
import { flameOf, watchFlameGraphs } from "./flame-on-page.ts";
import { describePage } from "./page-suite.ts";
import { pushProfile } from "./pushed-profiles.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CART = "0102030405060708";
const PAY = "1112131415161718";
/** Its samples carry no trace id, as those of most SDKs. */
const LONE = "2122232425262728";

describePage("the view of a span, in Chromium", ({ url, open, show }) => {
  beforeAll(async () => {
    await pushProfile(url(), "shop", "wall", 2, [
      ["main;loadCart", 50, { span_id: CART, trace_id: TRACE, span_name: "GET /cart" }],
      ["main;charge", 90, { span_id: PAY, trace_id: TRACE, span_name: "POST /pay" }],
    ]);
    await pushProfile(url(), "tax", "process_cpu", 2, [
      ["main;addTax", 20, { profile_id: LONE, span_name: "tax" }],
    ]);
  });

  it.each([
    ["is unknown", "af7651916cd43dd8448eb211c80319c5"],
    ["has other spans", TRACE],
  ])(
    "finds a span of a traceparent whose samples carry no trace id: its trace %s",
    async (_, trace) => {
      const page = await open("?service=shop");
      const flameGraph = watchFlameGraphs(page);
      const box = page.getByRole("textbox", { name: "Span or trace id" });
      await box.fill(`00-${trace}-${LONE}-01`);
      await box.press("Enter");
      await page.getByRole("heading", { name: "tax" }).waitFor();
      await flameOf(page).waitFor();
      await expect.poll(() => flameGraph().names).toContain("addTax");
      expect(page.url()).toBe(`${url()}/?span=${LONE}&trace=${trace}`);
      expect(await page.locator(".facts").textContent()).not.toContain("Trace id");
      const others = page.getByRole("navigation", { name: "Spans of the trace" });
      expect(await others.count()).toBe(trace === TRACE ? 1 : 0);
    },
  );

  it("shows no other span's profile below a span's name", async () => {
    const { page, flameGraph } = await show(`?trace=${TRACE}&span=${CART}`);
    let answer = () => {};
    await page.route("**/SelectMergeStacktraces", (route) => {
      answer = () => void route.continue();
    });
    const asked = page.waitForRequest("**/SelectMergeStacktraces");
    await page.getByRole("link", { name: "POST /pay" }).click();
    await page.getByRole("heading", { name: "POST /pay" }).waitFor();
    await asked;
    expect(await flameOf(page).count()).toBe(0);
    expect(await page.getByText("Loading the profile").count()).toBe(1);
    answer();
    await flameOf(page).waitFor();
    await expect.poll(() => flameGraph().names).toContain("charge");
  });
});
