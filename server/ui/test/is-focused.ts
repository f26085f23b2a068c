import type { Page } from "playwright-core";

/** Whether what has this label has the keyboard. */
export function isFocused(page: Page, label: string): Promise<boolean> {
  return page.getByLabel(label).evaluate((element) => element === document.activeElement);
}
