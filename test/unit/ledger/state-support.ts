// Small words for tests of the authenticated state.

import type { StateHead } from '../../../ledger/state/head.ts';
import type { HeldValue } from '../../../ledger/state/held-value.ts';
import { AuthenticatedState, nameOf, type StateChange } from '../../../ledger/state/state.ts';
import { noBytes } from '../../../lib/bytes.ts';
import { type Hash, zeroHash } from '../../../lib/hash.ts';
import { inline, now, type TestStore, text } from './support.ts';

export type Change = readonly [string, string | undefined];

export function openState(store: TestStore, pageCacheBytes?: number): AuthenticatedState {
  const state = new AuthenticatedState({
    store,
    prefix: noBytes,
    defer: inline,
    ...(pageCacheBytes === undefined ? {} : { pageCacheBytes, valueCacheBytes: pageCacheBytes }),
  });
  now<StateHead>((done) => state.open(done));
  return state;
}

export function commit(state: AuthenticatedState, changes: readonly Change[]): Hash {
  const last = new Map(changes);
  const names = [...last.keys()].map((key) => nameOf(text(key)));
  const held = now<readonly HeldValue[]>((done) => state.load(names, done));
  const head = now<StateHead>((done) =>
    state.commit(
      {
        height: state.current.height + 1,
        timeMs: 1,
        outboxRoot: zeroHash,
        changes: changesOf(held, last),
        records: [],
      },
      done,
    ),
  );
  return head.stateRoot;
}

/** @param held of the keys, in their order */
export function changesOf(held: readonly HeldValue[], last: ReadonlyMap<string, string | undefined>): StateChange[] {
  const values = [...last.values()];
  return held.map((each, i) => {
    const value = values[i];
    return { held: each, value: value === undefined ? undefined : text(value) };
  });
}

export const write = (state: AuthenticatedState): void => now<void>((done) => state.write(false, done));
