// What counts as destroyed, and so not as lost: nothing that anybody kept.

import t from 'tap';
import { Book, someValidator } from '../../e2e/generated/book.ts';

t.test('a promise is destroyed when all who gave it lost their data afterwards', async (t) => {
  const book = new Book();
  const isDestroyed = (hash: string): boolean =>
    book.isDestroyed(book.promised.find((each) => each.hash === hash) as (typeof book.promised)[number]);
  book.accepted('by v1', 'main', 0);
  book.accepted('by v1 and v2', 'main', 0);
  book.accepted('by v1 and v2', 'main', 1);
  book.accepted('at the follower', 'main', someValidator);
  for (const hash of ['by v1', 'by v1 and v2', 'at the follower']) t.notOk(isDestroyed(hash), hash);
  book.wiped(0);
  t.ok(isDestroyed('by v1'));
  t.notOk(isDestroyed('by v1 and v2'), 'v2 has it');
  t.ok(isDestroyed('at the follower'), 'v1 may have been the one that took it');
  book.accepted('at the follower, later', 'main', someValidator);
  t.notOk(isDestroyed('at the follower, later'), 'nobody was wiped since');
});
