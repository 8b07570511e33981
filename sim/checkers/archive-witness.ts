// What a node's archive names, it can read back: after every start the newest blocks are asked for, with their batches.
// A row that points at nothing, or at what was written there later, would be served to peers that lag.

import type { Archive, ArchivedBlock } from '../../consensus/index.ts';
import type { Verdict } from './verdict.ts';

/** The newest blocks are those that a crash may have torn. */
const blocksLookedAt = 32;

export function witnessArchive(name: string, archive: Archive, verdict: Verdict): void {
  const violated = (detail: string): void => verdict.violated('what is archived reads back', `${name}: ${detail}`);
  const look = (height: number, left: number): void => {
    if (left === 0 || height < archive.oldest) return;
    archive.block(height, (block) => {
      if (block === undefined && height >= archive.oldest) violated(`no block at ${height}`);
      else if (block !== undefined) lookAtBatches(block);
      look(height - 1, left - 1);
    });
  };
  const lookAtBatches = ({ height, batches }: ArchivedBlock): void => {
    for (const { digest } of batches)
      archive.batch(digest, (batch) => {
        if (batch?.digest === digest || height < archive.oldest) return;
        violated(`${batch === undefined ? 'no' : 'another'} batch of block ${height}`);
      });
  };
  look(archive.lastHeight, blocksLookedAt);
}
