// All links of a node: who may connect, which link is current, which actor hears of it. The life of each peer is an
// actor of its own (peer.ts) that decides when to dial; the bytes are link.ts. Between two nodes that know each other's
// Of two validators the one with the lower id dials the control connection; the other knocks once when it starts, so that
// a node that comes back is not left waiting for the other's back-off. Other nodes dial whomever they know.

import { type Address, address } from '../actors/index.ts';
import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import type { ChainNumber } from './frame.ts';
import { createFrameCheck } from './frame-check.ts';
import {
  maxBulkBodyBytes,
  maxBulkHeaderBytes,
  maxControlFrameBytes,
  maxFollowers,
  maxReasons,
  maxRememberedPeers,
  pingIntervalMs,
} from './limits.ts';
import { Link, type LinkHost } from './link.ts';
import { type PeerHandle, peerBehavior } from './peer.ts';
import type { PeerEvent } from './peer-machine.ts';
import type {
  Connection,
  ConnectionEvents,
  FollowerPolicy,
  FrameChannel,
  LinkMessage,
  LinksHandle,
  LinksOptions,
  NodeId,
  PeerAddress,
  PeerRole,
  PeerStatus,
} from './ports.ts';
import { lengthOf } from './wire.ts';

interface Peer {
  readonly id: NodeId;
  readonly role: PeerRole;
  readonly actor: Address;
  address: PeerAddress | undefined;
  link: Link | undefined;
  /** as its machine last said */
  state: string;
  dial: { cancelled: boolean } | undefined;
}

interface Subscription {
  readonly receiver: Address;
  readonly number: number;
}

