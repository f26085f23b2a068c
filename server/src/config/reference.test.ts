import { expect, it } from "vitest";
import { configurationReference } from "./reference.ts";
import { usage } from "./usage.ts";

it("the page on configuration is that of this program", async () => {
  await expect(configurationReference()).toMatchFileSnapshot(
    "../../../docs/reference/configuration.md",
  );
});

it("the help text names every flag with its default", () => {
  expect(usage()).toContain("-server.http-listen-port (default 4040)");
  expect(usage()).toContain("-distributor.ingestion-rate-limit-mb (default 4 MiB/s)");
});
