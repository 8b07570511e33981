// How a party reads what the keeper sends: records that it has must be the same, those that are new must follow.

import { present } from '../../lib/assert.ts';
import { type Bytes, equalBytes } from '../../lib/bytes.ts';
import { ok, type Result, refused } from '../../lib/result.ts';
import type { Book, RecordFault } from './book.ts';
import type { InstanceOptions } from './instance-events.ts';
import type { News } from './message.ts';
import { decodeBody, decodeRecord, type Party, recordHash } from './record.ts';

/** Of an instance that is new here: who says to keep it, where this agent takes part in it at all. */
export function starterIn({ records: [first] }: News, { id, admit }: InstanceOptions): Result<Party, RecordFault> {
  const record = first === undefined ? undefined : decodeRecord(first);
  const body = record === undefined ? undefined : decodeBody(record.kind, record.body);
  if (body?.kind !== 'start')
    return refused({ name: 'swarm-hop-out-of-graph', detail: 'The first record starts nothing.' });
  const { instance, starter, parties } = body.start;
  const why = instance === id ? admit(parties) : 'It is another instance.';
  const party = parties.find(({ role }) => role === starter);
  if (why !== undefined || party === undefined)
    return refused({ name: 'swarm-hop-forged', detail: why ?? 'Nobody is its starter.' });
  return ok(party);
}

/** @param added called for each new record that the book has taken */
export function readNews(
  book: Book,
  known: readonly Bytes[],
  { n: first, records }: News,
  added: (raw: Bytes, n: number) => void,
): RecordFault | undefined {
  for (const [i, raw] of records.entries()) {
    const n = first + i;
    if (n < book.length) {
      if (recordHash(raw) === recordHash(present(known[n], 'it was read'))) continue;
      return { name: 'swarm-chain-broken', detail: `The keeper shows another record ${n} than before.` };
    }
    const fault = addRaw(book, raw);
    if (fault !== undefined) return fault;
    added(raw, n);
  }
  return undefined;
}

/** The next record, as it came or was stored. @returns why not, and then nothing has changed */
export function addRaw(book: Book, raw: Bytes): RecordFault | undefined {
  const record = decodeRecord(raw);
  if (record === undefined) return { name: 'swarm-hop-out-of-graph', detail: `Record ${book.length} cannot be read.` };
  return book.add(raw, record);
}

/** the run that a turn or an undo is about */
export function runIn(kind: 'turn' | 'undone', body: Bytes): number | undefined {
  const decoded = decodeBody(kind, body);
  if (decoded?.kind === 'turn') return decoded.turn.run;
  return decoded?.kind === 'undone' ? decoded.undone.run : undefined;
}

export function holdsBody(raw: Bytes, kind: 'turn' | 'undone', body: Bytes): boolean {
  const record = decodeRecord(raw);
  return record?.kind === kind && equalBytes(record.body, body);
}
