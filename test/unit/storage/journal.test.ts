import t from 'tap';
import type { Position } from '../../../actors/index.ts';
import { fromUtf8, toUtf8 } from '../../../lib/bytes.ts';
import { seededRandom } from '../../../lib/random.ts';
import { groupHeaderBytes, placeOf, segmentSeed, writeGroupHeader, writeRecord } from '../../../storage/format.ts';
import type { Journal, JournalFault, JournalRecord, JournalView } from '../../../storage/index.ts';
import { segmentPath } from '../../../storage/segment-names.ts';
import { directory, JournalBench, shardId } from '../../support/journal-bench.ts';

const say = (view: JournalView, text: string, lazy = false): Position => view.append(7, [fromUtf8(text)], lazy);

t.test('records of several owners come back in order, each to its owner', async (t) => {
  const bench = new JournalBench();
  const journal = bench.open();
  const [main, other] = [journal.view('main'), journal.view('bench')];
  t.equal(journal.view('main'), main, 'one view per owner');
  say(main, 'a');
  say(other, 'x');
  main.append(9, [fromUtf8('b'), fromUtf8('c')]);
  t.equal(journal.durable, 0, 'an append is not durable at once');
  bench.synced(journal);
  bench.crash('lost');
  const again = bench.open();
  t.same(bench.replay(again.view('main')), [
    { kind: 7, text: 'a' },
    { kind: 9, text: 'bc' },
  ]);
  t.same(bench.texts(again.view('bench')), ['x']);
  t.same(bench.texts(again.view('nobody')), []);
  t.equal(again.appended, again.durable);
});

t.test('all appends of a turn share one sync, and one group is in flight', async (t) => {
  const bench = new JournalBench();
  const journal = bench.open();
  const view = journal.view('main');
  bench.synced(journal);
  const before = journal.stats().groups;
  for (let i = 0; i < 50; i++) say(view, `record ${i}`);
  bench.until(() => journal.durable > 0);
  t.equal(journal.durable, journal.appended);
  t.equal(journal.stats().groups - before, 1);
  say(view, 'first');
  bench.until(() => journal.stats().unsyncedBytes > 0);
  bench.world.run(bench.world.nowMs + 0.03);
  say(view, 'while it flies');
  say(view, 'while it flies');
  bench.synced(journal);
  t.equal(journal.stats().groups - before, 3);
});

t.test('a lazy record waits up to 20 ms, or until it is asked for, or for a record that gates', async (t) => {
  const bench = new JournalBench();
  const journal = bench.open();
  const view = journal.view('main');
  const timed = (start: () => void): number => {
    const from = bench.world.nowMs;
    start();
    bench.synced(journal);
    return bench.world.nowMs - from;
  };
  t.ok(timed(() => say(view, 'now')) < 2);
  const waited = timed(() => say(view, 'lazy', true));
  t.ok(waited >= 20 && waited < 23, `${waited} ms`);
  t.ok(timed(() => view.request(say(view, 'asked for', true))) < 2);
  t.ok(
    timed(() => {
      say(view, 'lazy', true);
      say(view, 'gates');
    }) < 2,
  );
});

t.test('a torn tail is cut off at every byte of the last group, and nothing else is', async (t) => {
  const bench = new JournalBench();
  const journal = bench.open();
  const view = journal.view('main');
  for (const text of ['one', 'two']) {
    say(view, text);
    bench.synced(journal);
  }
  const image = bench.disk.names.find(segmentPath(directory, 1));
  if (image === undefined) throw new Error('the segment exists');
  const before = image.size;
  say(view, 'three');
  say(view, 'four');
  bench.synced(journal);
  const whole = image.read(0, image.size);
  for (let cut = before; cut <= whole.length; cut++) {
    bench.kill();
    image.complete(image.begin(before, new Uint8Array(whole.length - before)), true);
    image.complete(image.begin(before, whole.subarray(before, cut)), true);
    const texts = bench.texts(bench.open().view('main'));
    // Behind the last record there is only padding.
    const expected = texts.length === 4 ? ['one', 'two', 'three', 'four'] : ['one', 'two'];
    if (cut < whole.length - 64) t.equal(texts.length, 2, `cut at ${cut}`);
    t.strictSame(texts, expected);
  }
  bench.kill();
  const torn = bench.open();
  const goesOn = torn.view('main');
  say(goesOn, 'five');
  bench.synced(torn);
  bench.crash('lost');
  t.same(bench.texts(bench.open().view('main')), ['one', 'two', 'three', 'four', 'five']);
});

