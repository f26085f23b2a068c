import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { startServer, type TestServer } from "../../test/start-server.ts";
import type { FrameTable } from "../src/flame/frame-table.ts";
import { buildPage } from "./built-page.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { flameOf, watchFlameGraphs } from "./flame-on-page.ts";
import { type OpenPage, openPage } from "./open-page.ts";

type PageOptions = Parameters<typeof openPage>[2];

/** What the tests of a suite share: a server and a browser, and one page at a time. */
export interface PageSuite {
  /** Base URL of the server, for instance `http://127.0.0.1:40123`. */
  readonly url: () => string;
  /** Opens an address of the server, for instance `?service=shop`; `prepare` is called before anything is loaded. */
  readonly open: (query: string, prepare?: (page: Page) => Promise<void>) => Promise<Page>;
  /** The same, and waits until a profile is shown. `flameGraph` is the latest that the page was answered. */
  readonly show: (
    query: string,
    options?: PageOptions,
  ) => Promise<{ page: Page; flameGraph: () => FrameTable }>;
  readonly close: () => Promise<void>;
  /** What the browser has complained about so far; it is not held against the page any more. */
  readonly takeComplaints: () => string[];
}

/**
 * Tests of the built page in Chromium against a server of its own. After each of them nothing may have been asked of
 * another host, and the browser may have complained about nothing.
 */
export function describePage(name: string, define: (suite: PageSuite) => void): void {
  if (!chromiumPath) {
    console.warn(`SKIPPED: ${name}. Install Chromium or set CHROMIUM_PATH.`);
  }
  describe.skipIf(!chromiumPath)(name, () => {
    let server: TestServer;
    let browser: Browser;
    let opened: OpenPage | undefined;

    beforeAll(async () => {
      buildPage();
      [server, browser] = await Promise.all([startServer(), launchChromium()]);
    });

    afterAll(async () => {
      await browser?.close();
      await server?.stop();
    });

    afterEach(async () => {
      const { complaints = [], foreign = [] } = opened ?? {};
      await close();
      expect(foreign).toEqual([]);
      expect(complaints).toEqual([]);
    });

    const close = async () => {
      await opened?.close();
      opened = undefined;
    };

    define({
      url: () => server.url,
      open: async (query, prepare) => {
        opened = await openPage(browser, `${server.url}/${query}`, {}, prepare);
        return opened.page;
      },
      show: async (query, options) => {
        let flameGraph!: () => FrameTable;
        opened = await openPage(browser, `${server.url}/${query}`, options, async (page) => {
          flameGraph = watchFlameGraphs(page);
        });
        const { page } = opened;
        await flameOf(page).waitFor();
        await expect.poll(flameGraph).toBeDefined();
        return { page, flameGraph };
      },
      close,
      takeComplaints: () => opened!.complaints.splice(0),
    });
  });
}
