// The loop: take a known input, change it, run the target, keep what reached new code. Coverage is read once per batch of
// inputs, since reading costs as much as hundreds of them; a batch that reached something new is run again in parts.

import type { Bytes } from '../../lib/bytes.ts';
import { type Random, seededRandom } from '../../lib/random.ts';
import type { Coverage } from './coverage.ts';
import { mutate } from './mutate.ts';
import type { FuzzTarget } from './target.ts';

const batchInputs = 256;

export interface Finding {
  readonly input: Bytes;
  readonly error: Error;
}

export interface FuzzOptions {
  readonly seed: number;
  /** known inputs beside the target's own */
  readonly corpus: readonly Bytes[];
  /** absent: nothing is kept, and the run depends on the seed alone */
  readonly coverage?: Coverage;
  /** asked before each batch, with the number of inputs run so far */
  readonly goOn: (execs: number) => boolean;
  /** called with each input before it runs: what is there when the process hangs or dies */
  readonly before?: (input: Bytes) => void;
}

export interface FuzzOutcome {
  readonly execs: number;
  readonly finding: Finding | undefined;
  /** all inputs that reach something, those that were given among them */
  readonly corpus: readonly Bytes[];
}

/** Runs until `goOn` says no or the first finding. */
export function fuzz(target: FuzzTarget, options: FuzzOptions): FuzzOutcome {
  const { coverage, before } = options;
  const random = seededRandom(options.seed);
  const corpus: Bytes[] = [...target.seeds(), ...options.corpus].map((input) => input.slice(0, target.maxBytes));
  let execs = 0;
  let finding: Finding | undefined;

  const survives = (input: Bytes): boolean => {
    before?.(input);
    execs++;
    finding ??= tryOne(target, input);
    return finding === undefined;
  };

  /** Runs the inputs again, in ever smaller groups, until those that reach something new are alone. */
  const keepNew = (inputs: readonly Bytes[]): void => {
    if (coverage === undefined || !inputs.every(survives)) return;
    const report = coverage.take();
    if (!coverage.isNew(report)) return;
    if (inputs.length === 1) {
      coverage.absorb(report);
      corpus.push(...inputs);
      return;
    }
    const middle = inputs.length >> 1;
    keepNew(inputs.slice(0, middle));
    keepNew(inputs.slice(middle));
  };

  if (!corpus.every(survives)) return { execs, finding, corpus };
  coverage?.absorb(coverage.take());
  while (options.goOn(execs)) {
    const batch = Array.from({ length: batchInputs }, () =>
      mutate(random, pickBase(random, corpus), { corpus, dictionary: target.dictionary, maxBytes: target.maxBytes }),
    );
    if (!batch.every(survives)) break;
    if (coverage === undefined || !coverage.isNew(coverage.take())) continue;
    keepNew(batch);
  }
  return { execs, finding, corpus };
}

/** The newest inputs are where the code lies that nobody has looked at. */
function pickBase(random: Random, corpus: readonly Bytes[]): Bytes {
  const among = random.chance(0.3) ? corpus.slice(-8) : corpus;
  return random.pick(among);
}

export function tryOne(target: FuzzTarget, input: Bytes): Finding | undefined {
  try {
    target.run(input.slice()); // a decoder may keep views of what it was given
    return undefined;
  } catch (error) {
    return { input, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Of what was learnt, the smallest inputs that together reach what neither the target's own nor known ones do. */
export function minimise(
  target: FuzzTarget,
  known: readonly Bytes[],
  learnt: readonly Bytes[],
  coverage: Coverage,
): readonly Bytes[] {
  const reaches = (input: Bytes): boolean => {
    tryOne(target, input);
    return coverage.absorb(coverage.take());
  };
  coverage.forget();
  for (const input of [...target.seeds(), ...known]) reaches(input);
  return [...learnt].sort((a, b) => a.length - b.length).filter(reaches);
}
