// The actor that brings a node back which is further behind than its peers' archives reach (§9): it fetches a certified
// snapshot part by part, restores it beside the state that stands, and when it has the certified roots, makes it the one
// that counts. Then the chain starts anew from there. A crash at any instant leaves the old state or the new one.

import type { Behavior, Effects, Message } from '../actors/index.ts';
import type { NodeId } from '../net/index.ts';
import type { Application } from './application.ts';
import type { Archive } from './archive.ts';
import type { Committee } from './certificate/committee.ts';
import { verifyQuorumCert } from './certificate/verify.ts';
import type { ChainAddresses } from './chain-messages.ts';
import { type Base, historyRoot, type PeerMessage, type SnapshotAt } from './core/index.ts';
import { mailboxes, snapshotPartsAsked, snapshotStall } from './limits.ts';
import type { Snapshots } from './snapshots.ts';
import { encodeRecord } from './wire.ts';

export interface AdoptionOptions {
  readonly committee: Committee;
  readonly nodeIds: readonly NodeId[];
  readonly archive: Archive;
  readonly snapshots: Snapshots;
  /** an application over the store where the restored state grows */
  readonly openNext: () => Application;
  readonly misbehaved: (peer: NodeId, reason: string) => void;
  readonly addresses: ChainAddresses;
}

type Head = Extract<PeerMessage, { type: 'snapshot-head' }>;
type Part = Extract<PeerMessage, { type: 'snapshot-part' }>;

type In =
  | { readonly type: 'adopt'; readonly sources: readonly SnapshotAt[] }
  | { readonly type: 'snapshot'; readonly from: number; readonly message: Head | Part }
  | { readonly type: 'stored'; readonly attempt: number; readonly fault: string | undefined }
  | { readonly type: 'stalled' }
  | { readonly type: 'restored'; readonly fault: string | undefined }
  /** the engine's word: it executes nothing any more, or it has come further by itself meanwhile */
  | { readonly type: 'frozen'; readonly granted: boolean }
  | { readonly type: 'based' }
  | { readonly type: 'switched'; readonly fault: string | undefined };

interface Fetch extends SnapshotAt {
  base: Base | undefined;
  parts: number;
  asked: number;
  received: number;
  stored: number;
  /** complete: no peer is waited for any more */
  restoring: boolean;
}

interface Adoption {
  sources: readonly SnapshotAt[];
  /** sources are tried in turn, so this also says whose turn it is */
  attempt: number;
  fetch: Fetch | undefined;
}

type Fx = Effects<In>;

export function adoptionBehavior(options: AdoptionOptions): Behavior<Adoption, In> {
  return {
    kind: 'adoption',
    mailbox: { capacity: mailboxes.adoption },
    start: () => ({ sources: [], attempt: 0, fetch: undefined }),
    receive: (state, message, effects) => receive(options, state, message, effects),
    describe: ({ fetch }) => ({
      state: fetch === undefined ? 'idle' : fetch.restoring ? 'restoring' : 'fetching',
      context:
        fetch === undefined ? {} : { height: fetch.certificate.height, parts: fetch.parts, stored: fetch.stored },
    }),
  };
}

function receive(options: AdoptionOptions, state: Adoption, message: In, effects: Fx): void {
  const { fetch } = state;
  switch (message.type) {
    case 'adopt':
      state.sources = message.sources;
      if (fetch === undefined) begin(options, state, effects);
      break;
    case 'snapshot':
      if (fetch === undefined || fetch.restoring || message.from !== fetch.peer) break;
      if (message.message.type === 'snapshot-head') onHead(options, state, fetch, message.message, effects);
      else onPart(options, state, fetch, message.message, effects);
      break;
    case 'stored':
      if (fetch !== undefined && message.attempt === state.attempt) onStored(options, fetch, message.fault, effects);
      break;
    case 'stalled':
      tryNext(options, state, effects);
      break;
    case 'restored':
      onRestored(options, state, fetch as Fetch, message.fault, effects);
      break;
    case 'frozen':
      if (message.granted) setBase(fetch as Fetch, effects);
      else state.fetch = undefined;
      break;
    case 'based':
      switchOver(options, fetch as Fetch, effects);
      break;
    case 'switched':
      if (message.fault !== undefined) effects.fatal(`the adopted state cannot be put in place: ${message.fault}`);
      else effects.send(options.addresses.chain, { type: 'adopted' } as Message);
      break;
  }
}

/** Asks the source whose turn it is. */
function begin(options: AdoptionOptions, state: Adoption, effects: Fx): void {
  const source = state.sources[state.attempt % Math.max(1, state.sources.length)];
  if (source === undefined) return;
  const { height } = source.certificate;
  effects.note({ log: 'warn', message: 'fetching a snapshot: peers keep no block so old', fields: { height } });
  state.fetch = { ...source, base: undefined, parts: 0, asked: 0, received: 0, stored: 0, restoring: false };
  ask(options, state.fetch, effects);
}

