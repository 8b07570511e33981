// Receipts of a block on their way to the store: in chunks by height, and by hash the place of the first one.

import { errorRow } from '../../lib/errors.ts';
import type { Hash } from '../../lib/hash.ts';
import type { Store, StoreWrite } from '../../storage/index.ts';
import { receiptsPerChunk } from '../limits.ts';
import { decodePlace, decodeReceipts, encodePlace, encodeReceipts, noHash, type Receipt } from '../receipt.ts';
import type { Layout } from '../state/layout.ts';
import type { StateAnswer } from '../state/state.ts';

const duplicateCode = errorRow('duplicate-command').code;

export interface DraftReceipt extends Receipt {
  readonly executed: boolean;
}

export interface SettledReceipts {
  readonly receipts: readonly Receipt[];
  readonly writes: readonly StoreWrite[];
}

/**
 * A refused command that has a receipt already is a copy: it says so, and the first receipt keeps its place. Only the
 * refused are looked up, since an executed command's nonce proves that it is new.
 */
export function settleReceipts(
  store: Store,
  layout: Layout,
  drafts: readonly DraftReceipt[],
  done: StateAnswer<SettledReceipts>,
): void {
  const suspects = drafts.filter((draft) => !draft.executed && draft.hash !== noHash);
  if (suspects.length === 0) return done(undefined, settle(layout, drafts, new Set()));
  store.getMany(
    suspects.map(({ hash }) => layout.located(hash)),
    (fault, found) => {
      if (fault !== undefined) return done({ code: 'store', message: fault.message }, settle(layout, [], new Set()));
      const known = new Set(suspects.filter((_, i) => found[i] !== undefined).map(({ hash }) => hash));
      done(undefined, settle(layout, drafts, known));
    },
  );
}

function settle(layout: Layout, drafts: readonly DraftReceipt[], known: Set<Hash>): SettledReceipts {
  const receipts: Receipt[] = [];
  const writes: StoreWrite[] = [];
  for (const { executed, ...receipt } of drafts) {
    const isCopy = !executed && known.has(receipt.hash);
    receipts.push(isCopy ? { ...receipt, code: duplicateCode } : receipt);
    if (isCopy || receipt.hash === noHash) continue;
    known.add(receipt.hash);
    writes.push({ key: layout.located(receipt.hash), value: encodePlace(receipt) });
  }
  for (let first = 0; first < receipts.length; first += receiptsPerChunk) {
    const chunk = receipts.slice(first, first + receiptsPerChunk);
    const height = (chunk[0] as Receipt).height;
    writes.push({ key: layout.receipts(height, first / receiptsPerChunk), value: encodeReceipts(chunk) });
  }
  return { receipts, writes };
}

/** The receipt of a command, or undefined. */
export function findReceipt(store: Store, layout: Layout, hash: Hash, done: StateAnswer<Receipt | undefined>): void {
  store.get(layout.located(hash), (fault, placed) => {
    if (fault !== undefined) return done({ code: 'store', message: fault.message }, undefined);
    const place = placed === undefined ? undefined : decodePlace(placed);
    if (place === undefined) return done(undefined, undefined);
    store.get(layout.receipts(place.height, Math.floor(place.index / receiptsPerChunk)), (fault, chunk) => {
      if (fault !== undefined) return done({ code: 'store', message: fault.message }, undefined);
      const receipts = chunk === undefined ? undefined : decodeReceipts(chunk);
      done(undefined, receipts?.[place.index % receiptsPerChunk]);
    });
  });
}
