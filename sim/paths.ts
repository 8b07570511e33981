// What lies between each two machines of the simulated network: how long a message takes there, and whether it passes.

import type { Random } from '../lib/random.ts';
import type { DelayRange } from './disk.ts';

export interface NetworkProfile {
  /** one-way delay, drawn once for each directed pair of machines */
  readonly delayMs: DelayRange;
  /** each message takes this share longer or shorter at most */
  readonly jitter: number;
  readonly bytesPerMs: number;
}

export const localNetwork: NetworkProfile = { delayMs: [0.03, 0.3], jitter: 0.1, bytesPerMs: 1_000_000 };
export const wideNetwork: NetworkProfile = { delayMs: [5, 40], jitter: 0.1, bytesPerMs: 125_000 };
/** the other side of the planet; with the fault `delay` a message takes up to a second */
export const farNetwork: NetworkProfile = { delayMs: [60, 120], jitter: 0.2, bytesPerMs: 12_500 };

export class Paths {
  /** while set, this share of messages takes up to so many times longer */
  slowdown: { readonly share: number; readonly factor: number } | undefined;
  readonly #profile: NetworkProfile;
  readonly #random: Random;
  readonly #baseDelays = new Map<number, number>();
  readonly #cuts = new Map<number, number>();

  constructor(profile: NetworkProfile, random: Random) {
    this.#profile = profile;
    this.#random = random;
  }

  /** Cuts nest. */
  cut(from: number, to: number): void {
    const key = pairKey(from, to);
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1);
  }

  /** @returns whether messages pass now */
  mend(from: number, to: number): boolean {
    const key = pairKey(from, to);
    const left = (this.#cuts.get(key) ?? 0) - 1;
    if (left > 0) this.#cuts.set(key, left);
    else this.#cuts.delete(key);
    return left <= 0;
  }

  isCut(from: number, to: number): boolean {
    return this.#cuts.has(pairKey(from, to));
  }

  delayMs(from: number, to: number, bytes: number): number {
    const { jitter, bytesPerMs } = this.#profile;
    const usual = this.#baseDelay(from, to) * this.#random.between(1 - jitter, 1 + jitter) + bytes / bytesPerMs;
    const { slowdown } = this;
    return slowdown !== undefined && this.#random.chance(slowdown.share)
      ? usual * this.#random.between(1, slowdown.factor)
      : usual;
  }

  #baseDelay(from: number, to: number): number {
    const key = pairKey(from, to);
    let delay = this.#baseDelays.get(key);
    if (delay === undefined) {
      delay = this.#random.between(this.#profile.delayMs[0], this.#profile.delayMs[1]);
      this.#baseDelays.set(key, delay);
    }
    return delay;
  }
}

const pairKey = (from: number, to: number): number => from * 1024 + to;
