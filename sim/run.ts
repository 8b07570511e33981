// One simulated run from the choices that a person makes on the command line, and the command that repeats it.

import { counterFaults, runCounter } from './counter.ts';
import { type FaultKind, faultKinds } from './faults.ts';
import type { SimReport } from './report.ts';

export interface SimChoices {
  readonly program: 'counter';
  readonly seed: number;
  readonly faults: readonly FaultKind[];
  readonly virtualSeconds: number;
  /** receives a line per noteworthy event */
  readonly log?: (line: string) => void;
  /** called once per virtual second */
  readonly progress?: (virtualSeconds: number) => void;
}

/** Runs it on this thread. The same choices give the same report, byte for byte. */
export function simulate(choices: SimChoices): SimReport & { readonly replay: string } {
  const faults = choices.faults.filter((kind) => counterFaults.includes(kind));
  return { ...runCounter({ ...choices, faults }), replay: replayCommand(choices) };
}

/** @returns the kinds that `text` names, separated by commas; `all` and `none` are words too; undefined for an unknown one */
export function parseFaults(text: string): readonly FaultKind[] | undefined {
  if (text === 'all') return faultKinds;
  if (text === 'none') return [];
  const kinds = text.split(',') as FaultKind[];
  return kinds.every((kind) => faultKinds.includes(kind)) ? kinds : undefined;
}

function replayCommand({ program, seed, faults, virtualSeconds }: SimChoices): string {
  const named = faults.length === 0 ? 'none' : faults.length === faultKinds.length ? 'all' : faults.join(',');
  return `psky sim --program ${program} --seed ${seed} --faults ${named} --virtual-seconds ${virtualSeconds}`;
}
