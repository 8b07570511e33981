// Long work in slices: between two of them the loop is free for votes and sockets.

import { sliceBudgetUs } from './limits.ts';

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

/** Tells a generator when its slice is used up: by estimates, since nothing here may read a clock. */
export class Pace {
  private spentUs = 0;

  /** @param estimateUs what the work just done costs on a slow day. @returns whether to yield now */
  spend(estimateUs: number): boolean {
    this.spentUs += estimateUs;
    if (this.spentUs < sliceBudgetUs) return false;
    this.spentUs = 0;
    return true;
  }
}

/** @param each does its work and returns an estimate of it in microseconds */
export function* inSlices<T>(items: readonly T[], each: (item: T, index: number) => number): Generator<void> {
  const pace = new Pace();
  for (let index = 0; index < items.length; index++) {
    if (pace.spend(each(items[index] as T, index))) yield;
  }
}

/** Hands over the items in parts, the next one when the one before has answered. */
export function inParts<T>(
  items: readonly T[],
  partLength: number,
  begin: (part: readonly T[], next: (stop: boolean) => void) => void,
  done: () => void,
): void {
  const from = (start: number): void => {
    if (start >= items.length) return done();
    begin(items.slice(start, start + partLength), (stop) => {
      if (!stop) from(start + partLength);
    });
  };
  from(0);
}
