// Where the instances of a search have been: in how many seeds each phase, each way out of one and each end was reached.

import { type Journey, type Program, type Way, waysOf } from '../swarms/run/index.ts';

/** Each with the number of seeds that reached it. */
export interface Coverage {
  readonly phases: Readonly<Record<string, number>>;
  /** `quote → decide`, `quote → abandoned on timeout`, `pay → refused on error` */
  readonly successors: Readonly<Record<string, number>>;
  /** by their names in the description */
  readonly ends: Readonly<Record<string, number>>;
}

const wayText = ({ from, to, by }: Way): string => `${from} → ${to}${by === 'hop' ? '' : ` on ${by}`}`;

export class Reached {
  readonly #phases: Map<string, number>;
  readonly #successors: Map<string, number>;
  readonly #ends: Map<string, number>;

  constructor(program: Program) {
    const { phases } = program.description;
    const named = (kind: 'phase' | 'end') => Object.keys(phases).filter((name) => phases[name]?.kind === kind);
    this.#phases = zeros(named('phase'));
    this.#successors = zeros(waysOf(program).map(wayText));
    this.#ends = zeros(named('end'));
  }

  /** the instances of one seed */
  seed(journeys: readonly Journey[]): void {
    count(
      this.#phases,
      journeys.flatMap(({ phases }) => phases),
    );
    count(
      this.#successors,
      journeys.flatMap(({ ways }) => ways.map(wayText)),
    );
    count(
      this.#ends,
      journeys.flatMap(({ end }) => end ?? []),
    );
  }

  get coverage(): Coverage {
    return {
      phases: Object.fromEntries(this.#phases),
      successors: Object.fromEntries(this.#successors),
      ends: Object.fromEntries(this.#ends),
    };
  }
}

/** What no seed has reached. */
export function neverReached(coverage: Coverage): Readonly<Record<keyof Coverage, readonly string[]>> {
  const never = (counts: Readonly<Record<string, number>>): readonly string[] =>
    Object.keys(counts).filter((name) => counts[name] === 0);
  return {
    phases: never(coverage.phases),
    successors: never(coverage.successors),
    ends: never(coverage.ends),
  };
}

const zeros = (names: readonly string[]): Map<string, number> => new Map(names.map((name) => [name, 0]));

function count(counts: Map<string, number>, reached: readonly string[]): void {
  for (const name of new Set(reached)) counts.set(name, (counts.get(name) ?? 0) + 1);
}
