// Live records and pruning where several owners share a journal: who is told that it holds the journal back, and that nothing
// goes before an owner's live records stand in what stays.
import t from 'tap';
import type { Position } from '../../../actors/index.ts';
import { fromUtf8 } from '../../../lib/bytes.ts';
import type { Journal, JournalView } from '../../../storage/index.ts';
import { JournalBench } from '../../support/journal-bench.ts';

const segmentBytes = 16_384;

/** Appends `segments` segments of records, and releases them. */
function write(bench: JournalBench, journal: Journal, view: JournalView, segments: number): void {
  const until = journal.stats().lastSegment + segments;
  while (journal.stats().lastSegment < until) {
    const last = view.append(7, [new Uint8Array(900)]);
    bench.synced(journal);
    view.releaseBelow(last);
    view.keepFrom(last);
  }
  bench.settle();
}

t.test('an owner that writes nothing is told, once per segment, that it holds back pruning', async (t) => {
  const bench = new JournalBench({ segmentBytes, retain: 2 * segmentBytes });
  const journal = bench.open();
  const [busy, idle] = [journal.view('busy'), journal.view('idle')];
  const told = { busy: 0, idle: 0 };
  busy.onHeld(() => told.busy++);
  idle.onHeld(() => told.idle++);
  busy.live(() => [{ kind: 1, parts: [fromUtf8('busy')] }]);
  idle.live(() => [{ kind: 2, parts: [fromUtf8('idle')] }]);
  for (const view of [busy, idle]) view.keepFrom(0 as Position);
  const only = idle.append(7, [fromUtf8('the only one')]);
  write(bench, journal, busy, 1);
  t.equal(told.idle, 0, 'the journal retains as much');
  write(bench, journal, busy, 3);
  t.equal(told.idle, 3);
  t.equal(told.busy, 0);
  t.ok(idle.pruningHeld && !busy.pruningHeld);
  t.equal(journal.stats().firstSegment, 1);
  const { repeatedFrom } = idle;
  t.ok((repeatedFrom ?? 0) > only, 'its live records stand in the newest segment');

  idle.releaseBelow(repeatedFrom as Position);
  bench.settle();
  t.ok(idle.pruningHeld, 'it may still read');
  idle.keepFrom(repeatedFrom as Position);
  bench.settle();
  t.notOk(idle.pruningHeld);
  t.ok(journal.stats().firstSegment > 3);
  write(bench, journal, busy, 1);
  t.equal(told.idle, 3, 'now there is room');

  bench.crash('lost');
  const again = bench.open();
  t.ok(again.stats().firstSegment > 3);
  t.same(new Set(bench.texts(again.view('idle'))), new Set(['idle']));
});

t.test('what an owner has released stays until its own live records stand behind it', async (t) => {
  const bench = new JournalBench({ segmentBytes, retain: segmentBytes });
  const first = bench.open();
  first.view('early').append(7, [fromUtf8('early')]);
  first.view('late').append(7, [fromUtf8('what the live records replace')]);
  bench.synced(first);
  bench.kill();

  // one chain goes on while the other one still replays
  const journal = bench.open();
  const [early, late] = [journal.view('early'), journal.view('late')];
  early.live(() => [{ kind: 1, parts: [fromUtf8('early')] }]);
  write(bench, journal, early, 2);
  late.live(() => [{ kind: 2, parts: [fromUtf8('late')] }]);
  t.equal(late.repeatedFrom, undefined);
  for (const release of [late.releaseBelow, late.keepFrom]) release(journal.appended);
  bench.settle();
  t.equal(journal.stats().firstSegment, 1, 'no segment holds them yet');
  early.append(7, [fromUtf8('one more record, and with it they are due')]);
  bench.synced(journal);
  bench.settle();
  t.equal(late.repeatedFrom, late.oldest, 'pruned up to the segment that holds them');
  t.ok(journal.stats().firstSegment > 1);
  bench.kill();
  t.ok(bench.texts(bench.open().view('late')).includes('late'));
});
