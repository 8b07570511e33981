// The search for the highest rate that a network bears: doubled while it does, then halved geometrically between the
// highest rate that it bore and the lowest that it did not. What bounds the search from above is tried a second time,
// since a network that was just started, or disturbed once, bears less than it can; and at the end the highest rate that
// was borne is tried once more. Pure: the caller makes the tries, and says whether time and disk still allow another one.

export interface SearchRange {
  readonly start: number;
  /** nothing above is tried */
  readonly ceiling: number;
}

export interface NextTry {
  readonly rate: number;
  /** nothing is left to find: this is the run that confirms */
  readonly confirming: boolean;
}

/** The bracket is narrow enough: its ends are 5 % apart, a third of what a machine drifts. */
const tolerance = 1.05;
/** How far to go above a rate that failed once and was borne later. */
const step = 1.1;

export class RateSearch {
  readonly #ceiling: number;
  /** the rate to try while nothing is known */
  readonly #start: number;
  /** highest rate that was borne, below every one that was not; 0 where there is none */
  #low = 0;
  #high = Number.POSITIVE_INFINITY;
  /** whether the higher end has failed twice */
  #highIsSure = false;
  /** whether a rate that had failed was borne later: what is above is near */
  #isNear = false;
  #confirmed = 0;
  /** confirming runs that failed: only lower ones follow, each of which may confirm */
  #failed = 0;

  constructor(range: SearchRange) {
    this.#ceiling = range.ceiling;
    this.#start = Math.min(range.start, range.ceiling);
  }

  /** The rate that a confirming run bore; 0 before. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Highest rate that was borne so far, below every one that was not. */
  get low(): number {
    return this.#low;
  }

  /** Whether the highest rate that may be tried was borne. */
  get atCeiling(): boolean {
    return this.#low >= this.#ceiling;
  }

  /** Whether nothing lies between what was borne and what was not. */
  get isNarrow(): boolean {
    if (this.atCeiling) return true;
    return this.#high / this.#low <= tolerance || this.#middle() <= this.#low || this.#middle() >= this.#high;
  }

  /**
   * @param mayExplore whether a try that is not the last one can be afforded; otherwise the best rate so far is confirmed
   * @returns undefined when the search is over
   */
  next(mayExplore: boolean): NextTry | undefined {
    if (this.#confirmed > 0 || this.#high <= 1) return undefined;
    // 5 %, 10 %, 20 % below the one before: a machine that got slower is caught up with in a few runs
    if (this.#failed > 0) return { rate: this.#lower(tolerance ** (2 ** (this.#failed - 1))), confirming: true };
    if (this.#low > 0 && (!mayExplore || (this.isNarrow && (this.atCeiling || this.#highIsSure))))
      return { rate: this.#low, confirming: true };
    if (!mayExplore) return undefined;
    if (this.#low > 0 && this.isNarrow) return { rate: this.#high, confirming: false };
    return { rate: this.#explore(), confirming: false };
  }

  take(tried: NextTry, borne: boolean): void {
    if (!borne) {
      this.#highIsSure = tried.rate === this.#high || (this.#highIsSure && tried.rate > this.#high);
      this.#high = Math.min(this.#high, tried.rate);
      if (tried.confirming) this.#failed++;
      if (this.#low >= this.#high) this.#low = 0;
      return;
    }
    if (tried.rate === this.#high) {
      this.#high = Number.POSITIVE_INFINITY;
      this.#isNear = true;
    }
    if (tried.rate < this.#high) this.#low = Math.max(this.#low, tried.rate);
    if (tried.confirming) this.#confirmed = tried.rate;
  }

  #explore(): number {
    if (this.#low === 0) return this.#high === Number.POSITIVE_INFINITY ? this.#start : this.#lower(2);
    if (this.#high === Number.POSITIVE_INFINITY)
      return Math.min(this.#isNear ? readable(step * this.#low) : 2 * this.#low, this.#ceiling);
    return this.#middle();
  }

  #middle(): number {
    return readable(Math.sqrt(this.#low * this.#high));
  }

  #lower(by: number): number {
    return Math.max(1, Math.min(readable(this.#high / by), this.#high - 1));
  }
}

/** Three digits say enough. */
function readable(rate: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(rate)) - 2);
  return Math.round(rate / unit) * unit;
}
