// What a Byzantine voter does with its signature: it votes for both sides, commits nothing, hides certificates, forges
// them, and names blocks that nobody has.

import type { QuorumCert, TimeoutCert } from '../../consensus/certificate/index.ts';
import { bigEndian } from '../../lib/bytes.ts';
import { sha256Hex } from '../../lib/hash.ts';
import type { Random } from '../../lib/random.ts';
import { type BehaviourMaker, isSend, sendTo, signedTimeout, signedVote, somePeers, toChosenFew } from './behaviour.ts';

/** Votes for any block that it has seen of late, whatever it voted before. */
const bothForks: BehaviourMaker = () => ({
  act(as) {
    const recent = [...as.core.blocks.values()]
      .filter((block) => block.header !== undefined && block.term >= as.core.term - 1)
      .slice(-6);
    if (recent.length === 0) return;
    const { term, height, id } = as.random.pick(recent);
    const vote = signedVote(as.core, {
      term,
      tipHeight: height,
      tipId: id,
      commit: as.random.chance(0.5) ? height : null,
    });
    as.perform([sendTo(as.random.pick(as.peers), { type: 'vote', vote, executed: as.core.executed })]);
  },
});

/** Votes for blocks that do not exist. */
const bogusVotes: BehaviourMaker = () => ({
  act(as) {
    const { term, committedTip } = as.core;
    const vote = signedVote(as.core, {
      term,
      tipHeight: committedTip.height + 1 + as.random.below(3),
      tipId: sha256Hex(bigEndian(as.random.below(9), 4)),
      commit: null,
    });
    as.perform([sendTo(as.random.pick(as.peers), { type: 'vote', vote, executed: as.core.executed })]);
  },
});

/** Accepts everything and commits nothing. */
const neverCommits: BehaviourMaker = () => ({
  change(output, as) {
    if (!isSend(output, 'vote')) return undefined;
    const vote = signedVote(as.core, { ...output.message.vote, commit: null });
    return [sendTo(output.to, { ...output.message, vote })];
  },
});

/** Only some peers hear its votes. */
const whispers = toChosenFew('vote');

/**
 * Keeps its votes to itself, so that it alone can form some certificates; says in its Timeouts that it has none; and lets
 * them out late, when others are in another term, to a few.
 */
const hidesCertificates: BehaviourMaker = () => {
  let newest: QuorumCert | undefined;
  return {
    change(output, as) {
      if (isSend(output, 'vote')) return as.random.chance(0.9) ? [] : undefined;
      if (isSend(output, 'proposal')) return [sendTo(output.to, { ...output.message, chainQc: null })];
      if (!isSend(output, 'timeout')) return undefined;
      const highest = { term: -1, height: 0, id: as.core.committee.genesisId };
      const timeout = signedTimeout(as.core, { ...output.message.timeout, highest });
      return [sendTo(output.to, { type: 'timeout', timeout, qc: null })];
    },
    act(as) {
      const { highQc } = as.core;
      if (highQc === undefined || highQc === newest) return;
      newest = highQc;
      const to = somePeers(as);
      const delayMs = as.random.pick([100, 1000, 5000]) * as.random.between(0.5, 1);
      as.after(delayMs, () => as.perform(to.map((peer) => sendTo(peer, { type: 'qc', qc: highQc }))));
    },
  };
};

/** Certificates with another term, height, or one signer twice. */
const forgedCertificates: BehaviourMaker = () => ({
  change(output, as) {
    if (output.type !== 'send' || !as.random.chance(0.5)) return undefined;
    const { message, to } = output;
    switch (message.type) {
      case 'qc':
        return [sendTo(to, { ...message, qc: forged(message.qc, as.random) })];
      case 'commit':
        return [sendTo(to, { ...message, certificate: forged(message.certificate, as.random) })];
      case 'proposal':
        return message.chainQc === null
          ? undefined
          : [sendTo(to, { ...message, chainQc: forged(message.chainQc, as.random) })];
      case 'timeout':
        return message.qc === null ? undefined : [sendTo(to, { ...message, qc: forged(message.qc, as.random) })];
      case 'entry':
        return [
          sendTo(to, {
            ...message,
            entry:
              'tc' in message.entry ? { tc: forgedTc(message.entry.tc) } : { qc: forged(message.entry.qc, as.random) },
          }),
        ];
      default:
        return undefined;
    }
  },
});

function forged(qc: QuorumCert, random: Random): QuorumCert {
  const [first] = qc.votes;
  switch (random.below(4)) {
    case 0:
      return { ...qc, term: qc.term + 1 + random.below(3) };
    case 1:
      return { ...qc, height: qc.height + 1 };
    case 2:
      return first === undefined ? qc : { ...qc, votes: [first, ...qc.votes.slice(0, -1)] };
    default:
      return { ...qc, votes: qc.votes.slice(1) };
  }
}

const forgedTc = (tc: TimeoutCert): TimeoutCert => ({ ...tc, timeouts: tc.timeouts.slice(1) });

/** Timeouts that name another block at the rank of the true one. */
const tiedTimeouts: BehaviourMaker = () => ({
  change(output, as) {
    if (!isSend(output, 'timeout')) return undefined;
    const { timeout } = output.message;
    const highest = { ...timeout.highest, id: sha256Hex(bigEndian(as.random.below(9), 4)) };
    return [sendTo(output.to, { ...output.message, timeout: signedTimeout(as.core, { ...timeout, highest }) })];
  },
});

/** Claims to have executed what nobody has. */
const liesAboutExecution: BehaviourMaker = () => ({
  change: (output) =>
    isSend(output, 'vote') ? [sendTo(output.to, { ...output.message, executed: 1_000_000 })] : undefined,
});

export const voterBehaviours = {
  'both-forks': bothForks,
  'bogus-votes': bogusVotes,
  'never-commits': neverCommits,
  whispers,
  'hides-certificates': hidesCertificates,
  'forged-certificates': forgedCertificates,
  'tied-timeouts': tiedTimeouts,
  'lies-about-execution': liesAboutExecution,
} as const;
