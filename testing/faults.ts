// What can go wrong in a test network, as shares from 0 to 1: of messages, and of the runs of phases. The seed decides which.

import type { Random } from '../lib/random.ts';
import type { Choreography } from '../swarms/index.ts';

export interface Faults {
  /** of messages: they never come, and are sent again in time */
  readonly lost?: number;
  /** of messages: they come twice */
  readonly twice?: number;
  /** of messages: they come up to two seconds late, and later ones overtake them */
  readonly late?: number;
  /** of messages: the process that takes it dies within a moment, and comes back up to half a second later on what its disk
   * held */
  readonly deaths?: number;
  /** of runs of phases: the party throws */
  readonly throws?: number;
  /** of runs of phases: the party never answers, in this life of its process */
  readonly silent?: number;
}

export type FaultName = keyof Faults;
export const faultNames = ['lost', 'twice', 'late', 'deaths', 'throws', 'silent'] as const satisfies FaultName[];

/** How often each has happened. */
export type FaultCounts = Record<FaultName, number>;
export const noFaults = (): FaultCounts => ({ lost: 0, twice: 0, late: 0, deaths: 0, throws: 0, silent: 0 });

/** @returns undefined where it is none of all, none, or names separated by commas */
export function parseFaultNames(text: string): readonly FaultName[] | undefined {
  if (text === 'all') return faultNames;
  if (text === 'none') return [];
  const names = text.split(',');
  const found = faultNames.filter((name) => names.includes(name));
  return found.length === names.length ? found : undefined;
}

/** What a run of a phase was given, and what it left in the state that it sees. */
export interface RunSeen {
  readonly input: unknown;
  readonly state: Readonly<Record<string, unknown>>;
}

export interface Unlucky {
  readonly random: Random;
  readonly faults: Faults;
  readonly happened: (fault: FaultName) => void;
  readonly seen: (run: RunSeen) => void;
}

/** The same process, some of whose parties throw or are silent before they have done anything. */
export function unluckyParties(choreography: Choreography, { random, faults, happened, seen }: Unlucky): Choreography {
  const phases = Object.entries(choreography.phases).map(([name, phase]) => {
    if (phase.kind === 'end') return [name, phase] as const;
    const run = async (turn: RunSeen): Promise<unknown> => {
      if (random.chance(faults.throws ?? 0)) {
        happened('throws');
        throw new Error('The test network lets this party throw.');
      }
      if (random.chance(faults.silent ?? 0)) {
        happened('silent');
        await new Promise<never>(() => undefined);
      }
      try {
        return await phase.spec.run(turn as never);
      } finally {
        seen(turn);
      }
    };
    return [name, { ...phase, spec: { ...phase.spec, run } }] as const;
  });
  return { ...choreography, phases: Object.fromEntries(phases) };
}
