// The whole state as parts of bytes, for a node too far behind: every name and value in the order of the store. The tree
// is built anew by the receiver, so a wrong part shows as a wrong root. Receipts stay behind.

import type { RestoredHead, SnapshotSource } from '../../consensus/application.ts';
import { type Bytes, bigEndian, concatBytes } from '../../lib/bytes.ts';
import type { Store } from '../../storage/index.ts';
import { namesPerRead, snapshotPartBytes } from '../limits.ts';
import type { StateName } from '../state/held-value.ts';
import { type AuthenticatedState, nameOf } from '../state/state.ts';
import { corrupt, type StateAnswer, storeFault } from '../state/state-fault.ts';

const formatVersion = 1;

interface StateEntry extends StateName {
  readonly value: Bytes;
}

/** What the store holds, which must be all; no block may be applied meanwhile. */
export function dumpState(
  state: AuthenticatedState,
  store: Store,
  each: (part: Bytes, next: () => void) => void,
  done: StateAnswer<void>,
): void {
  const { from, to } = state.layout.allValues();
  const readFrom = (start: Bytes): void =>
    store.range({ from: start, to, limit: namesPerRead }, (fault, found) => {
      if (fault !== undefined) return done(storeFault(fault), undefined);
      const last = found[found.length - 1];
      const items = found.map(([key, value]) => itemOf(state.layout.stateKeyOf(key), value));
      const parts = partsOf(items);
      const give = (index: number): void => {
        const part = parts[index];
        if (part !== undefined) return each(part, () => give(index + 1));
        if (found.length < namesPerRead || last === undefined) return done(undefined, undefined);
        readFrom(concatBytes([last[0], Uint8Array.of(0)]));
      };
      give(0);
    });
  readFrom(from);
}

const itemOf = (key: Bytes, value: Bytes): Bytes =>
  concatBytes([bigEndian(key.length, 4), key, bigEndian(value.length, 4), value]);

/** Items are never split; each is smaller than a part. */
function partsOf(items: readonly Bytes[]): readonly Bytes[] {
  const parts: Bytes[] = [];
  let open: Bytes[] = [];
  let size = 1;
  const close = (): void => {
    if (open.length > 0) parts.push(concatBytes([Uint8Array.of(formatVersion), ...open]));
    open = [];
    size = 1;
  };
  for (const item of items) {
    if (size + item.length > snapshotPartBytes) close();
    open.push(item);
    size += item.length;
  }
  close();
  return parts;
}

/** Replaces the state; parts that do not lead to the expected root leave the empty state. */
export function restoreState(
  state: AuthenticatedState,
  source: SnapshotSource,
  expected: RestoredHead,
  done: StateAnswer<void>,
): void {
  const { height, timeMs, stateRoot, outboxRoot } = expected;
  const fail = (): void => state.clear((fault) => done(fault ?? broken, undefined));
  const install = (entries: readonly StateEntry[], last: boolean, then: (root: string) => void): void =>
    state.load(entries, (fault, held) => {
      if (fault !== undefined) return done(fault, undefined);
      const changes = held.map((each, i) => ({ held: each, value: entries[i]?.value }));
      const block = { height, timeMs, outboxRoot, changes, records: [], partial: !last };
      state.commit(block, (fault, restored) =>
        fault === undefined ? then(restored.stateRoot) : done(fault, undefined),
      );
    });
  const next = (index: number): void =>
    source.part(index, (fault, part) => {
      if (fault !== undefined) return done({ code: 'store', message: fault.message }, undefined);
      // the head is written behind the last part, so that a crash leaves no half state that looks whole
      if (part === undefined) {
        if (state.current.stateRoot !== stateRoot) return fail();
        return install([], true, () => state.write(true, done));
      }
      const entries = readPart(part);
      if (entries === undefined) return fail();
      install(entries, false, () => next(index + 1));
    });
  state.clear((fault) => (fault === undefined ? next(0) : done(fault, undefined)));
}

const broken = corrupt('the snapshot does not hold the state that it should');

/** @returns undefined when the bytes do not add up */
function readPart(part: Bytes): readonly StateEntry[] | undefined {
  if (part[0] !== formatVersion) return undefined;
  const entries: StateEntry[] = [];
  let offset = 1;
  const item = (): Bytes | undefined => {
    if (offset + 4 > part.length) return undefined;
    const length = new DataView(part.buffer, part.byteOffset + offset, 4).getUint32(0);
    const start = offset + 4;
    if (start + length > part.length) return undefined;
    offset = start + length;
    return part.subarray(start, offset);
  };
  while (offset < part.length) {
    const key = item();
    const value = item();
    if (key === undefined || value === undefined) return undefined;
    entries.push({ ...nameOf(key), value });
  }
  return entries;
}
