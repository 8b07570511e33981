// What a Byzantine leader does to its term: two blocks at one place, silence, a slow drip, wrong roots, broken entries,
// long uncertified chains, censored lanes.

import { leaderOf } from '../../consensus/certificate/index.ts';
import { appendToHistory, historyRoot, type Proposal } from '../../consensus/core/index.ts';
import { headersAheadWindows } from '../../consensus/limits.ts';
import { bigEndian } from '../../lib/bytes.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { type BehaviourMaker, isSend, otherBlock, receivers, sendTo, somePeers, toChosenFew } from './behaviour.ts';

/** Two blocks at one height: some peers get one, some the other, some both. */
const equivocate: BehaviourMaker = () => ({
  change(output, as) {
    if (!isSend(output, 'proposal')) return undefined;
    const other = otherBlock(as, output.message, {
      state: { timeMs: output.message.header.state.timeMs + 1 + as.random.below(5) },
    });
    return receivers(output, as).flatMap((to) => {
      const both = as.random.chance(0.2);
      const first = as.random.chance(0.5);
      const messages = both ? [output.message, other] : [first ? output.message : other];
      return messages.map((message) => sendTo(to, message));
    });
  },
});

/** A fork that grows from an older block of the term, told to some. */
const forkDeeper: BehaviourMaker = () => {
  const recent: Proposal[] = [];
  return {
    change(output) {
      if (!isSend(output, 'proposal')) return undefined;
      recent.push(output.message);
      if (recent.length > 8) recent.shift();
      return undefined;
    },
    act(as) {
      const base = recent.length === 0 ? undefined : as.random.pick(recent);
      if (base === undefined || base.header.order.term !== as.core.term) return;
      const other = otherBlock(as, base, { state: { timeMs: base.header.state.timeMs + 1 + as.random.below(9) } });
      as.perform(somePeers(as).map((to) => sendTo(to, other)));
    },
  };
};

const silentLeader: BehaviourMaker = () => ({
  change: (output) => (isSend(output, 'proposal') ? [] : undefined),
});

/** Loses a share of its proposals on the way. */
const forgetfulLeader: BehaviourMaker = (random) => {
  const share = random.between(0.1, 0.6);
  return { change: (output, as) => (isSend(output, 'proposal') && as.random.chance(share) ? [] : undefined) };
};

/** Only some peers hear what it proposes: a chain that nobody else can certify. */
const chosenFew = toChosenFew('proposal');

/** A long chain of good blocks that nobody can certify, for one peer: further than it may vote, and than it may keep. */
const longTail: BehaviourMaker = () => ({
  change(output, as) {
    if (!isSend(output, 'proposal') || !as.random.chance(0.3)) return undefined;
    const to = as.random.pick(as.peers);
    const chain = [output.message];
    const first = as.core.blocks.get(output.message.header.id);
    if (first?.past === undefined) return undefined;
    let history = appendToHistory(first.past, first.id);
    for (let i = 0; i < headersAheadWindows * as.core.committee.window + 8; i++) {
      const { header } = chain.at(-1) as Proposal;
      const height = header.order.height + 1;
      const next = otherBlock(
        as,
        { ...output.message, entry: null, chainQc: null, header: { ...header, parent: header.id } },
        { order: { height }, state: { height, timeMs: header.state.timeMs + 1, historyRoot: historyRoot(history) } },
      );
      history = appendToHistory(history, next.header.id);
      chain.push(next);
    }
    return [output, ...chain.slice(1).map((message) => sendTo(to, message))];
  },
});

/** Everything it proposes comes just before anybody's patience ends. */
const slowDrip: BehaviourMaker = (random) => {
  const delayMs = random.pick([200, 600, 900]);
  return {
    change(output, as) {
      if (!isSend(output, 'proposal')) return undefined;
      as.after(delayMs, () => as.perform([sendTo(output.to, output.message)]));
      return [];
    },
  };
};

const wrongRoot: BehaviourMaker = () => ({
  change(output, as) {
    if (!isSend(output, 'proposal') || !as.random.chance(0.5)) return undefined;
    const stateRoot = sha256Hex(bigEndian(as.random.below(1000), 4));
    return [sendTo(output.to, otherBlock(as, output.message, { state: { stateRoot } }))];
  },
});

/** Promises an execution that has not happened. */
const earlyExecution: BehaviourMaker = () => ({
  change(output, as) {
    if (!isSend(output, 'proposal') || !as.random.chance(0.5)) return undefined;
    const { height } = output.message.header.order;
    return [
      sendTo(
        output.to,
        otherBlock(as, output.message, { state: { execHeight: Math.max(0, height - 1 - as.random.below(2)) } }),
      ),
    ];
  },
});

/** The first block of a term with no entry, or with one that proves nothing. */
const brokenEntry: BehaviourMaker = () => ({
  change(output, as) {
    if (!isSend(output, 'proposal') || output.message.entry === null) return undefined;
    const { entry } = output.message;
    const broken = as.random.pick([
      null,
      { ...entry, term: entry.term + 1 },
      { ...entry, timeouts: entry.timeouts.slice(1) },
    ]);
    return [sendTo(output.to, { ...output.message, entry: broken })];
  },
});

/** Orders nothing of one lane: it stops reading it, and pulls no batch that somebody has announced. */
const censor: BehaviourMaker = () => {
  let lane: number | undefined;
  return {
    change(output, as) {
      if (output.type === 'pause-lane' && output.lane === lane) return [];
      return isSend(output, 'get-batches') && leaderOf(as.core.committee, as.core.term) === as.core.me ? [] : undefined;
    },
    act(as) {
      if (lane !== undefined) return;
      lane = as.random.pick(as.peers);
      as.perform([{ type: 'pause-lane', lane, paused: true }]);
    },
    end(as) {
      if (lane !== undefined) as.perform([{ type: 'pause-lane', lane, paused: false }]);
    },
  };
};

/** Blocks from the future: they must wait, and stop nobody. */
const futureTime: BehaviourMaker = () => ({
  change(output, as) {
    if (!isSend(output, 'proposal') || !as.random.chance(0.3)) return undefined;
    return [
      sendTo(
        output.to,
        otherBlock(as, output.message, {
          state: { timeMs: output.message.header.state.timeMs + as.random.pick([600, 5000, 1e9]) },
        }),
      ),
    ];
  },
});

export const leaderBehaviours = {
  equivocate,
  'fork-deeper': forkDeeper,
  'silent-leader': silentLeader,
  'forgetful-leader': forgetfulLeader,
  'chosen-few': chosenFew,
  'long-tail': longTail,
  'slow-drip': slowDrip,
  'wrong-root': wrongRoot,
  'early-execution': earlyExecution,
  'broken-entry': brokenEntry,
  censor,
  'future-time': futureTime,
} as const;
