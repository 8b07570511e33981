// Which code has run, by V8's own block coverage: what makes an input worth keeping. V8 names, for each function that ran,
// the blocks that did not; what counts as covered is what some report did not miss. Only code that is loaded after the
// start is counted by blocks, and only until the end: there is one Coverage per thread.

import { type Profiler, Session } from 'node:inspector';

/** sorted and disjoint, [start, end) */
type Ranges = readonly (readonly [number, number])[];
export type Report = ReadonlyMap<string, Ranges>;

export class Coverage {
  readonly #session = new Session();
  readonly #isOurs: (url: string) => boolean;
  /** for each function that ever ran, what of it never did */
  readonly #missing = new Map<string, Ranges>();

  /** @param isOurs says of a script's URL whether its code counts */
  constructor(isOurs: (url: string) => boolean) {
    this.#isOurs = isOurs;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What ran since the last call. */
  take(): Report {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    // within one thread the answer comes before `post` returns
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error;
      scripts = answer.result;
    });
    const report = new Map<string, Ranges>();
    for (const { url, functions } of scripts) {
      if (!this.#isOurs(url)) continue;
      for (const { ranges } of functions) {
        const [whole, ...blocks] = ranges;
        if (whole === undefined || whole.count === 0) continue;
        const missing = blocks.filter(({ count }) => count === 0);
        report.set(
          `${url}:${whole.startOffset}`,
          missing.map(({ startOffset, endOffset }) => [startOffset, endOffset] as const),
        );
      }
    }
    return report;
  }

  /** Whether the report covers anything for the first time. */
  isNew(report: Report): boolean {
    for (const [place, missing] of report) {
      const known = this.#missing.get(place);
      if (known === undefined || lengthOf(common(known, missing)) < lengthOf(known)) return true;
    }
    return false;
  }

  /** Counts what the report covers as covered. @returns whether any of it is new */
  absorb(report: Report): boolean {
    const isNew = this.isNew(report);
    for (const [place, missing] of report) {
      const known = this.#missing.get(place);
      this.#missing.set(place, known === undefined ? missing : common(known, missing));
    }
    return isNew;
  }

  /** functions that ran */
  get functions(): number {
    return this.#missing.size;
  }

  /** Nothing counts as covered any more. */
  forget(): void {
    this.take();
    this.#missing.clear();
  }

  close(): void {
    this.#session.disconnect();
  }
}

function common(one: Ranges, other: Ranges): Ranges {
  const shared: (readonly [number, number])[] = [];
  for (const [a, b] of one) {
    for (const [c, d] of other) {
      const [start, end] = [Math.max(a, c), Math.min(b, d)];
      if (start < end) shared.push([start, end]);
    }
  }
  return shared;
}

function lengthOf(ranges: Ranges): number {
  let length = 0;
  for (const [start, end] of ranges) length += end - start;
  return length;
}
