/**
 * Makes a function of its own code and name that burns CPU for so many milliseconds. Code of its own matters: the
 * profiler names functions by their source, so closures made by one source line would all be one function.
 */
export function burner(name) {
  return new Function(
    `return function ${name}(ms) {
      const end = performance.now() + ms;
      let x = 1;
      while (performance.now() < end) for (let i = 0; i < 300; i++) x = (x * 31 + i) % 65521;
      return x;
    }`,
  )();
}

/** The name of the burner in a frame name of any profiler, or undefined. */
export function burnerIn(frame) {
  return /\bburn_\w+/.exec(frame)?.[0];
}
