// What became of the entries of a batch that was executed too long ago for the executor to remember: the archive knows
// its block and its place there, the ledger the receipts of the block.

import { type Bytes, bigEndian, concatBytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import type { ArchivedBlock } from '../archive.ts';
import type { Queried, Query } from '../chain-messages.ts';
import { outcomeTimeoutMs } from '../limits.ts';
import { ask, type KnownReceipt, type ServedChain, type ServiceOptions } from './served-chain.ts';
import type { Exceptions } from './stream-pieces.ts';

export type PastBatch =
  | {
      readonly fate: 'executed';
      readonly height: number;
      readonly timeMs: number;
      readonly exceptions: Exceptions;
    }
  /** in no block of the archive: not ordered yet, or only just */
  | { readonly fate: 'unknown' }
  /** ordered, and this node has no receipts of that height */
  | { readonly fate: 'gone'; readonly height: number };

export function pastBatch(
  options: ServiceOptions,
  chain: ServedChain,
  digest: Hash,
  done: (batch: PastBatch) => void,
): void {
  const unknown: PastBatch = { fate: 'unknown' };
  const archive = chain.archive();
  if (archive === undefined) return done(unknown);
  archive.locate(digest, (height) => {
    if (height === undefined) return done(unknown);
    archive.block(height, (block) => {
      const at = block?.batches.findIndex((each) => each.digest === digest) ?? -1;
      if (block === undefined || at < 0) return done({ fate: 'gone', height });
      const { timeMs } = block.signed.header.state;
      // a ledger without receipts has no codes either: that the batch was ordered says all
      if (chain.receipts === undefined) return done({ fate: 'executed', height, timeMs, exceptions: [] });
      const first = block.batches.slice(0, at).reduce((sum, { count }) => sum + count, 0);
      const count = block.batches[at]?.count ?? 0;
      readReceipts(options, chain, { height, first, count }, (receipts) => {
        if (receipts === undefined) return done({ fate: 'gone', height });
        const exceptions = receipts
          .filter(({ code }) => code !== 0)
          .map(({ index, code }) => ({ index: index - first, code }));
        done({ fate: 'executed', height, timeMs, exceptions });
      });
    });
  });
}

/** @param done the receipts of all entries of a block in their order; undefined where this node does not have them */
export function blockReceipts(
  options: ServiceOptions,
  chain: ServedChain,
  { height, entries }: Pick<ArchivedBlock, 'height' | 'entries'>,
  done: (receipts: readonly KnownReceipt[] | undefined) => void,
): void {
  readReceipts(options, chain, { height, first: 0, count: entries }, done);
}

/** Entries of one block, by their index within it. */
interface Stretch {
  readonly height: number;
  readonly first: number;
  readonly count: number;
}

/** The ledger answers with the piece of its list that holds an index, so a long list is read piece by piece. */
function readReceipts(
  options: ServiceOptions,
  chain: ServedChain,
  { height, first, count }: Stretch,
  done: (receipts: readonly KnownReceipt[] | undefined) => void,
): void {
  const found: KnownReceipt[] = [];
  const readFrom = (index: number): void => {
    if (index >= first + count) return done(found);
    ask<Queried>(
      options,
      chain.addresses.executor,
      receiptsQuery(height, index),
      { want: 'queried', timeoutMs: outcomeTimeoutMs + 500 },
      (outcome) => {
        const value = outcome.ok ? outcome.value.value : undefined;
        const piece = value === undefined ? undefined : chain.receipts?.decodeMany(value);
        const wanted = piece?.filter((each) => each.index >= index && each.index < first + count) ?? [];
        if (wanted.length === 0) return done(undefined);
        for (const receipt of wanted) found.push(receipt);
        readFrom((wanted.at(-1)?.index ?? index) + 1);
      },
    );
  };
  readFrom(first);
}

/** Waits for the height: its block may be archived and not yet executed. */
function receiptsQuery(height: number, index: number): Query {
  const argument: Bytes = concatBytes([bigEndian(height, 8), bigEndian(index, 4)]);
  return {
    type: 'query',
    request: { path: 'receipts', argument, prove: false },
    minHeight: height,
    timeoutMs: outcomeTimeoutMs,
  };
}
