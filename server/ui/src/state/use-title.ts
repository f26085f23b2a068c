import { useEffect } from "react";

/** Names the browser's tab, so that tabs and history entries can be told apart. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Pyrospan" : `${title} · Pyrospan`;
  }, [title]);
}