function tryNext(options: AdoptionOptions, state: Adoption, effects: Fx): void {
  state.fetch = undefined;
  state.attempt += 1;
  begin(options, state, effects);
}

function ask({ addresses, nodeIds }: AdoptionOptions, fetch: Fetch, effects: Fx): void {
  const message: PeerMessage = {
    ...{ type: 'get-snapshot', height: fetch.certificate.height },
    ...{ from: fetch.asked, count: snapshotPartsAsked },
  };
  fetch.asked += snapshotPartsAsked;
  effects.send(addresses.engine, { type: 'serve', to: nodeIds[fetch.peer], messages: [message] } as Message);
  effects.schedule('stalled', snapshotStall, { type: 'stalled' });
}

/** The certificate proves the block's id; the id proves the header; the header proves the history before it. */
function onHead(
  options: AdoptionOptions,
  state: Adoption,
  fetch: Fetch,
  { head, commitCert }: Head,
  effects: Fx,
): void {
  const { signed, past, parts } = head;
  const { id, state: claims } = signed.header;
  if (fetch.base !== undefined) return;
  if (id !== fetch.certificate.id || historyRoot(past) !== claims.historyRoot) {
    blame(options, fetch, effects);
    tryNext(options, state, effects);
    return;
  }
  const { committee } = options;
  const proves = commitCert?.id === id && verifyQuorumCert(committee, commitCert, 'commit');
  fetch.parts = parts;
  fetch.base = {
    ...{ signed, past },
    // what is known for certain; commits that follow say more
    lastOrdered: claims.execHeight,
    commitCert: proves ? commitCert : null,
  };
  if (parts === 0) restore(options, fetch, effects);
}

function onPart(
  { snapshots }: AdoptionOptions,
  { attempt }: Adoption,
  fetch: Fetch,
  { height, index, bytes }: Part,
  effects: Fx,
): void {
  const expected = fetch.base !== undefined && height === fetch.certificate.height && index === fetch.received;
  if (!expected || fetch.received >= fetch.parts) return;
  fetch.received += 1;
  effects.schedule('stalled', snapshotStall, { type: 'stalled' });
  effects.request((answer) =>
    snapshots.putFetched(index, bytes, (fault) => answer({ type: 'stored', attempt, fault })),
  );
}

function onStored(options: AdoptionOptions, fetch: Fetch, fault: string | undefined, effects: Fx): void {
  if (fault !== undefined) {
    effects.fatal(`a part of a snapshot cannot be written: ${fault}`);
    return;
  }
  fetch.stored += 1;
  if (fetch.stored === fetch.parts) restore(options, fetch, effects);
  else if (fetch.stored === fetch.asked) ask(options, fetch, effects);
}

function restore({ openNext, snapshots }: AdoptionOptions, fetch: Fetch, effects: Fx): void {
  const { certificate, parts, base } = fetch;
  const { timeMs } = (base as Base).signed.header.state;
  fetch.restoring = true;
  effects.cancel('stalled');
  effects.request((answer) => {
    const application = openNext();
    application.restore(snapshots.fetchedParts(parts), { ...certificate, timeMs }, (fault) =>
      answer({ type: 'restored', fault: fault?.message }),
    );
  });
}

function onRestored(
  options: AdoptionOptions,
  state: Adoption,
  fetch: Fetch,
  fault: string | undefined,
  effects: Fx,
): void {
  if (fault !== undefined) {
    effects.note({ log: 'error', message: 'a snapshot is not what its certificate says', fields: { reason: fault } });
    blame(options, fetch, effects);
    tryNext(options, state, effects);
    return;
  }
  effects.send(options.addresses.engine, { type: 'freeze', height: fetch.certificate.height } as Message);
}

/**
 * The base is durable before the restored state counts: the other way round a crash would leave a state without the block
 * that it stands on. With the base alone the node sees that it is behind, and adopts once more.
 */
function setBase({ base }: Fetch, effects: Fx): void {
  const { kind, parts } = encodeRecord({ type: 'base', base: base as Base });
  effects.persist(kind, parts, { durable: { type: 'based' } });
}

/** The synced write that lets the restored state count makes the archive's new beginning durable too. */
function switchOver({ archive, snapshots }: AdoptionOptions, { certificate }: Fetch, effects: Fx): void {
  effects.request((answer) => {
    const done = (fault: string | undefined): void => answer({ type: 'switched', fault });
    archive.beginAbove(certificate.height, (fault) =>
      fault === undefined ? snapshots.switchApplication(done) : done(fault),
    );
  });
}

function blame({ misbehaved, nodeIds }: AdoptionOptions, { peer }: Fetch, effects: Fx): void {
  effects.request(() => misbehaved(nodeIds[peer] as NodeId, 'bad-snapshot'));
}
