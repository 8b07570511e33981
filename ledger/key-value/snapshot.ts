// The whole state as bytes, for a node too far behind: a head, then every name and value. The tree is built anew by the
// receiver, so a wrong dump shows as a wrong root. Receipts stay behind.

import { type Bytes, bigEndian, concatBytes } from '../../lib/bytes.ts';
import { decode, type Encodable, encode } from '../../lib/codec.ts';
import { type Hash, hashFromBytes, hashToBytes } from '../../lib/hash.ts';
import type { Store } from '../../storage/index.ts';
import type { StateHead } from '../state/head.ts';
import { type AuthenticatedState, nameOf, type StateAnswer, type StateChange } from '../state/state.ts';

const formatVersion = 1;
const namesPerRead = 1_000;
const namesPerPart = 5_000;

/** No block may be applied meanwhile. */
export function dumpState(state: AuthenticatedState, store: Store, done: StateAnswer<Bytes>): void {
  const { height, outboxRoot, timeMs } = state.current;
  const head = encode([formatVersion, height, hashToBytes(outboxRoot), timeMs]);
  const parts: Bytes[] = [bigEndian(head.length, 4), head];
  const { from, to } = state.layout.allValues();
  const readFrom = (start: Bytes): void =>
    store.range({ from: start, to, limit: namesPerRead }, (fault, found) => {
      if (fault !== undefined) return done({ code: 'store', message: fault.message }, new Uint8Array(0));
      for (const [storeKey, value] of found) {
        const key = state.layout.stateKeyOf(storeKey);
        parts.push(bigEndian(key.length, 4), key, bigEndian(value.length, 4), value);
      }
      const last = found[found.length - 1];
      if (found.length < namesPerRead || last === undefined) return done(undefined, concatBytes(parts));
      readFrom(concatBytes([last[0], Uint8Array.of(0)]));
    });
  readFrom(from);
}

/** Replaces the state; a dump that does not lead to the expected root leaves the empty state. */
export function restoreState(
  state: AuthenticatedState,
  dump: Bytes,
  expected: { readonly height: number; readonly stateRoot: Hash },
  done: StateAnswer<void>,
): void {
  const reader = new DumpReader(dump);
  const head = reader.head();
  if (head === undefined || head.height !== expected.height) return done(broken, undefined);
  const fail = (): void => state.clear((fault) => done(fault ?? broken, undefined));
  const restorePart = (): void => {
    const changes = reader.part();
    if (changes === undefined) return fail();
    const partial = !reader.atEnd;
    const block = { ...head, changes, writes: [], sync: !partial, partial };
    state.load(changes, (fault) => {
      if (fault !== undefined) return done(fault, undefined);
      state.commit(block, (fault, restored) => {
        if (fault !== undefined) return done(fault, undefined);
        if (partial) return restorePart();
        if (restored.stateRoot !== expected.stateRoot) return fail();
        done(undefined, undefined);
      });
    });
  };
  state.clear((fault) => (fault === undefined ? restorePart() : done(fault, undefined)));
}

const broken = { code: 'corrupt', message: 'the snapshot does not hold the state that it should' } as const;

class DumpReader {
  private readonly bytes: Bytes;
  private offset = 0;

  constructor(bytes: Bytes) {
    this.bytes = bytes;
  }

  get atEnd(): boolean {
    return this.offset === this.bytes.length;
  }

  head(): Omit<StateHead, 'stateRoot'> | undefined {
    const encoded = this.item();
    const decoded = encoded === undefined ? undefined : decode(encoded);
    if (decoded?.ok !== true || !Array.isArray(decoded.value)) return undefined;
    const [format, height, outboxRoot, timeMs] = decoded.value as readonly Encodable[];
    if (format !== formatVersion || typeof height !== 'number' || typeof timeMs !== 'number') return undefined;
    if (!(outboxRoot instanceof Uint8Array) || outboxRoot.length !== 32) return undefined;
    return { height, outboxRoot: hashFromBytes(outboxRoot), timeMs };
  }

  /** the next names, undefined when the bytes do not add up */
  part(): readonly StateChange[] | undefined {
    const changes: StateChange[] = [];
    while (!this.atEnd && changes.length < namesPerPart) {
      const key = this.item();
      const value = this.item();
      if (key === undefined || value === undefined) return undefined;
      changes.push({ ...nameOf(key), value });
    }
    return changes;
  }

  private item(): Bytes | undefined {
    if (this.offset + 4 > this.bytes.length) return undefined;
    const length = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.offset, 4).getUint32(0);
    const start = this.offset + 4;
    if (start + length > this.bytes.length) return undefined;
    this.offset = start + length;
    return this.bytes.subarray(start, this.offset);
  }
}
