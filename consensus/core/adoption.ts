// A node that is further behind than its peers' archives reach adopts a certified snapshot (§9): here is who offers one,
// and when a node concludes that nothing else is left. Fetching and restoring it is the work of consensus/adoption.ts.

import type { CheckpointCert } from '../certificate/types.ts';
import { verifyCheckpointCert } from '../certificate/verify.ts';
import { emit, send } from './core.ts';
import type { Core } from './core-types.ts';

/** What this node's archive can serve. */
export interface Kept {
  /** of the lowest block whose header and batches are all held */
  readonly oldest: number;
  /** the newest certified snapshot, which stands at or above `oldest` − 1 */
  readonly snapshot: CheckpointCert | undefined;
}

/** A peer's word that it holds no block below `oldest`, and where its snapshot stands. */
export interface Offer {
  readonly certificate: CheckpointCert;
  readonly oldest: number;
}

export function onKept(core: Core, kept: Kept): void {
  core.kept = kept;
  for (const peer of core.up.keys()) offerSnapshot(core, peer);
}

/** To a peer that has not executed as far as this node's archive reaches down. */
export function offerSnapshot(core: Core, peer: number): void {
  const { oldest, snapshot } = core.kept;
  if (core.me === undefined || snapshot === undefined || (core.reportedExecution[peer] as number) + 1 >= oldest) return;
  send(core, peer, { type: 'offer', certificate: snapshot, oldest });
}

export function onOffer(core: Core, { certificate, oldest }: Offer, from: number): void {
  if (!isOfUse(core, { certificate, oldest })) return;
  if (!verifyCheckpointCert(core.committee, certificate)) {
    emit(core, { type: 'misbehaved', peer: from, reason: 'bad-certificate' });
    return;
  }
  core.offers.set(from, { certificate, oldest });
  core.offersChanged = true;
}

/** The peer lacks the next block that this node executes, and its snapshot leads to blocks that it has. */
function isOfUse(core: Core, { certificate, oldest }: Offer): boolean {
  return oldest > core.executed + 1 && certificate.height > core.executed && certificate.height + 1 >= oldest;
}

/**
 * f+1 peers, so an honest one among them, no longer hold the next block: it is not to be had by asking. One liar makes
 * nobody skip history. The snapshot itself is proved by its certificate.
 */
export function adoptWhenBehind(core: Core): void {
  if (!core.offersChanged || core.executing.length > 0 || core.frozen) return;
  for (const [peer, offer] of core.offers) if (!core.up[peer] || !isOfUse(core, offer)) core.offers.delete(peer);
  core.offersChanged = false;
  if (core.offers.size <= core.committee.f) return;
  const sources = [...core.offers].map(([peer, { certificate }]) => ({ peer, certificate }));
  sources.sort((a, b) => b.certificate.height - a.certificate.height);
  emit(core, { type: 'adopt', sources });
}

/** Granted unless the node has come as far by itself meanwhile. */
export function freeze(core: Core, height: number): void {
  core.frozen = height > core.requested;
  emit(core, { type: 'frozen', granted: core.frozen });
}