t.test('a flipped bit before the last group stops the opening and names the place', async (t) => {
  const bench = new JournalBench();
  const journal = bench.open();
  const view = journal.view('main');
  for (const text of ['one', 'two', 'three']) {
    say(view, text);
    bench.synced(journal);
  }
  const image = bench.disk.names.find(segmentPath(directory, 1));
  if (image === undefined) throw new Error('the segment exists');
  // the first two groups, but not the padding behind their records
  const groups = [64, 192].flatMap((start) => Array.from({ length: 60 }, (_, i) => start + i));
  for (const offset of groups) {
    bench.kill();
    image.rot(offset, 4);
    const { fault, journal: opened } = bench.tryOpen();
    image.rot(offset, 4);
    if (opened) {
      t.same(bench.texts(opened.view('main')), ['one', 'two', 'three'], `byte ${offset} is padding`);
      continue;
    }
    t.match(fault, { code: 'journal-corrupt', segment: 1, message: /000000000001\.segment at byte/ }, `byte ${offset}`);
  }
  bench.kill();
  image.rot(20, 1);
  t.match(bench.tryOpen().fault, { code: 'journal-corrupt', offset: 0 }, 'a header');
});

t.test('a record that rotted after it was opened is never read', async (t) => {
  const bench = new JournalBench();
  const journal = bench.open();
  const view = journal.view('main');
  const position = view.append(3, [new Uint8Array(9000).fill(5)]);
  const outcome = (): { fault?: JournalFault | undefined; record?: JournalRecord | undefined } => {
    let answer: { fault?: JournalFault | undefined; record?: JournalRecord | undefined } | undefined;
    view.read(position, (fault, record) => {
      answer = { fault, record };
    });
    bench.until(() => answer !== undefined);
    return answer ?? {};
  };
  t.match(outcome().fault, { code: 'journal-record-unavailable' }, 'not before it is durable');
  bench.synced(journal);
  t.match(outcome(), { record: { kind: 3, position } });
  t.equal(outcome().record?.body.length, 9000);
  bench.disk.names.find(segmentPath(directory, 1))?.rot(5000, 1);
  t.match(outcome().fault, { code: 'journal-corrupt', segment: 1 });
});

t.test('after a failed write or sync nothing becomes durable ever again', async (t) => {
  for (const direct of [false, true]) {
    const bench = new JournalBench({ direct, groupAlignment: 4096 });
    const journal = bench.open();
    const view = journal.view('main');
    say(view, 'kept');
    bench.synced(journal);
    const durable = journal.durable;
    let notified = 0;
    journal.onDurable(() => notified++);
    bench.disk.failingSyncs = 1;
    say(view, 'lost');
    bench.settle();
    say(view, 'later');
    bench.settle();
    t.equal(notified, 0);
    t.equal(journal.durable, durable);
    t.ok(journal.appended > durable);
    t.match(bench.fatal, [{ code: 'journal-write-failed', disk: { code: 'io' } }]);
    t.equal(bench.fatal.length, 1);
    bench.crash('lost');
    t.same(bench.texts(bench.open().view('main')), ['kept']);
  }
});

t.test('what a killed process left unsynced is synced before the next one relies on it', async (t) => {
  const bench = new JournalBench();
  const journal = bench.open();
  say(journal.view('main'), 'written, not synced');
  bench.until(() => bench.disk.names.find(segmentPath(directory, 1))?.hasInFlight === true);
  bench.kill();
  t.same(bench.texts(bench.open().view('main')), ['written, not synced']);
  bench.crash('lost');
  t.same(bench.texts(bench.open().view('main')), ['written, not synced']);
});

