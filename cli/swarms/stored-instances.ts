// The instances in a home: which there are, and each of them read from its records and verified.

import { PskyError } from '../../lib/errors.ts';
import {
  type Audit,
  auditInstance,
  type Copy,
  type Description,
  loadFirstRecord,
  loadInstance,
  nextInstance,
  type SwarmStore,
  startIn,
} from '../../swarms/run/index.ts';
import type { AgentStore, RuntimeName } from './agent-stores.ts';
import { keptDescription } from './descriptions.ts';
import { suites } from './swarm-machine.ts';

/** An instance as it lies there, unread. */
export interface Found {
  readonly id: string;
  readonly runtime: RuntimeName;
  /** when its first record says that it started; 0 where that cannot be read */
  readonly startedMs: number;
  /** where the parties' copies are, the keeper's first where it is at hand */
  readonly places: readonly AgentStore[];
}

export interface Read {
  readonly description: Description;
  readonly audit: Audit;
  /** whose copy was read */
  readonly place: AgentStore;
}

/** @returns the newest first */
export async function foundInstances(stores: readonly AgentStore[]): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  for (const place of stores) {
    let id = await next(place.store, undefined);
    while (id !== undefined) {
      const key = `${place.runtime} ${id}`;
      found.set(key, withPlace(found.get(key), id, place, await firstOf(place.store, id)));
      id = await next(place.store, id);
    }
  }
  return [...found.values()].sort((a, b) => b.startedMs - a.startedMs || (a.id < b.id ? -1 : 1));
}

/** @returns those of one id: one per runtime at most */
export async function placesOf(stores: readonly AgentStore[], id: string): Promise<readonly Found[]> {
  const found = new Map<RuntimeName, Found>();
  for (const place of stores) {
    const first = await firstOf(place.store, id);
    if (first !== undefined) found.set(place.runtime, withPlace(found.get(place.runtime), id, place, first));
  }
  return [...found.values()];
}

function withPlace(known: Found | undefined, id: string, place: AgentStore, first: Uint8Array | undefined): Found {
  const said = startIn(first);
  const keeps = said?.start.parties.find(({ role }) => role === said.start.starter)?.agent === place.agent;
  const places = known?.places ?? [];
  const startedMs = said?.atMs ?? 0;
  return {
    ...{ id, runtime: place.runtime },
    startedMs: keeps || known === undefined ? startedMs : known.startedMs,
    places: keeps ? [place, ...places] : [...places, place],
  };
}

/** @throws PskyError where its first record or its description cannot be read */
export async function readInstance(folder: string, { id, places }: Found): Promise<Read> {
  const copies: Copy[] = [];
  for (const { agent, store } of places) copies.push({ agent, stored: await load(store, id) });
  // of a copy whose beginning is lost the comparison tells
  const chosen = copies.findIndex(({ stored }) => startIn(stored.records[0]) !== undefined);
  const copy = copies[chosen];
  const place = places[chosen];
  const said = startIn(copy?.stored.records[0]);
  const others = copies.filter((each) => each !== copy);
  if (copy === undefined || place === undefined || said === undefined)
    throw new PskyError('swarm-chain-broken', `The first record of '${id}' cannot be read.`);
  const description = keptDescription(folder, said.start.description);
  return { description, place, audit: auditInstance({ id, description, copy, others }, suites.suite) };
}

type Answer<T> = (fault: { readonly message: string } | undefined, value: T) => void;

function asked<T>(ask: (done: Answer<T>) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    ask((fault, value) => {
      if (fault === undefined) resolve(value);
      else reject(new PskyError('shard-disk-failed', fault.message));
    }),
  );
}

const next = (store: SwarmStore, last: string | undefined) =>
  asked<string | undefined>((done) => nextInstance(store, last, done));
const firstOf = (store: SwarmStore, id: string) =>
  asked<Uint8Array | undefined>((done) => loadFirstRecord(store, id, done));
const load = (store: SwarmStore, id: string) => asked<Copy['stored']>((done) => loadInstance(store, id, done));
