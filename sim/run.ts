// One simulated run from the choices that a person makes on the command line, and the command that repeats it.

import type { SignatureSuite } from '../lib/suites/suite.ts';
import { MiB } from '../lib/units.ts';
import { runCluster } from './cluster.ts';
import { counterFaults, runCounter } from './counter.ts';
import { type FaultKind, faultKinds } from './faults.ts';
import { simulatedNodes } from './nodes.ts';
import type { SimReport } from './report.ts';

/** `validators`: whole nodes in a network. `counter`: one durable actor on one machine. */
export const simPrograms = ['validators', 'counter'] as const;

export type SimProgram = (typeof simPrograms)[number];

export interface SimChoices {
  readonly program: SimProgram;
  readonly seed: number;
  readonly validators: number;
  readonly faults: readonly FaultKind[];
  readonly virtualSeconds: number;
  readonly suite: SignatureSuite;
  /** receives a line per noteworthy event */
  readonly log?: (line: string) => void;
  /** called once per virtual second */
  readonly progress?: (virtualSeconds: number) => void;
}

/** T3's planned length of a term: from the seed, so that planned changes of leader meet faults too. */
const plannedTermsMs = [30_000, 5_000, 2_000];
/** Every so many seeds lanes fill, and journals are pruned: their segments are as small as the largest batch allows. */
const heavyOneIn = 5;
const heavyRetention = { segmentBytes: 2.25 * MiB, retainBytes: 4.5 * MiB };

/** Runs it on this thread. The same choices give the same report, byte for byte. */
export function simulate(choices: SimChoices): SimReport & { readonly replay: string } {
  return { ...run(choices), replay: replayCommand(choices) };
}

function run(choices: SimChoices): SimReport {
  const { seed, validators, suite } = choices;
  if (choices.program === 'counter')
    return runCounter({ ...choices, faults: choices.faults.filter((kind) => counterFaults.includes(kind)) });
  const plannedTermMs = plannedTermsMs[seed % plannedTermsMs.length] as number;
  const heavy = seed % heavyOneIn === heavyOneIn - 1;
  const nodes = simulatedNodes({ validators, suite, plannedTermMs, ...(heavy ? heavyRetention : {}) });
  return runCluster({ ...choices, ...nodes, heavy });
}

/** @returns the kinds that `text` names, separated by commas; `all` and `none` are words too; undefined for an unknown one */
export function parseFaults(text: string): readonly FaultKind[] | undefined {
  if (text === 'all') return faultKinds;
  if (text === 'none') return [];
  const kinds = text.split(',') as FaultKind[];
  return kinds.every((kind) => faultKinds.includes(kind)) ? kinds : undefined;
}

function replayCommand({ program, seed, validators, faults, virtualSeconds }: SimChoices): string {
  const what = program === 'validators' ? `--validators ${validators}` : `--program ${program}`;
  return `psky sim --seed ${seed} ${what} --faults ${faultNames(faults)} --virtual-seconds ${virtualSeconds}`;
}

/** the word for `--faults` */
export function faultNames(faults: readonly FaultKind[]): string {
  return faults.length === 0 ? 'none' : faults.length === faultKinds.length ? 'all' : faults.join(',');
}
