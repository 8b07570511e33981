// The admin verbs behind `psky inspect`: actors as they are, and the transitions of all machines as they come.

import type { ActorSystem, TransitionSubscription } from '../actors/index.ts';
import { parseAddress } from '../actors/index.ts';
import type { AdminReply, AdminServer } from '../net/drivers/admin-server.ts';

/** transitions given in one go before other work runs */
const pageSize = 500;

export function registerInspection(server: AdminServer, actors: ActorSystem): void {
  server.register('actors', (_params, reply) => reply.result(actors.inspect()));
  server.register('actor', (params, reply) => {
    const address = parseAddress(String(params['address']));
    const detail = address === undefined ? undefined : actors.describe(address);
    if (detail === undefined) reply.fail({ name: 'not-found', detail: String(params['address']) });
    else reply.result(detail);
  });
  server.register('events', (params, reply) => {
    const cursor = typeof params['cursor'] === 'number' ? params['cursor'] : 0;
    if (params['follow'] === true) return follow(actors, cursor, reply);
    const page = actors.transitions.read(cursor, Number.MAX_SAFE_INTEGER);
    for (const record of page.records) reply.event(record);
    reply.result({ cursor: page.cursor, lost: page.lost });
  });
}

function follow(actors: ActorSystem, cursor: number, reply: AdminReply): void {
  let subscription: TransitionSubscription | undefined;
  // a subscription may not be read while it tells
  const onMore = (): void => void setImmediate(drain);
  const drain = (): void => {
    const page = subscription?.take(pageSize);
    if (page === undefined) return;
    if (page.lost > 0 && !reply.event({ lost: page.lost })) return subscription?.end();
    for (const record of page.records) if (!reply.event(record)) return subscription?.end();
  };
  subscription = actors.transitions.subscribe(cursor, onMore);
  reply.onGone(() => subscription?.end());
}
