/**
 * Puts methods over an instance's own; the function returned takes them off again and must be called by whoever put
 * them there. Where somebody has wrapped a method since, ours stays beneath, so it must then only pass calls on.
 */
export function patchMethods<T extends object>(target: T, methods: Partial<T>): () => void {
  const names = Object.keys(methods) as (keyof T)[];
  const before = names.map((name) => ({
    own: Object.hasOwn(target, name),
    method: target[name],
  }));
  Object.assign(target, methods);
  return () => {
    names.forEach((name, i) => {
      if (target[name] !== methods[name]) return;
      if (before[i]!.own) target[name] = before[i]!.method;
      else delete target[name];
    });
  };
}
