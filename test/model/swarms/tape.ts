// Choices, out of a list of numbers that fast-check makes up and can shrink, or out of a seed. A list that is used up chooses
// the first of all.

import { seededRandom } from '../../../lib/random.ts';

export class Tape {
  readonly below: (bound: number) => number;

  private constructor(below: (bound: number) => number) {
    this.below = below;
  }

  static ofNumbers(numbers: readonly number[]): Tape {
    let next = 0;
    return new Tape((bound) => (numbers[next++] ?? 0) % bound);
  }

  static ofSeed(seed: number): Tape {
    return new Tape(seededRandom(seed).below);
  }

  /** true in one of `n` cases */
  oneIn(n: number): boolean {
    return this.below(n) === n - 1;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  subset<T>(items: readonly T[]): T[] {
    return items.filter(() => this.below(2) === 1);
  }
}