t.test('safety records are rewritten in every new segment, and old ones are pruned and recycled', async (t) => {
  const bench = new JournalBench({ segmentBytes: 16_384, retain: 40_000 });
  const journal = bench.open();
  const view = journal.view('main');
  const idle = journal.view('idle');
  let vote = 0;
  let last = 0 as Position;
  const safety = () => [{ kind: 1, parts: [fromUtf8(`vote ${vote}`)] }];
  view.live(safety);
  idle.live(() => [{ kind: 2, parts: [fromUtf8('idle')] }]);
  for (let i = 0; i < 200; i++) {
    vote = i;
    last = view.append(7, [new Uint8Array(900).fill(i)]);
    if (i % 3 === 0) bench.synced(journal);
    if (i === 100)
      t.ok(journal.overRetainedBytes > 0 && journal.stats().firstSegment === 1, 'nothing unreleased is pruned');
    if (i >= 100 && i % 10 === 0) for (const each of [view, idle]) each.releaseBelow(last);
  }
  bench.synced(journal);
  bench.settle();
  const stats = journal.stats();
  t.ok(stats.firstSegment > 5, `first segment ${stats.firstSegment}`);
  t.ok(stats.recycledSegments > 2, `${stats.recycledSegments} recycled`);
  t.ok(stats.lastSegment - stats.firstSegment < 5);
  let gone: JournalFault | undefined;
  view.read(1 as Position, (fault) => {
    gone = fault;
  });
  bench.settle();
  t.match(gone, { code: 'journal-record-unavailable' });
  bench.crash();
  const again = bench.open();
  const votes = bench.replay(again.view('main')).filter((record) => record.kind === 1);
  t.ok(votes.length > 0, 'the vote is in what is kept');
  t.equal(votes.at(-1)?.text.startsWith('vote 19') || votes.at(-1)?.text.startsWith('vote 18'), true);
  t.ok(bench.replay(again.view('idle')).length > 0, 'an idle owner keeps its safety record too');
  t.ok(again.stats().firstSegment > 5);
});

t.test('a segment of another shard, a missing one and an unknown format are refused', async (t) => {
  const fill = (): JournalBench => {
    const bench = new JournalBench({ segmentBytes: 16_384 });
    const journal = bench.open();
    for (let i = 0; i < 60; i++) {
      journal.view('main').append(7, [new Uint8Array(900)]);
      bench.synced(journal);
    }
    bench.kill();
    return bench;
  };
  const foreign = fill().tryOpen({ shardId: shardId.map((byte) => byte ^ 1) });
  t.match(foreign.fault, { code: 'journal-foreign' });
  const missing = fill();
  missing.disk.names.remove(segmentPath(directory, 2));
  t.match(missing.tryOpen().fault, { code: 'journal-segment-missing', segment: 2 });
});

t.test('owners are told when too much waits for the disk, and the journal fails before memory does', async (t) => {
  const bench = new JournalBench({ congestedBytes: 4000, maxUnsyncedBytes: 20_000 });
  const journal = bench.open();
  const view = journal.view('main');
  const seen: boolean[] = [];
  journal.onCongested((congested) => seen.push(congested));
  for (let i = 0; i < 6; i++) view.append(7, [new Uint8Array(900)]);
  t.equal(journal.congested, true);
  bench.synced(journal);
  t.same(seen, [true, false]);
  for (let i = 0; i < 30; i++) view.append(7, [new Uint8Array(900)]);
  t.match(bench.fatal, [{ code: 'journal-overrun' }]);
  const durable = journal.durable;
  bench.settle();
  t.equal(journal.durable, durable);
});

t.test('closing makes everything durable', async (t) => {
  const bench = new JournalBench();
  const journal = bench.open();
  say(journal.view('main'), 'lazy', true);
  let closed = false;
  journal.close((fault) => {
    t.notOk(fault);
    closed = true;
  });
  t.ok(bench.until(() => closed));
  bench.crash('lost');
  t.same(bench.texts(bench.open().view('main')), ['lazy']);
});

