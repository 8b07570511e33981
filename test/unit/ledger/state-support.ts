// Small words for tests of the authenticated state.

import type { StateHead } from '../../../ledger/state/head.ts';
import { AuthenticatedState, nameOf } from '../../../ledger/state/state.ts';
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
  const block = [...last].map(([key, value]) => ({
    ...nameOf(text(key)),
    value: value === undefined ? undefined : text(value),
  }));
  now<void>((done) => state.load(block, done));
  const head = now<StateHead>((done) =>
    state.commit(
      {
        height: state.current.height + 1,
        timeMs: 1,
        outboxRoot: zeroHash,
        changes: block,
        records: [],
      },
      done,
    ),
  );
  return head.stateRoot;
}

export const write = (state: AuthenticatedState): void => now<void>((done) => state.write(false, done));
