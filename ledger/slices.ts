// Long work in slices: between two of them the loop is free for votes and sockets.

/** Runs `next` soon, behind what has already arrived. */
export type Defer = (next: () => void) => void;

/** Runs the steps of a generator, each its own slice; the first one at once. */
export function runSliced(defer: Defer, steps: Generator<void>, done: () => void): void {
  const step = (): void => {
    if (steps.next().done === true) done();
    else defer(step);
  };
  step();
}

/** Items `perSlice` at a time. */
export function* inSlices<T>(
  items: readonly T[],
  perSlice: number,
  each: (item: T, index: number) => void,
): Generator<void> {
  for (let index = 0; index < items.length; index++) {
    if (index > 0 && index % perSlice === 0) yield;
    each(items[index] as T, index);
  }
}
