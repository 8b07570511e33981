// Receipts of a block on their way to the store: in chunks by height, and by hash the place of the first one.

import { errorRow } from '../../lib/errors.ts';
import type { Hash } from '../../lib/hash.ts';
import { receiptsPerChunk } from '../limits.ts';
import { decodePlace, decodeReceipts, encodePlace, encodeReceipts, noHash, type Receipt } from '../receipt.ts';
import type { Layout } from '../state/layout.ts';
import type { AuthenticatedState } from '../state/state.ts';
import type { StateAnswer } from '../state/state-fault.ts';
import type { StateRecord } from '../state/unwritten.ts';

const duplicateCode = errorRow('duplicate-command').code;

export interface DraftReceipt {
  readonly receipt: Receipt;
  readonly executed: boolean;
}

export interface SettledReceipts {
  readonly receipts: readonly Receipt[];
  readonly records: readonly StateRecord[];
}

/**
 * A refused command that has a receipt already is a copy: it says so, and the first receipt keeps its place. Only the
 * refused are looked up, since an executed command's nonce proves that it is new.
 */
export function settleReceipts(
  state: AuthenticatedState,
  drafts: readonly DraftReceipt[],
  done: StateAnswer<SettledReceipts>,
): void {
  const { layout } = state;
  const suspects = drafts.flatMap(({ receipt: { hash }, executed }) => (executed || hash === noHash ? [] : [hash]));
  if (suspects.length === 0) return done(undefined, settle(layout, drafts, new Set()));
  state.readRecords(
    suspects.map((hash) => layout.located(hash)),
    (fault, found) => {
      if (fault !== undefined) return done(fault, settle(layout, [], new Set()));
      const known = new Set(suspects.filter((_, i) => found[i] !== undefined));
      done(undefined, settle(layout, drafts, known));
    },
  );
}

function settle(layout: Layout, drafts: readonly DraftReceipt[], known: Set<Hash>): SettledReceipts {
  const receipts: Receipt[] = [];
  const records: StateRecord[] = [];
  for (const { receipt, executed } of drafts) {
    const isCopy = !executed && known.has(receipt.hash);
    receipts.push(isCopy ? { ...receipt, code: duplicateCode } : receipt);
    if (isCopy || receipt.hash === noHash) continue;
    known.add(receipt.hash);
    records.push({ ...layout.located(receipt.hash), value: encodePlace(receipt) });
  }
  for (let first = 0; first < receipts.length; first += receiptsPerChunk) {
    const chunk = receipts.slice(first, first + receiptsPerChunk);
    const height = (chunk[0] as Receipt).height;
    records.push({ ...layout.receipts(height, first / receiptsPerChunk), value: encodeReceipts(chunk) });
  }
  return { receipts, records };
}

/** The receipt of a command, or undefined. */
export function findReceipt(state: AuthenticatedState, hash: Hash, done: StateAnswer<Receipt | undefined>): void {
  const { layout } = state;
  state.readRecords([layout.located(hash)], (fault, [placed]) => {
    const place = placed === undefined ? undefined : decodePlace(placed);
    if (place === undefined) return done(fault, undefined);
    const chunkName = layout.receipts(place.height, Math.floor(place.index / receiptsPerChunk));
    state.readRecords([chunkName], (fault, [chunk]) => {
      if (fault !== undefined) return done(fault, undefined);
      const receipts = chunk === undefined ? undefined : decodeReceipts(chunk);
      done(undefined, receipts?.[place.index % receiptsPerChunk]);
    });
  });
}
