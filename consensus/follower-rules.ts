// Who says what on a link between a validator and a node that follows: the follower asks and passes commands on, the
// validator answers with what is committed. Anything else is misbehaviour.

import type { PeerMessage } from './core/index.ts';

type Kind = PeerMessage['type'];

/** Commands travel beside these, on the bulk link. */
export const saidByFollowers: ReadonlySet<Kind> = new Set(['hello', 'get-headers', 'get-batches', 'get-snapshot']);

export const toldToFollowers: ReadonlySet<Kind> = new Set([
  'hello',
  'commit',
  'checkpoint',
  'headers',
  'offer',
  'snapshot-head',
  'snapshot-part',
  'forwarded',
]);
