import { useEffect } from "react";

const LOOK_AGAIN_MS = 5_000;

/** Loads again every few seconds while something that is bound to come is not there yet, and the page is looked at. */
export function useLookAgain(load: () => void, active = true): void {
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => {
      if (!document.hidden) load();
    }, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [load, active]);
}
