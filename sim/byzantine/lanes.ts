// What a Byzantine owner or leader does to data: batches that differ from peer to peer, batches that only some get, and
// batches forged in another's lane.

import { batchDigest, type LaneHead } from '../../consensus/certificate/index.ts';
import type { Batch } from '../../consensus/core/index.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { type Hash, sha256Hex } from '../../lib/hash.ts';
import type { Random } from '../../lib/random.ts';
import { packEntries } from '../../net/gateway/protocol.ts';
import { type BehaviourMaker, isSend, otherBlock, receivers, sendTo, toChosenFew } from './behaviour.ts';

/** Two batches under one number: some peers get one, some the other. */
const equivocatingBatches: BehaviourMaker = () => ({
  change(output, as) {
    if (!isSend(output, 'batch') || output.message.batch.lane !== as.core.me || output.message.answer) return undefined;
    const { batch } = output.message;
    const other = forgedBatch(as.random, batch.lane, batch.seq, batch.prev);
    return receivers(output, as).map((to) =>
      sendTo(to, { ...output.message, batch: as.random.chance(0.5) ? batch : other }),
    );
  },
});

/** Some peers never get a batch from their owner. */
const withheldBatches = toChosenFew('batch');

/** A leader orders a batch of another's lane that its owner never made, and hands it to whoever asks. */
const forgedLane: BehaviourMaker = () => {
  const made = new Map<Hash, Batch>();
  return {
    change(output, as) {
      if (output.type === 'serve-batches') {
        const known = output.digests.flatMap((digest) => made.get(digest) ?? []);
        return [output, ...known.map((batch) => sendTo(output.to, { type: 'batch', batch, answer: true }))];
      }
      if (!isSend(output, 'proposal') || !as.random.chance(0.2)) return undefined;
      const lane = as.random.pick(as.peers);
      const parent = as.core.blocks.get(output.message.header.parent);
      const from = parent?.cut[lane];
      if (from === undefined) return undefined;
      const batch = forgedBatch(as.random, lane, from.seq + 1, from.digest);
      made.set(batch.digest, batch);
      const head: LaneHead = { seq: batch.seq, digest: batch.digest };
      const cut = output.message.header.order.cut.map((each, index) => (index === lane ? head : each));
      return [sendTo(output.to, otherBlock(as, output.message, { order: { cut } }))];
    },
  };
};

function forgedBatch(random: Random, lane: number, seq: number, prev: Hash): Batch {
  const body = packEntries([fromUtf8(`forged ${random.below(1e9)}`)]);
  const contentHash = sha256Hex(body);
  const digest = batchDigest(prev, lane, seq, 1, contentHash);
  return { lane, seq, prev, count: 1, size: body.length, digest, contentHash, body: [body] };
}

export const laneBehaviours = {
  'equivocating-batches': equivocatingBatches,
  'withheld-batches': withheldBatches,
  'forged-lane': forgedLane,
} as const;