t.test('random walks: what was durable is recovered in order, and nothing is invented', async (t) => {
  for (let seed = 1; seed <= 120; seed++) {
    const problem = walk(seed);
    if (problem) {
      t.fail(`seed ${seed}: ${problem}`);
      return;
    }
  }
  t.pass('120 walks');
});

/** Appends, waits, crashes and kills by chance, on tiny recycled segments. */
function walk(seed: number): string | undefined {
  const random = seededRandom(seed);
  const retain = random.chance(0.5) ? 'all' : 40_000;
  const bench = new JournalBench({
    seed,
    segmentBytes: 16_384,
    retain,
    direct: random.chance(0.3),
  });
  /** text of every record by owner, in order, and how far it is known to be durable */
  const owners = ['main', 'bench'].map((name) => ({ name, texts: [] as string[], durable: 0, released: 0 }));
  for (let life = 0; life < 5; life++) {
    const { fault, journal } = bench.tryOpen();
    if (fault || !journal) return `life ${life}: ${fault?.code} ${fault?.message}`;
    for (const owner of owners) {
      const view = journal.view(owner.name);
      const found = bench.texts(view).filter((text) => !text.startsWith('live'));
      const from = found[0] === undefined ? owner.durable : owner.texts.indexOf(found[0]);
      const upTo = from + found.length;
      if (from < 0 || from > Math.max(owner.released, found[0] === undefined ? owner.durable : 0))
        return `life ${life}: ${owner.name} lacks records that it had not released`;
      if (found[0] === undefined && owner.released < owner.durable)
        return `life ${life}: ${owner.name} lost everything`;
      if (JSON.stringify(found) !== JSON.stringify(owner.texts.slice(from, upTo)))
        return `life ${life}: ${owner.name} replays other records`;
      if (upTo < owner.durable) return `life ${life}: ${owner.name} lost durable records`;
      owner.texts = owner.texts.slice(0, upTo);
      owner.durable = upTo;
      view.live(() => [{ kind: 1, parts: [fromUtf8(`live ${owner.name}`)] }]);
    }
    const appended: { position: Position; owner: (typeof owners)[number]; count: number }[] = [];
    for (let step = 0; step < 40; step++) {
      const owner = random.pick(owners);
      const view = journal.view(owner.name);
      for (let i = random.below(4); i >= 0; i--) {
        const text = `${owner.name} ${life}.${step}.${i} ${'·'.repeat(random.below(random.chance(0.2) ? 1200 : 40))}`;
        owner.texts.push(text);
        const position = view.append(7, [fromUtf8(text)], random.chance(0.3));
        appended.push({ position, owner, count: owner.texts.length });
      }
      if (random.chance(0.6)) bench.world.run(bench.world.nowMs + random.between(0, 3));
      if (random.chance(0.2)) bench.synced(journal);
      for (const each of appended) if (each.position <= journal.durable) each.owner.durable = each.count;
      if (random.chance(0.1))
        for (const each of owners) {
          journal.view(each.name).releaseBelow(journal.durable);
          each.released = each.durable;
        }
    }
    if (random.chance(0.3)) bench.kill();
    else bench.crash(random.pick(['lost', 'torn', 'chance'] as const));
  }
  return undefined;
}

t.test('what an owner keeps is not pruned, nor what no owner has spoken of in this life', async (t) => {
  const bench = new JournalBench({ segmentBytes: 16_384, retain: 16_384 });
  const fill = (journal: Journal, view: JournalView): Position => {
    let last = 0 as Position;
    for (let i = 0; i < 60; i++) {
      last = view.append(7, [new Uint8Array(900).fill(i)]);
      if (i % 3 === 0) bench.synced(journal);
    }
    bench.synced(journal);
    return last;
  };
  const journal = bench.open();
  const view = journal.view('main');
  const pruned: Position[] = [];
  view.onPruned((oldest) => pruned.push(oldest));
  view.keepFrom(0 as Position);
  view.releaseBelow(fill(journal, view));
  bench.settle();
  t.ok(view.pruningHeld, 'a snapshot is due');
  t.same([journal.stats().firstSegment, pruned], [1, []]);
  const mark = view.append(7, [fromUtf8('readers need this')]);
  bench.synced(journal);
  view.keepFrom(mark);
  bench.settle();
  t.ok(!view.pruningHeld && journal.stats().firstSegment > 2);
  t.equal(pruned.at(-1), view.oldest);
  t.ok(view.oldest <= mark);

  bench.kill();
  const again = bench.open();
  const reborn = again.view('main');
  const { firstSegment } = again.stats();
  fill(again, reborn);
  bench.settle();
  t.equal(again.stats().firstSegment, firstSegment, 'an owner that has said nothing yet may still read everything');
  reborn.releaseBelow(again.durable);
  bench.settle();
  t.ok(again.stats().firstSegment > firstSegment);
});

