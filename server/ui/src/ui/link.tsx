import type { MouseEvent, ReactNode } from "react";
import { changeState, formatState, type PageState } from "../state/page-state.ts";
import { currentState, type Navigate } from "../state/use-page-state.ts";

/** A real link to another state of the page, so that it can be copied or opened in a new tab. */
export function Link(props: {
  readonly change: Partial<PageState>;
  readonly navigate: Navigate;
  readonly children: ReactNode;
  readonly className?: string;
  readonly title?: string;
  readonly current?: boolean;
}) {
  const { change, navigate, children, className, title, current } = props;
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
    navigate(change);
  };
  return (
    <a
      href={`/${formatState(changeState(currentState(), change))}`}
      onClick={follow}
      className={className}
      title={title}
      aria-current={current ? "page" : undefined}
    >
      {children}
    </a>
  );
}
