// Replays across chains and epochs: the same validators have signed the like under another domain, with the same keys.
// Signatures carry chain and epoch, so none of it counts here.

import {
  type Committee,
  certifiedBlock,
  makeHeader,
  type QuorumCert,
  type TimeoutCert,
  timeoutText,
  voteText,
} from '../../consensus/certificate/index.ts';
import {
  appendToHistory,
  historyRoot,
  noPeaks,
  type PeerMessage,
  type SignedHeader,
} from '../../consensus/core/index.ts';
import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import { type BehaviourMaker, type Impostor, sendTo } from './behaviour.ts';

/** What is signed under other domains: by every validator, whatever a liar likes to have there. */
export interface Abroad {
  readonly committees: readonly Committee[];
  sign(voter: number, text: Bytes): Bytes;
}

/** A block that nobody here has voted for, with certificates from elsewhere, and terms that ended elsewhere. */
const foreignCertificates: BehaviourMaker = () => {
  const made = new Map<Hash, SignedHeader>();
  return {
    change(output) {
      if (output.type !== 'serve-headers') return undefined;
      const signed = made.get(output.id);
      return signed === undefined
        ? undefined
        : [sendTo(output.to, { type: 'headers', id: output.id, headers: [signed] })];
    },
    act(as) {
      const { abroad, random } = as;
      if (abroad === undefined || abroad.committees.length === 0 || !random.chance(0.3)) return;
      const committee = random.pick(abroad.committees);
      const header = nextHeader(as);
      const message: PeerMessage = random.chance(0.3)
        ? { type: 'entry', entry: { tc: timeoutCertAbroad(as, abroad, committee) } }
        : certified(random.chance(0.5), quorumCertAbroad(as, abroad, committee, header));
      made.set(header.id, { header, signature: new Uint8Array(64), entry: null });
      as.perform([sendTo(random.pick(as.peers), message)]);
    },
  };
};

const certified = (commits: boolean, qc: QuorumCert): PeerMessage =>
  commits ? { type: 'commit', certificate: qc } : { type: 'qc', qc };

/** What could follow the committed block, but for its time. */
function nextHeader({ core, random }: Impostor): SignedHeader['header'] {
  const { committedTip, committee } = core;
  const { chain, epoch } = committee;
  const height = committedTip.height + 1;
  const { cut, execHeight, stateRoot, outboxRoot } = committedTip;
  const term = Math.max(core.term, committedTip.term);
  const timeMs = committedTip.timeMs + 1 + random.below(5);
  const history = historyRoot(appendToHistory(committedTip.past ?? noPeaks, committedTip.id));
  return makeHeader(
    { chain, epoch, term, height, cut, control: null },
    {
      ...{ chain, epoch, height, timeMs, execHeight, stateRoot, outboxRoot },
      ...{ historyRoot: history, parentRef: null, nextSetHash: null },
    },
    committedTip.id,
  );
}

function quorumCertAbroad(
  { core }: Impostor,
  abroad: Abroad,
  committee: Committee,
  { id, parent, body, order: { term, height } }: SignedHeader['header'],
): QuorumCert {
  const vote = { term, tipHeight: height, tipId: id, commit: height };
  const votes = quorum(core.committee).map((voter) => ({
    ...{ voter, tipHeight: height, tipId: id, commit: height },
    signature: abroad.sign(voter, voteText(committee, vote)),
  }));
  return certifiedBlock({ term, height, parent, body, links: [], votes });
}

function timeoutCertAbroad({ core, random }: Impostor, abroad: Abroad, committee: Committee): TimeoutCert {
  const term = core.term + random.below(3);
  const fields = { term, highest: { term: -1, height: 0, id: core.committee.genesisId }, tail: [] };
  const timeouts = quorum(core.committee).map((voter) => ({
    voter,
    ...fields,
    signature: abroad.sign(voter, timeoutText(committee, fields)),
  }));
  return { term, timeouts, qc: null };
}

const quorum = ({ q }: Committee): readonly number[] => Array.from({ length: q }, (_, voter) => voter);

export const foreignBehaviours = { 'foreign-certificates': foreignCertificates } as const;
