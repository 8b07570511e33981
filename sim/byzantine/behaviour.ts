// What a Byzantine behaviour is, and the signatures that one needs in order to lie well.

import {
  type Header,
  makeHeader,
  proposalText,
  type StateClaim,
  type Timeout,
  timeoutText,
  type Vote,
  voteText,
} from '../../consensus/certificate/index.ts';
import type { Core, Output, PeerMessage, Proposal } from '../../consensus/core/index.ts';
import type { Bytes } from '../../lib/bytes.ts';
import type { Random } from '../../lib/random.ts';
import type { Channel } from '../../net/index.ts';
import type { Abroad } from './abroad.ts';

export interface Impostor {
  readonly core: Core;
  readonly random: Random;
  readonly peers: readonly number[];
  /** absent where these validators have no other chain */
  readonly abroad: Abroad | undefined;
  /** does what the core never asked for */
  perform(outputs: readonly Output[]): void;
  after(ms: number, run: () => void): void;
}

export interface Behaviour {
  /** @returns what happens instead of `output`; undefined leaves it as it is */
  change?(output: Output, as: Impostor): readonly Output[] | undefined;
  /** now and then, on its own */
  act?(as: Impostor): void;
  /** @returns messages that follow an honest one on a connection; `next` numbers them */
  frames?(next: (kind: number, payload: Bytes) => Bytes, random: Random, channel: Channel): readonly Bytes[];
  /** undoes what would outlast it */
  end?(as: Impostor): void;
}

/** One behaviour for one spell of misbehaving, with choices of its own. */
export type BehaviourMaker = (random: Random) => Behaviour;

export type Send = Extract<Output, { readonly type: 'send' }>;

/** waits for no record: a liar does not care what is durable */
export function sendTo(to: number | 'all', message: PeerMessage): Send {
  return { type: 'send', to, message, after: 0 };
}

export function isSend<K extends PeerMessage['type']>(
  output: Output,
  type: K,
): output is Send & { readonly message: Extract<PeerMessage, { readonly type: K }> } {
  return output.type === 'send' && output.message.type === type;
}

/** The receivers of a message, one by one. */
export function receivers(send: Send, as: Impostor): readonly number[] {
  return send.to === 'all' ? as.peers : [send.to];
}

/** Some of the peers, at least one and not all where there are several. */
export function somePeers(as: Pick<Impostor, 'peers' | 'random'>): readonly number[] {
  return as.random.shuffle(as.peers).slice(0, 1 + as.random.below(Math.max(1, as.peers.length - 1)));
}

/** Only some peers get messages of this type: the same ones for the whole spell. */
export const toChosenFew =
  (type: PeerMessage['type']): BehaviourMaker =>
  () => {
    let few: readonly number[] | undefined;
    return {
      change(output, as) {
        if (!isSend(output, type)) return undefined;
        const chosen = (few ??= somePeers(as));
        return receivers(output, as)
          .filter((to) => chosen.includes(to))
          .map((to) => sendTo(to, output.message));
      },
    };
  };

/** A Timeout that names no certificate, as of a validator that has seen nothing. */
export function blankTimeout(core: Core, term: number): Timeout {
  const highest = { term: -1, height: 0, id: core.committee.genesisId };
  return signedTimeout(core, { term, highest, tail: [] });
}

export function signedVote(core: Core, fields: Omit<Vote, 'voter' | 'signature'>): Vote {
  return { ...fields, voter: core.me as number, signature: core.options.sign(voteText(core.committee, fields)) };
}

export function signedTimeout(core: Core, fields: Omit<Timeout, 'voter' | 'signature'>): Timeout {
  return { ...fields, voter: core.me as number, signature: core.options.sign(timeoutText(core.committee, fields)) };
}

/** The same place in the chain with another content, signed by this leader. */
export function otherBlock(
  as: Impostor,
  proposal: Proposal,
  change: { readonly state?: Partial<StateClaim>; readonly order?: Partial<Header['order']> },
): Proposal {
  const { core } = as;
  const { order, state, parent } = proposal.header;
  const header = makeHeader({ ...order, ...change.order }, { ...state, ...change.state }, parent);
  return { ...proposal, header, signature: core.options.sign(proposalText(core.committee, header.id)) };
}
