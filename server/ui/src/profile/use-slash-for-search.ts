import { useEffect } from "react";

/** Marks the search field that the key is for. */
export const SEARCH_FIELD_ID = "frame-search";

/** The key "/" goes to the search field, unless something is being typed. */
export function useSlashForSearch(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLElement && event.target.closest("input, textarea, select")) {
        return;
      }
      const field = document.getElementById(SEARCH_FIELD_ID);
      if (!(field instanceof HTMLInputElement)) return;
      event.preventDefault();
      field.focus();
      field.select();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
