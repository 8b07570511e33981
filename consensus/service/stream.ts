// Opens clients' streams: each becomes an actor at the root, so that its end is nobody else's.

import { type Address, address, type Message } from '../../actors/index.ts';
import { ok, refused } from '../../lib/result.ts';
import { milliseconds } from '../../lib/units.ts';
import type { StreamEvents, StreamHandler, StreamSession } from '../../net/index.ts';
import { chainOf, type ServiceOptions } from './served-chain.ts';
import { type StreamMessage, streamBehavior } from './stream-actor.ts';

export function streamHandler(options: ServiceOptions): StreamHandler {
  let last = 0;
  return {
    open(session) {
      const chain = chainOf(options, session.chain);
      if (!chain.ok) return chain;
      if (chain.value.archive() === undefined) return refused({ name: 'node-not-ready' });
      last += 1;
      const self = address(chain.value.chain, 'stream', String(last));
      options.system.spawn(self, streamBehavior({ service: options, chain: chain.value, session }), {
        shard: chain.value.chain,
        supervision: stopAlone,
      });
      return ok(eventsOf(options, session, self));
    },
  };
}

const stopAlone = { strategy: 'stop', restarts: 0, withinMs: milliseconds(60_000) } as const;

/** What the actor's mailbox does not take is answered here: the frame fails, and its bytes are the client's again. */
function eventsOf({ system }: ServiceOptions, session: StreamSession, self: Address): StreamEvents {
  const taken = (message: StreamMessage): boolean => system.deliver(self, message as Message) !== 'refused';
  return {
    submit(submit, _offsets, bytes) {
      if (taken({ type: 'frame', submit, bytes })) return;
      session.fail({ name: 'gateway-busy' }, submit.frame);
      session.consumed(bytes);
    },
    watch(watch) {
      if (!taken({ type: 'watch', watch })) session.fail({ name: 'gateway-busy' }, watch.frame);
    },
    closed: () => system.stop(self),
  };
}
