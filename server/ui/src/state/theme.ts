import { useSyncExternalStore } from "react";

/** What the reader chose; `auto` follows the system. */
export type ThemeChoice = "auto" | "light" | "dark";

const STORAGE_KEY = "pyrospan-theme";
const listeners = new Set<() => void>();
const systemDark =
  typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : undefined;

/** Applies the choice of an earlier visit. Called before anything is drawn. */
export function applyStoredTheme(): void {
  apply(storedTheme());
}

/** Changes the theme and remembers it in this browser. */
export function setTheme(choice: ThemeChoice): void {
  try {
    if (choice === "auto") localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, choice);
  } catch {
    // Storage is off: the choice holds until the page is closed.
  }
  apply(choice);
}

/** The choice, and whether dark is in force now. */
export function useTheme(): { readonly choice: ThemeChoice; readonly dark: boolean } {
  const text = useSyncExternalStore(subscribe, () => {
    const choice = currentChoice();
    return `${choice} ${choice === "dark" || (choice === "auto" && systemDark?.matches === true)}`;
  });
  const [choice, dark] = text.split(" ");
  return { choice: choice as ThemeChoice, dark: dark === "true" };
}

function currentChoice(): ThemeChoice {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "auto";
}

function storedTheme(): ThemeChoice {
  try {
    const text = localStorage.getItem(STORAGE_KEY);
    return text === "light" || text === "dark" ? text : "auto";
  } catch {
    return "auto";
  }
}

function apply(choice: ThemeChoice): void {
  if (choice === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  systemDark?.addEventListener("change", listener);
  return () => {
    listeners.delete(listener);
    systemDark?.removeEventListener("change", listener);
  };
}
