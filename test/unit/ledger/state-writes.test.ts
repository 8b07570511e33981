// When the store gets what blocks have changed, and what happens meanwhile.

import t from 'tap';
import { nativeSha256 } from '../../../actors/drivers/native-sha256.ts';
import { maxUnwrittenBytes } from '../../../ledger/limits.ts';
import { accelerateSha256 } from '../../../lib/hash.ts';
import type { DiskFault } from '../../../storage/index.ts';
import { commit, openState, write } from './state-support.ts';
import { now, testStore } from './support.ts';

accelerateSha256(nativeSha256);

t.test('what is not written is bounded: in bytes of changes, and by the caches that must hold it', (t) => {
  const large = 'x'.repeat(1 << 20);
  const store = testStore();
  const state = openState(store);
  let most = 0;
  for (let height = 1, waiting = 0; height <= 60; height++) {
    commit(state, [[`k${height}`, large]]);
    waiting = state.hasUnwritten ? waiting + large.length : 0;
    most = Math.max(most, waiting);
  }
  t.ok(most >= 4 * large.length, 'changes wait for others');
  t.ok(most <= maxUnwrittenBytes);
  const starved = openState(testStore(), 1);
  commit(starved, [['k', 'v']]);
  t.equal(starved.hasUnwritten, false, 'a full cache is written before the next block');
  t.end();
});

t.test('while the store takes a batch blocks go on; when it fails none does', (t) => {
  const engine = testStore();
  const answers: ((fault: DiskFault | undefined) => void)[] = [];
  const state = openState({
    ...engine,
    batch: (writes, options, done) =>
      void answers.push((fault) =>
        fault === undefined ? engine.batch(writes, options, done) : done(fault, undefined),
      ),
  });
  commit(state, [['a', '1']]);
  now<void>((done) => state.handOver(false, done));
  t.equal(answers.length, 1);
  const second = commit(state, [['a', '2']]);
  let written = false;
  state.write(false, () => {
    written = true;
  });
  t.equal(answers.length, 1, 'one batch at a time');
  answers[0]?.(undefined);
  t.equal(answers.length, 2);
  t.equal(openState(engine).current.height, 1);
  t.equal(written, false);
  answers[1]?.(undefined);
  t.equal(written, true);
  t.equal(openState(engine).current.stateRoot, second);

  commit(state, [['a', '3']]);
  now<void>((done) => state.handOver(false, done));
  answers[2]?.({ code: 'no-space', message: 'the disk is full' });
  t.throws(() => commit(state, [['a', '4']]), /disk is full/);
  t.throws(() => write(state), /disk is full/);
  t.equal(openState(engine).current.stateRoot, second, 'the store holds the state as it was');
  t.end();
});
