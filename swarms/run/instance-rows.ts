// An instance on the disk: its records and own letters, a row each and never changed; what the party knows beside them, one
// row; and a mark while something is left to do, with the instant at which it is due.

import { type Bytes, bigEndian, concatBytes, fromUtf8, toUtf8 } from '../../lib/bytes.ts';
import { decode, encode } from '../../lib/codec.ts';
import { bytes, list, optional, text, tuple, uint } from '../../lib/shape.ts';
import type { Changes } from './instance-events.ts';
import { keptRefusals, maxRecords, maxRuns, maxTurnBytes } from './limits.ts';
import type { Mine, Own, Refusal, Signed } from './own.ts';
import type { SwarmStore, SwarmStoreFault, SwarmWrite } from './ports.ts';
import { readAs } from './record.ts';

/** an id is a part of keys and of an actor's address */
const idForm = /^[A-Za-z0-9_.:-]{1,64}$/;
/** what ends an id in a key */
const slash = 0x2f;
export const isInstanceId = (id: string): boolean => idForm.test(id);

const recordKey = (id: string, n: number): Bytes => concatBytes([fromUtf8(`i/${id}/r/`), bigEndian(n, 4)]);
const letterKey = (id: string, run: number): Bytes => concatBytes([fromUtf8(`i/${id}/l/`), bigEndian(run, 4)]);
const ownKey = (id: string): Bytes => fromUtf8(`i/${id}/own`);
const liveKey = (id: string): Bytes => fromUtf8(`w/${id}`);
export const keptKey = (key: Bytes): Bytes => concatBytes([fromUtf8('k/'), key]);

/** below it are the keys that begin with `prefix` */
const after = (prefix: string): Bytes =>
  fromUtf8(`${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`);

const statuses = ['running', 'offered', 'late'] as const;
const signedShape = tuple<Signed>({ body: bytes(2 * maxTurnBytes), signature: bytes(4096) });
const ownShape = tuple({
  mine: list(tuple({ run: uint(), status: uint(statuses.length - 1), signed: optional(signedShape) }), maxRuns),
  undone: list(tuple({ run: uint(), signed: signedShape }), maxRuns),
  have: list(tuple({ agent: text(250), records: uint(Number.MAX_SAFE_INTEGER) }), 1024),
  refusals: list(tuple<Refusal>({ name: text(80), detail: text(4096), from: text(250), atMs: uint() }), keptRefusals),
  refusedCount: uint(),
  headSignature: bytes(4096),
});

function encodeOwn({ mine, undone, have, refusals, refusedCount, headSignature }: Own): Bytes {
  return encode(
    ownShape.write({
      mine: [...mine].map(([run, { status, signed }]) => ({ run, status: statuses.indexOf(status), signed })),
      undone: [...undone].map(([run, signed]) => ({ run, signed })),
      have: [...have].map(([agent, records]) => ({ agent, records })),
      ...{ refusals, refusedCount, headSignature },
    }),
  );
}

function decodeOwn(raw: Bytes): Own | undefined {
  const own = readAs(ownShape, raw);
  if (own === undefined) return undefined;
  const mine = own.mine.map(({ run, status, signed }): [number, Mine] => [
    run,
    { status: statuses[status] as Mine['status'], signed },
  ]);
  return {
    mine: new Map(mine),
    undone: new Map(own.undone.map(({ run, signed }) => [run, signed])),
    have: new Map(own.have.map(({ agent, records }) => [agent, records])),
    refusals: [...own.refusals],
    refusedCount: own.refusedCount,
    headSignature: own.headSignature,
  };
}

export function changesAsWrites(id: string, own: Own, changes: Changes): SwarmWrite[] {
  const writes: SwarmWrite[] = changes.records.map(({ n, raw }) => ({ key: recordKey(id, n), value: raw }));
  for (const { run, sealed } of changes.letters) writes.push({ key: letterKey(id, run), value: sealed });
  if (changes.own) writes.push({ key: ownKey(id), value: encodeOwn(own) });
  return writes;
}

/** @param dueMs 0: at once; undefined: nothing is left to do */
export const liveMark = (id: string, dueMs: number | undefined): SwarmWrite => ({
  key: liveKey(id),
  value: dueMs === undefined ? null : encode(Math.floor(dueMs)),
});

export interface StoredInstance {
  readonly own: Own | undefined;
  readonly records: readonly Bytes[];
  readonly letters: ReadonlyMap<number, Bytes>;
}

export function loadInstance(
  store: SwarmStore,
  id: string,
  done: (fault: SwarmStoreFault | undefined, stored: StoredInstance) => void,
): void {
  const none: StoredInstance = { own: undefined, records: [], letters: new Map() };
  rows(store, `i/${id}/r/`, maxRecords + 1, (fault, records) => {
    if (fault !== undefined) return done(fault, none);
    rows(store, `i/${id}/l/`, maxRuns + 1, (letterFault, letters) => {
      if (letterFault !== undefined) return done(letterFault, none);
      store.get(ownKey(id), (ownFault, raw) => {
        if (ownFault !== undefined) return done(ownFault, none);
        done(undefined, {
          own: raw === undefined ? undefined : decodeOwn(raw),
          records: records.map(([, value]) => value),
          letters: new Map(letters.map(([key, value]) => [numberIn(key), value])),
        });
      });
    });
  });
}

/** Ids of the instances in a store after one, in their order. One look per instance, whatever each holds. */
export function nextInstance(
  store: SwarmStore,
  last: string | undefined,
  done: (fault: SwarmStoreFault | undefined, id: string | undefined) => void,
): void {
  const from = last === undefined ? fromUtf8('i/') : after(`i/${last}/`);
  store.range({ from, to: after('i/'), limit: 1 }, (fault, [row]) => {
    const key = row === undefined ? undefined : tail(row[0], 'i/');
    done(fault, key === undefined ? undefined : toUtf8(key.subarray(0, key.indexOf(slash))));
  });
}

/** The first record of an instance. */
export function loadFirstRecord(
  store: SwarmStore,
  id: string,
  done: (fault: SwarmStoreFault | undefined, raw: Bytes | undefined) => void,
): void {
  store.get(recordKey(id, 0), done);
}

const numberIn = (key: Bytes): number => new DataView(key.buffer, key.byteOffset + key.length - 4).getUint32(0);

type Rows = readonly (readonly [Bytes, Bytes])[];

export function rows(
  store: SwarmStore,
  prefix: string,
  limit: number,
  done: (fault: SwarmStoreFault | undefined, rows: Rows) => void,
): void {
  store.range({ from: fromUtf8(prefix), to: after(prefix), limit }, done);
}

/** the part of a key behind its prefix */
export const tail = (key: Bytes, prefix: string): Bytes => key.subarray(prefix.length);

export function readLiveMark([key, value]: readonly [Bytes, Bytes]): { readonly id: string; readonly dueMs: number } {
  const decoded = decode(value);
  return {
    id: toUtf8(tail(key, 'w/')) ?? '',
    dueMs: decoded.ok && typeof decoded.value === 'number' ? decoded.value : 0,
  };
}
