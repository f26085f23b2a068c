import type { PageState } from "../state/page-state.ts";
import type { Navigate } from "../state/use-page-state.ts";
import { IdBox } from "./id-box.tsx";
import { Link } from "./link.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

/** Name, views, the box for ids and the theme. */
export function PageHeader({ state, navigate }: { state: PageState; navigate: Navigate }) {
  return (
    <header className="page-header">
      <Link
        change={{ view: "explore", search: "", zoom: "" }}
        navigate={navigate}
        className="brand"
      >
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <rect x="1" y="2" width="14" height="3.4" rx="1" className="brand-1" />
          <rect x="1" y="6.3" width="9.5" height="3.4" rx="1" className="brand-2" />
          <rect x="3" y="10.6" width="5" height="3.4" rx="1" className="brand-3" />
        </svg>
        Pyrospan
      </Link>
      <nav className="tabs" aria-label="Views">
        <Link change={{ view: "explore" }} navigate={navigate} current={state.view === "explore"}>
          Explore
        </Link>
        <Link change={{ view: "spans" }} navigate={navigate} current={state.view !== "explore"}>
          Spans
        </Link>
      </nav>
      <IdBox navigate={navigate} />
      <ThemeSwitch />
    </header>
  );
}
