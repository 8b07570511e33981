// What must be so when nothing is left to happen in a test network: every chain agrees, whoever is to know how an instance
// ended knows it, and each run of a phase took effect once.

import { equalBytes, fromHex, toUtf8 } from '../lib/bytes.ts';
import { countedRun } from '../sim/index.ts';
import { type Journey, journeyOf } from '../swarms/run/index.ts';
import type { Network } from './network.ts';

export interface Breach {
  readonly invariant: string;
  readonly detail: string;
}

export interface Examined {
  readonly journeys: readonly Journey[];
  readonly breaches: readonly Breach[];
}

/** What is looked at of a network. */
type Remains = Pick<Network, 'program' | 'roles' | 'starterRole' | 'stored' | 'rows'>;

export function examine(network: Remains, ids: readonly string[]): Examined {
  const journeys: Journey[] = [];
  const breaches: Breach[] = [];
  const counts = effectCounts(network);
  for (const id of ids) {
    const { records } = network.stored(network.starterRole, id);
    const journey = journeyOf(network.program, records);
    if (journey === undefined || !journey.over) {
      breaches.push({ invariant: 'the starter holds the whole chain', detail: `that of ${id} is not` });
      continue;
    }
    journeys.push(journey);
    breaches.push(...copyBreaches(network, id, journey), ...effectBreaches(counts, id, journey));
  }
  return { journeys, breaches };
}

function copyBreaches(network: Remains, id: string, { owed }: Journey): readonly Breach[] {
  const { records } = network.stored(network.starterRole, id);
  return network.roles.flatMap((role) => {
    const copy = network.stored(role, id).records;
    const other = copy.findIndex((raw, n) => !equalBytes(raw, records[n] ?? new Uint8Array(0)));
    if (other >= 0) return [{ invariant: 'all chains agree', detail: `${role} has another record ${other} of ${id}` }];
    if (copy.length >= (owed.get(role) ?? 0)) return [];
    return [{ invariant: 'every party is told', detail: `${role} has ${copy.length} records of ${id}` }];
  });
}

/** `role instance/run` → how often it took effect, as what the role's agent keeps says */
function effectCounts(network: Remains): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const role of network.roles) {
    for (const [key, value] of network.rows(role)) {
      const run = countedRun(toUtf8(fromHex(key) ?? new Uint8Array(0)) ?? '');
      if (run !== undefined) counts.set(`${role} ${run}`, value.at(-1) ?? 0);
    }
  }
  return counts;
}

function effectBreaches(counts: ReadonlyMap<string, number>, id: string, { done }: Journey): readonly Breach[] {
  const invariant = 'each phase takes effect once';
  const twice = [...counts].filter(([run, count]) => run.includes(` ${id}/`) && count !== 1);
  const missing = done.filter(({ run, role }) => !counts.has(`${role} ${id}/${run}`));
  return [
    ...twice.map(([run, count]) => ({ invariant, detail: `${run} took effect ${count} times` })),
    ...missing.map(({ run, role }) => ({ invariant, detail: `${role} ${id}/${run} took none` })),
  ];
}
