// What this node lacks and whom it asks (rule L5): at once, then every 200 ms the next peer, for as long as it is needed.

import type { Hash } from '../../lib/hash.ts';
import { type Ms, milliseconds } from '../../lib/units.ts';
import { askAgainAfter, maxBatchesAsked, maxBatchesInFlight, maxHeadersPerAnswer, unprovenRounds } from '../limits.ts';
import { commitHeight, send, timerBefore } from './core.ts';
import type { Core, LanePlace, Want } from './core-types.ts';

interface Wanted {
  readonly from: number | undefined;
  readonly proven: boolean;
  readonly height?: number;
  readonly place?: LanePlace;
}

export function wantHeader(core: Core, id: Hash, wanted: Wanted): void {
  if (!core.blocks.has(id)) want(core, core.wantedHeaders, id, wanted);
}

export function wantBatch(core: Core, digest: Hash, wanted: Wanted): void {
  if (!core.batches.has(digest)) want(core, core.wantedBatches, digest, wanted);
}

function want(core: Core, wants: Map<Hash, Want>, id: Hash, { from, proven, height, place }: Wanted): void {
  const source = from === core.me ? undefined : from;
  const known = wants.get(id);
  if (known === undefined) {
    const sources = source === undefined ? [] : [source];
    wants.set(id, { sources, nextAt: core.now, tries: 0, asked: undefined, proven, neededAt: core.now, height, place });
    return;
  }
  known.neededAt = core.now;
  if (source !== undefined && !known.sources.includes(source)) known.sources.push(source);
  if (proven) known.proven = true;
}

/** Asks for what is due; called once per turn, after everything else. */
export function askForWanted(core: Core): void {
  core.timers.delete('fetch');
  for (const [id, wanted] of core.wantedHeaders) {
    if (isGivenUp(core, wanted) || (wanted.height !== undefined && wanted.height <= commitHeight(core))) {
      core.wantedHeaders.delete(id);
      continue;
    }
    const count = wanted.proven ? maxHeadersPerAnswer : core.committee.window;
    askNext(
      core,
      wanted,
      () => true,
      (peer) => send(core, peer, { type: 'get-headers', id, above: commitHeight(core), count }),
    );
  }
  for (const [digest, wanted] of core.wantedBatches) if (isGivenUp(core, wanted)) core.wantedBatches.delete(digest);
  if (core.wantedBatches.size > 0) askForBatches(core);
}

/** It is needed no more, or nothing proves it and two rounds found nobody who has it. */
function isGivenUp(core: Core, { proven, neededAt, nextAt, tries }: Want): boolean {
  return proven ? neededAt < core.now : nextAt <= core.now && tries >= unprovenRounds * core.committee.n;
}

/**
 * Batches that one peer is asked for go in one Get, at most four in each (§9). Those that something proves come first. What
 * finds the share of every peer in flight waits until an answer makes room, or the time of one that does not come.
 */
function askForBatches(core: Core): void {
  const inFlight = core.up.map(() => 0);
  const count = (peer: number): void => {
    inFlight[peer] = (inFlight[peer] as number) + 1;
  };
  for (const { asked, nextAt } of core.wantedBatches.values())
    if (asked !== undefined && nextAt > core.now) count(asked);
  const perPeer = new Map<number, Hash[]>();
  const wants = [...core.wantedBatches];
  for (const [digest, wanted] of [
    ...wants.filter(([, { proven }]) => proven),
    ...wants.filter(([, { proven }]) => !proven),
  ])
    askNext(
      core,
      wanted,
      (peer) => (inFlight[peer] as number) < maxBatchesInFlight,
      (peer) => {
        count(peer);
        perPeer.set(peer, [...(perPeer.get(peer) ?? []), digest]);
      },
    );
  for (const [peer, digests] of perPeer) {
    for (let from = 0; from < digests.length; from += maxBatchesAsked)
      send(core, peer, { type: 'get-batches', digests: digests.slice(from, from + maxBatchesAsked) });
  }
}

/** Asks the next peer in turn that has room, its sources first; while all are busy, the answers that they owe have the timers. */
function askNext(core: Core, wanted: Want, hasRoom: (peer: number) => boolean, ask: (peer: number) => void): void {
  if (wanted.nextAt <= core.now) {
    const peers = [...wanted.sources, ...core.up.keys()].filter((peer) => peer !== core.me && core.up[peer]);
    const first = wanted.tries % Math.max(1, peers.length);
    const peer = [...peers.slice(first), ...peers.slice(0, first)].find(hasRoom);
    if (peer === undefined && peers.length > 0) return;
    if (peer !== undefined) ask(peer);
    wanted.asked = peer;
    wanted.tries += 1;
    wanted.nextAt = milliseconds(core.now + askAgainAfter);
  }
  timerBefore(core, 'fetch', wanted.nextAt as Ms);
}
