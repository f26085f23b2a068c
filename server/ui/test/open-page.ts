import type { Browser, BrowserContext, Page } from "playwright-core";

/** A page of its own profile, and what it did that it should not. */
export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings on the console, and exceptions. */
  readonly complaints: string[];
  /** Addresses outside the server that were asked for. */
  readonly foreign: string[];
  readonly close: () => Promise<void>;
}

/**
 * Opens an address in a new browser context: no storage, no cache, nothing of the pages before. `prepare` is called
 * before anything is loaded.
 */
export async function openPage(
  browser: Browser,
  url: string,
  options: NonNullable<Parameters<Browser["newContext"]>[0]> = {},
  prepare?: (page: Page) => Promise<void>,
): Promise<OpenPage> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: "light",
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  const { origin } = new URL(url);
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) foreign.push(request.url());
  });
  await prepare?.(page);
  await page.goto(url);
  return { page, complaints, foreign, close: () => context.close() };
}
