// The newest turn record of each durable actor of a shard: filled from the journal at start, kept up to date by the
// actors, and handed to the journal when it wants live records rewritten into a new segment.

import type { Bytes } from '../lib/bytes.ts';
import type { Address } from './address.ts';
import { decodeTurnRecord, turnRecordKind } from './turn-record.ts';

export interface TurnRecords {
  /**
   * Takes one record of the journal's replay; the order does not matter, and the bytes are copied.
   * @returns false when the record is of another kind
   */
  load(kind: number, body: Bytes): boolean;
  newest(address: Address): Bytes | undefined;
  keep(address: Address, version: number, bytes: Bytes): void;
  readonly addresses: readonly Address[];
  /** for the journal: what must be found again however old the segment is */
  live(): readonly { readonly kind: number; readonly parts: readonly Bytes[] }[];
}

export function createTurnRecords(): TurnRecords {
  const newest = new Map<Address, { readonly version: number; readonly bytes: Bytes }>();
  const keep = (address: Address, version: number, bytes: Bytes): void => {
    const known = newest.get(address);
    if (known === undefined || version > known.version) newest.set(address, { version, bytes });
  };
  return {
    keep,
    load(kind, body) {
      if (kind !== turnRecordKind) return false;
      const bytes = body.slice();
      const { address, version } = decodeTurnRecord(bytes);
      keep(address, version, bytes);
      return true;
    },
    newest: (address) => newest.get(address)?.bytes,
    get addresses() {
      return [...newest.keys()];
    },
    live: () => [...newest.values()].map(({ bytes }) => ({ kind: turnRecordKind, parts: [bytes] })),
  };
}
