// What a Byzantine validator says unasked: Timeouts on an idle chain, absurd terms, old messages again, gibberish.

import type { PeerMessage } from '../../consensus/core/index.ts';
import { bigEndian } from '../../lib/bytes.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { type BehaviourMaker, blankTimeout, sendTo, signedVote } from './behaviour.ts';

/** One Timeout per term, also when nothing is to be done. */
const loneTimeouts: BehaviourMaker = () => ({
  act(as) {
    if (!as.random.chance(0.2)) return;
    const timeout = blankTimeout(as.core, as.core.term);
    as.perform([sendTo('all', { type: 'timeout', timeout, qc: null })]);
  },
});

/** Votes and Timeouts of terms far away. */
const absurdTerms: BehaviourMaker = () => ({
  act(as) {
    if (!as.random.chance(0.3)) return;
    const { core, random } = as;
    const term = random.pick([2 ** 47, 2 ** 48 - 1, core.term + 1, core.term + 5, core.term + 1000]);
    const timeout = blankTimeout(core, term);
    const vote = signedVote(core, {
      term,
      tipHeight: 3,
      tipId: sha256Hex(bigEndian(random.below(99), 4)),
      commit: null,
    });
    const to = random.pick(as.peers);
    as.perform([sendTo(to, { type: 'timeout', timeout, qc: null }), sendTo(to, { type: 'vote', vote, executed: 0 })]);
  },
});

/** Says again what it said long ago, to others than those it told. */
const replays: BehaviourMaker = () => {
  const said: PeerMessage[] = [];
  return {
    change(output, as) {
      if (output.type === 'send' && output.message.type !== 'hello') {
        if (said.length < 200) said.push(output.message);
        else said[as.random.below(200)] = output.message;
      }
      return undefined;
    },
    act(as) {
      if (said.length > 0) as.perform([sendTo(as.random.pick(as.peers), as.random.pick(said))]);
    },
  };
};

/** Signatures that do not fit what they stand under. */
const badSignatures: BehaviourMaker = () => ({
  act(as) {
    const { core, random } = as;
    const voter = random.below(core.committee.n);
    const fields = {
      term: core.term,
      tipHeight: core.committedTip.height + 1,
      tipId: core.committedTip.id,
      commit: null,
    };
    const vote = { ...signedVote(core, fields), voter };
    as.perform([sendTo(random.pick(as.peers), { type: 'vote', vote, executed: 0 })]);
  },
});

/** Asks for everything, all the time. */
const askerWithoutEnd: BehaviourMaker = () => ({
  act(as) {
    const { core, random } = as;
    const to = random.pick(as.peers);
    as.perform([
      sendTo(to, { type: 'get-headers', id: core.committedTip.id, above: 0, count: 256 }),
      sendTo(to, { type: 'get-batches', digests: [sha256Hex(bigEndian(random.below(1e6), 4))] }),
      sendTo(to, {
        type: 'have',
        batches: [{ lane: to, seq: 1 + random.below(1000), digest: sha256Hex(bigEndian(random.below(1e6), 4)) }],
      }),
    ]);
  },
});

export const babblers = {
  'lone-timeouts': loneTimeouts,
  'absurd-terms': absurdTerms,
  replays,
  'bad-signatures': badSignatures,
  'asker-without-end': askerWithoutEnd,
} as const;