t.test('bytes that a client made up never pass for a group, even where a recycled segment puts them', async (t) => {
  const bench = new JournalBench({ segmentBytes: 16_384, retain: 16_384 });
  const journal = bench.open();
  const view = journal.view('main');
  // every record's body is a copy of the whole segment so far: stale headers at every place
  for (let i = 0; i < 120; i++) {
    const image = bench.disk.names.find(segmentPath(directory, journal.stats().lastSegment));
    const stale = image?.read(64 * (i % 7), 3000) ?? new Uint8Array(3000);
    view.releaseBelow(view.append(7, [fromUtf8(`${i}`), stale.slice(0, 3000 - (i % 5) * 64)]));
    bench.synced(journal);
  }
  t.ok(journal.stats().recycledSegments > 3);
  const kinds = (): number[] => {
    const found: number[] = [];
    let finished = false;
    const again = bench.open().view('main');
    again.replay(
      ({ kind, body }) =>
        found.push(
          kind === 7 ? Number(/^\d+/.exec(toUtf8(body.slice(0, 3)) ?? toUtf8(body.slice(0, 2)) ?? '')?.[0] ?? -1) : -2,
        ),
      () => {
        finished = true;
      },
    );
    bench.until(() => finished);
    return found;
  };
  bench.crash('lost');
  const numbers = kinds();
  t.equal(numbers.at(-1), 119);
  t.same(
    numbers,
    numbers.map((_, i) => 119 - numbers.length + 1 + i),
    'a run without gaps up to the newest',
  );
});

t.test('a group forged inside a body is not taken for a later one, for it lacks the secret', async (t) => {
  const bench = new JournalBench();
  const journal = bench.open();
  const view = journal.view('main');
  say(view, 'kept');
  bench.synced(journal);
  const image = bench.disk.names.find(segmentPath(directory, 1));
  if (image === undefined) throw new Error('the segment exists');
  // The client knows everything but the shard's id, and where its bytes will lie: at a multiple of the alignment.
  const forge = (id: Uint8Array): Uint8Array => {
    const seed = segmentSeed(id, 1);
    const group = new Uint8Array(256);
    const place = { seed, sequence: 9, owner: 1, kind: 7 };
    const length = writeRecord(group, groupHeaderBytes, [fromUtf8('forged')], place);
    writeGroupHeader(group, { length, sequence: 9, records: 1 }, 1, seed);
    return group;
  };
  const body = (id: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(1024);
    // in front of it: group header, the record that names the owner, record header
    for (let at = 128 - (32 + 24 + 16); at + 256 <= 1024; at += 256) bytes.set(forge(id), at);
    return bytes;
  };
  const tearAfter = (id: Uint8Array): { readonly code: string | undefined } => {
    bench.kill();
    const again = bench.open();
    const start = placeOf(again.view('main').append(7, [body(id)])).offset - (32 + 24);
    bench.synced(again);
    bench.kill();
    // the header's sector is torn away, the body's sectors are there
    image.complete(image.begin(start, new Uint8Array(32)), true);
    const { fault, journal: opened } = bench.tryOpen();
    if (opened) t.same(bench.texts(opened.view('main')), ['kept']);
    return { code: fault?.code };
  };
  t.same(tearAfter(fromUtf8('a guess of the 1')), { code: undefined });
  t.same(tearAfter(shardId), { code: 'journal-corrupt' }, 'with the secret it would have passed');
});
