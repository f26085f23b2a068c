import { setTheme, type ThemeChoice, useTheme } from "../state/theme.ts";

const CHOICES: readonly { readonly choice: ThemeChoice; readonly label: string }[] = [
  { choice: "auto", label: "Auto" },
  { choice: "light", label: "Light" },
  { choice: "dark", label: "Dark" },
];

/** Light, dark, or as the system has it. */
export function ThemeSwitch() {
  const { choice } = useTheme();
  return (
    <fieldset className="segments" aria-label="Theme">
      {CHOICES.map((each) => (
        <button
          key={each.choice}
          type="button"
          aria-pressed={choice === each.choice}
          onClick={() => setTheme(each.choice)}
        >
          {each.label}
        </button>
      ))}
    </fieldset>
  );
}