export function createLinks(options: LinksOptions): LinksHandle {
  const { self, clock, transport, actors, note } = options;
  const peers = new Map<NodeId, Peer>();
  const subscriptions = new Map<string, Subscription>();
  const domains = new Map<number, string>();
  const misbehaviour = new Map<NodeId, Record<string, number>>();
  let followers: FollowerPolicy = options.followers;
  let lastNumber = 0;
  let closed = false;
  let tickAt = clock.now();
  let ticking = false;

  const tell = (peer: Peer, event: PeerEvent): void => void actors.deliver(peer.actor, event);
  const jitter = (): number => options.random.next();

  const host: LinkHost = {
    self,
    clock,
    note,
    frameCheck: options.frameCheck ?? createFrameCheck,
    newSession: () =>
      (Math.floor(clock.wallMs() / 1000) % 65_536) * 0x100000000 + 1 + Math.floor(options.random.next() * 0xfffffffe),
    canDial: (id) => peers.get(id)?.address !== undefined,
    dialBulk(id, events, done) {
      const target = peers.get(id)?.address;
      if (target === undefined) done({ code: 'unreachable', message: 'no address' }, undefined);
      else transport.dial(target, 'bulk', done, events);
    },
    chains: (): readonly ChainNumber[] => [...subscriptions].map(([domain, { number }]) => ({ domain, number })),
    domainOf: (number) => domains.get(number),
    deliver: (domain, message, resume) => deliver(domain, message, resume),
    linked: (link) => whenCurrent(link, (peer) => tell(peer, { type: 'linked' })),
    lost: (link, reason) =>
      whenCurrent(link, (peer) => {
        peer.link = undefined;
        note({ log: 'info', message: 'link lost', fields: { peer: peer.id, reason } });
        tell(peer, { type: 'lost', jitter: jitter() });
      }),
    misbehaved: (link, reason) =>
      whenCurrent(link, (peer) => {
        peer.link = undefined;
        count(peer.id, reason);
        tell(peer, { type: 'misbehaved', jitter: jitter() });
      }),
  };

  function whenCurrent(link: Link, run: (peer: Peer) => void): void {
    const peer = peers.get(link.peer);
    if (peer !== undefined && peer.link === link) run(peer);
  }

  function deliver(domain: string, message: LinkMessage, resume: () => void): 'taken' | 'paused' | 'refused' {
    const subscription = subscriptions.get(domain);
    if (subscription === undefined) return 'refused';
    const outcome = actors.deliver(subscription.receiver, message);
    if (outcome !== 'pause') return outcome;
    actors.onRelief(subscription.receiver, resume);
    return 'paused';
  }

  function count(id: NodeId, reason: string): void {
    let reasons = misbehaviour.get(id);
    if (reasons === undefined) {
      if (misbehaviour.size >= maxRememberedPeers) misbehaviour.delete(misbehaviour.keys().next().value as NodeId);
      reasons = {};
      misbehaviour.set(id, reasons);
    }
    const known = reasons[reason] !== undefined || Object.keys(reasons).length < maxReasons ? reason : 'other';
    reasons[known] = (reasons[known] ?? 0) + 1;
    note({ count: 'psky_p2p_misbehaviour_total', labels: { reason: known } });
    note({ log: 'warn', message: 'a peer misbehaved', fields: { peer: id, reason } });
  }

  // — peers —

  const dials = (peer: Peer): boolean =>
    !closed &&
    peer.address !== undefined &&
    (peer.role === 'follower' || !options.validators.has(self) || self < peer.id);

  function addPeer(id: NodeId, known: PeerAddress | undefined): Peer {
    const peer: Peer = {
      id,
      role: options.validators.has(id) ? 'validator' : 'follower',
      actor: address(options.domain, 'peer', id),
      address: known,
      link: undefined,
      state: 'idle',
      dial: undefined,
    };
    peers.set(id, peer);
    actors.spawn(peer.actor, peerBehavior({ role: peer.role, dials: dials(peer) }, handleOf(peer)));
    return peer;
  }

  const handleOf = (peer: Peer): PeerHandle => ({
    dial: () => dial(peer),
    closeLink: (reason) => closeLink(peer, reason),
    forget() {
      if (peer.address !== undefined || peer.link !== undefined) return;
      peers.delete(peer.id);
      actors.stop(peer.actor);
    },
    entered(state) {
      peer.state = state;
    },
  });

  function closeLink(peer: Peer, reason: string): void {
    const link = peer.link;
    peer.link = undefined;
    if (peer.dial !== undefined) peer.dial.cancelled = true;
    peer.dial = undefined;
    link?.end(reason, false);
  }

  function dial(peer: Peer): void {
    if (closed || peer.address === undefined || peer.link !== undefined) return;
    const attempt = { cancelled: false };
    peer.dial = attempt;
    let link: Link | undefined;
    transport.dial(
      peer.address,
      'control',
      (error, connection) => {
        if (peer.dial === attempt) peer.dial = undefined;
        if (connection === undefined) {
          if (attempt.cancelled) return;
          note({ log: 'debug', message: 'dial failed', fields: { peer: peer.id, code: error?.code ?? 'closed' } });
          tell(peer, { type: 'dial-failed', jitter: jitter() });
          return;
        }
        if (attempt.cancelled || closed || peer.link !== undefined) return connection.close('superseded');
        link = new Link(host, { peer: peer.id, role: peer.role, control: connection, dialler: true });
        peer.link = link;
        tell(peer, { type: 'dialled' });
        tickSoon();
      },
      {
        message: (bytes) => link?.controlEvents.message(bytes),
        closed: (reason) => link?.controlEvents.closed(reason),
      },
    );
  }

  /** Tells a peer that dials us that we are there. */
  function knock(peer: Peer): void {
    if (peer.address === undefined || peer.link !== undefined) return;
    const ignore: ConnectionEvents = { message: () => {}, closed: () => {} };
    transport.dial(peer.address, 'control', (_, connection) => connection?.close('knock'), ignore);
  }

  function accept(connection: Connection): ConnectionEvents | undefined {
    if (closed || connection.peer === self) return undefined;
    const known = peers.get(connection.peer);
    if (connection.channel === 'bulk') return known?.link?.acceptBulk(connection);
    if (known === undefined && !mayFollow(connection.peer)) {
      note({ count: 'psky_p2p_refused_connections_total', labels: { reason: 'not-a-peer' } });
      return undefined;
    }
    const peer = known ?? addPeer(connection.peer, undefined);
    if (peer.state === 'banned') return undefined;
    if (dials(peer)) {
      const weDial = peer.role === 'validator' && options.validators.has(self);
      if (weDial) tell(peer, { type: 'knocked' });
      // two nodes that both dial, not being validators: the lower id's connection stays
      if (weDial || (peer.link !== undefined && self < peer.id)) return undefined;
    }
    closeLink(peer, 'replaced');
    const link = new Link(host, { peer: peer.id, role: peer.role, control: connection, dialler: false });
    peer.link = link;
    tell(peer, { type: 'accepted' });
    tickSoon();
    return link.controlEvents;
  }

  /** Validators always; others as the operator says, while there is room. */
  function mayFollow(id: NodeId): boolean {
    if (options.validators.has(id)) return true;
    if (followers.mode === 'none' || (followers.mode === 'listed' && !followers.listed.has(id))) return false;
    let strangers = 0;
    for (const peer of peers.values()) if (peer.role === 'follower' && peer.address === undefined) strangers++;
    return strangers < maxFollowers;
  }

  // — time —

  function tickSoon(): void {
    if (ticking || closed) return;
    ticking = true;
    tickAt = clock.now();
    clock.after(pingIntervalMs, tick);
  }

  function tick(): void {
    ticking = false;
    const now = clock.now();
    const forgive = now - tickAt > 2 * pingIntervalMs;
    let linked = 0;
    for (const peer of peers.values()) {
      peer.link?.tick(now, forgive);
      if (peer.link !== undefined) linked++;
    }
    note({ gauge: 'psky_p2p_peers', value: linked });
    if (linked > 0) tickSoon();
  }

  const linksNow = (): Link[] => [...peers.values()].flatMap((peer) => (peer.link === undefined ? [] : [peer.link]));

  function unsubscribe(domain: string): void {
    const subscription = subscriptions.get(domain);
    if (subscription === undefined) return;
    subscriptions.delete(domain);
    domains.delete(subscription.number);
  }

  const outlets = new Map<string, ReturnType<LinksHandle['outlet']>>();

  return {
    start(done) {
      for (const known of options.peers) if (known.nodeId !== self) addPeer(known.nodeId, known);
      transport.listen(accept, (error) => {
        if (error === undefined) for (const peer of peers.values()) if (!dials(peer)) knock(peer);
        done(error);
      });
    },
    setPeers(next, policy) {
      followers = policy;
      const addresses = new Map(next.map((each) => [each.nodeId, each]));
      for (const peer of peers.values()) {
        peer.address = addresses.get(peer.id);
        tell(peer, { type: 'dials', dials: dials(peer) });
      }
      for (const known of next) if (known.nodeId !== self && !peers.has(known.nodeId)) addPeer(known.nodeId, known);
    },
    subscribe(domain, receiver) {
      unsubscribe(domain);
      lastNumber++;
      subscriptions.set(domain, { receiver, number: lastNumber });
      domains.set(lastNumber, domain);
      for (const link of linksNow()) link.chainsChanged();
    },
    unsubscribe(domain) {
      unsubscribe(domain);
      for (const link of linksNow()) link.chainsChanged();
    },
    outlet(id, domain, channel) {
      const key = `${id}/${domain}/${channel}`;
      let outlet = outlets.get(key);
      if (outlet === undefined) {
        outlet = { id: `peer/${key}`, write: (frame) => write(id, domain, channel, frame) };
        outlets.set(key, outlet);
      }
      return outlet;
    },
    pauseBulk: (id) => peers.get(id)?.link?.pauseBulk(),
    resumeBulk: (id) => peers.get(id)?.link?.resumeBulk(),
    misbehaved(id, reason) {
      count(id, reason);
      const peer = peers.get(id);
      if (peer === undefined) return;
      closeLink(peer, `misbehaved: ${reason}`);
      tell(peer, { type: 'misbehaved', jitter: jitter() });
    },
    peers: () =>
      [...peers.values()].map(
        (peer): PeerStatus => ({
          peer: peer.id,
          role: peer.role,
          state: peer.state,
          linked: peer.link?.isUp ?? false,
          roundTripMs: peer.link?.roundTripMs,
          bufferedBytes: peer.link?.bufferedBytes ?? 0,
          misbehaviour: misbehaviour.get(peer.id) ?? {},
        }),
      ),
    roundTrips() {
      const measured = linksNow().filter((link) => link.role === 'validator' && link.roundTripMs !== undefined);
      return {
        slowestMs: Math.max(0, ...measured.map((link) => link.roundTripMs ?? 0)),
        leastMs: measured.map((link) => link.leastRoundTripMs ?? 0).sort((a, b) => a - b),
      };
    },
    close() {
      closed = true;
      for (const peer of peers.values()) {
        closeLink(peer, 'closing');
        actors.stop(peer.actor);
      }
      peers.clear();
      transport.close();
    },
  };

  function write(id: NodeId, domain: string, channel: FrameChannel, frame: readonly Bytes[]): void {
    const [header] = frame;
    assert(header !== undefined, 'a frame has at least one piece');
    const limit = channel === 'control' ? maxControlFrameBytes : maxBulkBodyBytes + header.length;
    assert(lengthOf(frame) <= limit, 'a frame is within the bounds of net/limits.ts');
    assert(channel === 'control' || header.length <= maxBulkHeaderBytes, 'a bulk header is at most 64 KiB');
    peers.get(id)?.link?.write(domain, channel, frame);
  }
}
