// The record that a turn of a durable actor leaves in the journal, and its bytes.

import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { decode, encode } from '../lib/codec.ts';
import { bytes, list, misfit, type Shape, text, tuple, uint } from '../lib/shape.ts';
import type { Address } from './address.ts';
import { durableOutbox, durableRecordBytes, durableSenders } from './limits.ts';

/** The journal's kind of these records, in the view that the durable actors of a shard share. */
export const turnRecordKind = 1;

export interface Posted {
  readonly to: Address;
  readonly id: number;
  readonly payload: Bytes;
}

export interface TurnRecord {
  readonly address: Address;
  /** 1 for the first record, one more with each turn */
  readonly version: number;
  readonly state: Bytes;
  /** messages that their receivers have not acknowledged */
  readonly outbox: readonly Posted[];
  /** by receiver, the id of the newest message to it */
  readonly sentIds: readonly (readonly [Address, number])[];
  /** by sender, the id of the newest message that took effect */
  readonly receivedIds: readonly (readonly [Address, number])[];
}

// what this process wrote itself is bounded by what it may hold in memory, with room for one turn's messages
const entries = 4 * Math.max(durableOutbox, durableSenders);
const addressShape = text(242) as unknown as Shape<Address>;
const pairShape: Shape<{ address: Address; id: number }> = tuple({ address: addressShape, id: uint() });
const postedShape: Shape<Posted> = tuple({ to: addressShape, id: uint(), payload: bytes(durableRecordBytes) });

interface Written {
  readonly address: Address;
  readonly version: number;
  readonly state: Bytes;
  readonly outbox: readonly Posted[];
  readonly sentIds: readonly { readonly address: Address; readonly id: number }[];
  readonly receivedIds: readonly { readonly address: Address; readonly id: number }[];
}

const shape: Shape<Written> = tuple({
  address: addressShape,
  version: uint(),
  state: bytes(durableRecordBytes),
  outbox: list(postedShape, entries),
  sentIds: list(pairShape, entries),
  receivedIds: list(pairShape, entries),
});

export function encodeTurnRecord(record: TurnRecord): Bytes {
  const pairs = (ids: TurnRecord['sentIds']) => ids.map(([address, id]) => ({ address, id }));
  const { outbox, sentIds, receivedIds } = record;
  const longest = Math.max(outbox.length, sentIds.length, receivedIds.length);
  assert(longest <= entries, 'a durable actor corresponds with a bounded number of others');
  const encoded = encode(shape.write({ ...record, sentIds: pairs(sentIds), receivedIds: pairs(receivedIds) }));
  assert(encoded.length <= durableRecordBytes, 'the record of a turn is not larger than its bound');
  return encoded;
}

/** Reads what this node wrote; the journal has verified that the bytes are the same. */
export function decodeTurnRecord(encoded: Bytes): TurnRecord {
  const limits = { maxBytes: durableRecordBytes, maxDepth: 4, maxItems: 16 * entries };
  const decoded = decode(encoded, limits);
  const written = decoded.ok ? shape.read(decoded.value) : misfit;
  assert(written !== misfit, 'a turn record reads as it was written');
  const pairs = (ids: Written['sentIds']) => ids.map(({ address, id }) => [address, id] as const);
  return { ...written, sentIds: pairs(written.sentIds), receivedIds: pairs(written.receivedIds) };
}
