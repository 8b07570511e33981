// "Queues bounded" (CONSENSUS §12, §11): what peers can make an honest core hold, each beside its arithmetic. Sizes are
// looked at after every step; what needs a walk, after every 64th.

import { type Core, commitHeight } from '../../consensus/core/index.ts';
import type { CoreHooks } from '../../consensus/index.ts';
import {
  blocksFetchedAhead,
  forgetEvery,
  headersAheadWindows,
  keptCommittedBlocks,
  maxAnnouncedPerLane,
  maxBatchBytes,
  maxBatchesPerLane,
  maxExecutionLag,
  maxHeadersPerPlace,
  maxVotedHeaders,
} from '../../consensus/limits.ts';
import type { Verdict } from './verdict.ts';

interface Bound {
  readonly of: string;
  readonly held: (core: Core) => number;
  readonly atMost: (core: Core) => number;
}

/** Heights above the commit at which headers are kept: up to 2W above the highest certified block, itself a round ahead. */
const openHeights = ({ committee: { window } }: Core): number => 2 * headersAheadWindows * window;

/** D2: blocks of terms before the last two that stay because this node has voted for them, certified ones among them. */
function oldVotes(core: Core): number {
  let count = 0;
  for (const { voted, term, height } of core.blocks.values())
    if (voted && term < core.term - 1 && height > commitHeight(core)) count += 1;
  return count;
}

const quick: readonly Bound[] = [
  // V5: the current term and the one before
  { of: 'terms with votes', held: (core) => core.slots.size, atMost: () => 2 },
  { of: 'Timeouts of the term', held: (core) => core.termTimeouts.size, atMost: ({ committee: { n } }) => n },
  // two held Timeouts of each validator name one each
  { of: 'certificates of Timeouts', held: (core) => core.timeoutQcs.size, atMost: ({ committee: { n } }) => 4 * n },
  { of: 'verdicts on TCs', held: (core) => core.verifiedTcs.size, atMost: () => 64 },
  { of: 'lane reports', held: (core) => core.laneReports.size, atMost: ({ committee: { n } }) => n },
  // L2: two answers to each peer
  { of: 'answers not repeated', held: (core) => core.lastSaid.size, atMost: ({ committee: { n } }) => 2 * n },
  {
    of: 'certificates',
    held: (core) => core.qcs.size,
    atMost: (core) => keptCommittedBlocks + forgetEvery + 2 * openHeights(core),
  },
  {
    of: 'roots',
    held: (core) => core.roots.size,
    atMost: () => keptCommittedBlocks + forgetEvery + 2 * maxExecutionLag,
  },
  // V5: one header for each voter and term while a few terms pass; one missing parent for each header on a leader's word
  {
    of: 'headers asked for',
    held: (core) => core.wantedHeaders.size,
    atMost: (core) => 8 * core.committee.n + 2 * openHeights(core),
  },
  // T4: eight of each lane on each peer's word; L5: the highest missing one of each lane of a waiting or committed block
  {
    of: 'batches asked for',
    held: (core) => core.wantedBatches.size,
    atMost: (core) =>
      core.committee.n *
      (core.committee.n * maxAnnouncedPerLane +
        blocksFetchedAhead * maxBatchesPerLane +
        2 * maxHeadersPerPlace * openHeights(core)),
  },
];

const slow: readonly Bound[] = [
  // the last two terms hold three headers at each open height; older terms only what was certified
  {
    of: 'blocks',
    held: (core) => core.blocks.size - oldVotes(core),
    atMost: (core) => keptCommittedBlocks + forgetEvery + (2 * maxHeadersPerPlace + 2) * openHeights(core),
  },
  { of: 'headers kept for votes', held: oldVotes, atMost: () => maxVotedHeaders },
  // §11: three on a leader's word, and the one that is certified
  {
    of: 'headers at one place',
    held: (core) => highest(core.places.values(), (rivals) => rivals.length),
    atMost: () => maxHeadersPerPlace + 1,
  },
  {
    of: 'checkpoint votes',
    held: (core) => [...core.checkpointVotes.values()].reduce((sum, votes) => sum + votes.size, 0),
    atMost: ({ committee: { n } }) => n,
  },
  {
    of: 'bytes of a batch',
    held: (core) => highest(core.batches.values(), ({ size }) => size),
    atMost: () => maxBatchBytes,
  },
];

const walkEvery = 64;

export function boundsWitness(index: number, verdict: Verdict): CoreHooks {
  let steps = 0;
  return {
    stepped(core, outputs) {
      steps++;
      check(quick, core, index, verdict);
      if (steps % walkEvery === 0) check(slow, core, index, verdict);
      return outputs;
    },
  };
}

function check(bounds: readonly Bound[], core: Core, index: number, verdict: Verdict): void {
  for (const { of, held, atMost } of bounds) {
    const count = held(core);
    if (count > atMost(core))
      verdict.violated('queues bounded', `validator ${index + 1} holds ${count} ${of}, at most ${atMost(core)}`);
  }
}

function highest<T>(values: Iterable<T>, measure: (value: T) => number): number {
  let most = 0;
  for (const value of values) most = Math.max(most, measure(value));
  return most;
}
