// The life of a peer: who dials, how long to wait after a failure, when a link is too slow to greet, and what
// misbehaviour costs (ARCHITECTURE, supervision table). Bytes are the link's business (link.ts); this machine sees few
// events and decides. Its actions name what the peer's actor does (peer.ts).

import { assign, setup } from 'xstate';
import { type Ms, milliseconds } from '../lib/units.ts';
import { banMs, followerBackoff, greetingMs, validatorBackoff } from './limits.ts';
import type { PeerRole } from './ports.ts';

export interface PeerInput {
  readonly role: PeerRole;
  /** this side dials; the other side waits to be dialled */
  readonly dials: boolean;
}

interface PeerContext extends PeerInput {
  /** failures in a row */
  readonly failures: number;
  /** 0 to 1, of the last failure's event: spreads peers that failed together */
  readonly jitter: number;
}

export type PeerEvent =
  /** the peer's address, or our right to dial it, came or went */
  | { readonly type: 'dials'; readonly dials: boolean }
  /** our dial gave a control connection */
  | { readonly type: 'dialled' }
  | { readonly type: 'dial-failed'; readonly jitter: number }
  /** the peer's dial gave a control connection */
  | { readonly type: 'accepted' }
  /** the peer tells us that it is there and waits to be dialled */
  | { readonly type: 'knocked' }
  /** all connections are ready at both ends */
  | { readonly type: 'linked' }
  /** a connection of the link ended */
  | { readonly type: 'lost'; readonly jitter: number }
  /** proven: a message that no honest peer sends */
  | { readonly type: 'misbehaved'; readonly jitter: number }
  | { readonly type: 'stop' };

/**
 * How long to wait after the `failures`-th failure in a row.
 *
 * A validator is tried again within 2 s for ever: the chain may need it. Another peer costs at most one try a minute.
 *
 * @param jitter 0 to 1; takes up to a quarter off
 */
export function backoffMs(role: PeerRole, failures: number, jitter: number): Ms {
  const { firstMs, maxMs } = role === 'validator' ? validatorBackoff : followerBackoff;
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(0, failures - 1), 30));
  return milliseconds(full * (1 - jitter / 4));
}

export const peerMachine = setup({
  types: {
    context: {} as PeerContext,
    events: {} as PeerEvent,
    input: {} as PeerInput,
  },
  actions: {
    dial: () => {},
    closeLink: () => {},
    forget: () => {},
    entered: (_, _state: string) => {},
    failed: assign(({ context, event }) => ({
      failures: context.failures + 1,
      jitter: 'jitter' in event ? event.jitter : 0,
    })),
    recovered: assign({ failures: 0 }),
    dialling: assign(({ context, event }) => ({ dials: event.type === 'dials' ? event.dials : context.dials })),
  },
  guards: {
    dials: ({ context }) => context.dials,
    waits: ({ context }) => !context.dials,
    willDial: ({ event }) => event.type === 'dials' && event.dials,
    isValidator: ({ context }) => context.role === 'validator',
  },
  delays: {
    backoff: ({ context }) => backoffMs(context.role, context.failures, context.jitter),
    greeting: () => greetingMs,
    ban: () => banMs,
  },
}).createMachine({
  id: 'peer',
  description: 'The life of a peer: who dials, how long to wait after a failure, what misbehaviour costs.',
  context: ({ input }) => ({ ...input, failures: 0, jitter: 0 }),
  initial: 'deciding',
  on: {
    stop: '.stopped',
    dials: { actions: 'dialling' },
    misbehaved: [
      { guard: 'isValidator', target: '.backing-off', actions: ['failed', 'closeLink'] },
      { target: '.banned', actions: 'closeLink' },
    ],
  },
  states: {
    deciding: { always: [{ guard: 'dials', target: 'dialing' }, { target: 'idle' }] },
    /** waits to be dialled */
    idle: {
      entry: { type: 'entered', params: 'idle' },
      on: {
        dials: { guard: 'willDial', target: 'dialing', actions: 'dialling' },
        accepted: 'greeting',
      },
    },
    dialing: {
      entry: [{ type: 'entered', params: 'dialing' }, 'dial'],
      on: {
        dialled: 'greeting',
        accepted: 'greeting',
        'dial-failed': { target: 'backing-off', actions: 'failed' },
      },
    },
    /** connected; Hello and the bulk connections are under way */
    greeting: {
      entry: { type: 'entered', params: 'greeting' },
      on: {
        accepted: { target: 'greeting', reenter: true },
        linked: 'ready',
        lost: { target: 'backing-off', actions: 'failed' },
      },
      after: { greeting: { target: 'backing-off', actions: ['failed', 'closeLink'] } },
    },
    ready: {
      entry: [{ type: 'entered', params: 'ready' }, 'recovered'],
      on: {
        /** the peer came back before we noticed that it had gone */
        accepted: 'greeting',
        lost: { target: 'backing-off', actions: 'failed' },
      },
    },
    'backing-off': {
      entry: { type: 'entered', params: 'backing-off' },
      always: { guard: 'waits', target: 'idle', actions: 'forget' },
      on: {
        accepted: { target: 'greeting', actions: 'recovered' },
        knocked: { target: 'dialing', actions: 'recovered' },
      },
      after: { backoff: 'deciding' },
    },
    /** its connections are refused; nothing is dialled */
    banned: {
      entry: { type: 'entered', params: 'banned' },
      on: { misbehaved: {} },
      after: { ban: { target: 'deciding', actions: ['recovered', 'forget'] } },
    },
    stopped: { entry: 'closeLink', type: 'final' },
  },
});
