/** A thin line over what is being loaded again. It fades in late, so that quick answers do not flicker. */
export function Progress({ active }: { active: boolean }) {
  return <div className={active ? "progress progress-active" : "progress"} aria-hidden="true" />;
}
