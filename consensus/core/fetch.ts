// What this node lacks and whom it asks (rule L5): at once, then every 200 ms the next peer, for as long as it is needed.

import type { Hash } from '../../lib/hash.ts';
import { type Ms, milliseconds } from '../../lib/units.ts';
import { askAgainAfter, maxBatchesAsked, maxHeadersPerAnswer, unprovenRounds } from '../limits.ts';
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
    wants.set(id, { sources, nextAt: core.now, tries: 0, proven, neededAt: core.now, height, place });
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
    if (wanted.height !== undefined && wanted.height <= commitHeight(core)) {
      core.wantedHeaders.delete(id);
      continue;
    }
    const count = wanted.proven ? maxHeadersPerAnswer : core.committee.window;
    const asked = askNext(core, wanted, (peer) =>
      send(core, peer, { type: 'get-headers', id, above: commitHeight(core), count }),
    );
    if (!asked) core.wantedHeaders.delete(id);
  }
  askForBatches(core);
}

/** Batches that one peer is asked for go in one Get, at most four in each (§9). */
function askForBatches(core: Core): void {
  if (core.wantedBatches.size === 0) return;
  const perPeer = new Map<number, Hash[]>();
  for (const [digest, wanted] of core.wantedBatches) {
    const asked = askNext(core, wanted, (peer) => {
      const digests = perPeer.get(peer);
      if (digests === undefined) perPeer.set(peer, [digest]);
      else digests.push(digest);
    });
    if (!asked) core.wantedBatches.delete(digest);
  }
  for (const [peer, digests] of perPeer) {
    for (let from = 0; from < digests.length; from += maxBatchesAsked)
      send(core, peer, { type: 'get-batches', digests: digests.slice(from, from + maxBatchesAsked) });
  }
}

/** @returns false when the id is given up: it is needed no more, or nothing proves it and two rounds found nobody who has it */
function askNext(core: Core, wanted: Want, ask: (peer: number) => void): boolean {
  if (wanted.proven && wanted.neededAt < core.now) return false;
  if (wanted.nextAt <= core.now) {
    if (!wanted.proven && wanted.tries >= unprovenRounds * core.committee.n) return false;
    const peers = [...wanted.sources, ...core.up.keys()].filter((peer) => peer !== core.me && core.up[peer]);
    const peer = peers[wanted.tries % Math.max(1, peers.length)];
    if (peer !== undefined) ask(peer);
    wanted.tries += 1;
    wanted.nextAt = milliseconds(core.now + askAgainAfter);
  }
  timerBefore(core, 'fetch', wanted.nextAt as Ms);
  return true;
}
