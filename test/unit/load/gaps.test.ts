import t from 'tap';
import { GapWatch, gapMs, gapsSince, longerGaps, longestGaps, noGaps } from '../../../bench/load/gaps.ts';
import type { LoadPlan } from '../../../bench/load/plan.ts';
import { startLoad } from '../../../bench/load/run-load.ts';
import { FakeChain, FakeServer } from './fake-stream-server.ts';

t.test('a gap is from one finality of a client to its next one; the longest that ended is told', async (t) => {
  const watch = new GapWatch();
  watch.final(0, 10);
  watch.final(1, 12);
  watch.final(0, 50);
  watch.final(1, 95);
  watch.final(0, 100);
  t.same(watch.take(), {
    standing: { fromMs: 12, toMs: 95 },
    reconnected: null,
    all: { fromMs: 50, toMs: 95 }, // neither had anything
  });
  t.same(watch.take(), noGaps, 'nothing ended since');
  watch.final(1, 400);
  t.same(watch.take().standing, { fromMs: 95, toMs: 400 }, 'it began before the last call');
});

t.test('the gap of a client that lost its stream is told apart, once', async (t) => {
  const watch = new GapWatch();
  watch.lost(0); // before it had anything final
  watch.final(0, 0);
  watch.final(1, 0);
  watch.lost(0);
  watch.final(1, 30);
  watch.final(0, 200);
  watch.final(0, 240);
  t.same(watch.take(), {
    standing: { fromMs: 200, toMs: 240 },
    reconnected: { fromMs: 0, toMs: 200 },
    all: { fromMs: 30, toMs: 200 },
  });
});

t.test('gaps of several processes and seconds are merged kind by kind, on one clock', async (t) => {
  const a = { standing: { fromMs: 0, toMs: 10 }, reconnected: null, all: { fromMs: 0, toMs: 3 } };
  const b = { standing: { fromMs: 5, toMs: 9 }, reconnected: { fromMs: 1, toMs: 2 }, all: { fromMs: 4, toMs: 8 } };
  t.same(longerGaps(a, b), { standing: a.standing, reconnected: b.reconnected, all: b.all });
  t.same(longerGaps(b, noGaps), b);
  t.same(gapsSince(b, 4).standing, { fromMs: 1, toMs: 5 });
  t.same([gapMs(b.standing), gapMs(null)], [4, null]);
  const series = [
    { toMs: 1_000, gaps: a },
    { toMs: 2_000, gaps: b },
  ];
  const longest = (fromMs: number, sentMs: number) => longestGaps(series, { fromMs, sentMs });
  t.same(longest(0, 2_000).standing, a.standing);
  t.same(longest(1_000, 2_000), b, 'a second that was over by then does not count');
  t.same(longest(2_000, 3_000), noGaps);
  t.same(longest(0, 4).standing, { fromMs: 0, toMs: 4 }, 'after the last send nobody waits for more');
  t.same(longest(1_000, 5).standing, null);
});

t.test('clients whose stream stood tell the gap of the network; who had to reconnect is told apart', async (t) => {
  const chain = new FakeChain();
  const servers = [0, 1].map((lane) => new FakeServer(chain, lane, { commitMs: 2 }));
  await Promise.all(servers.map((server) => server.listen()));
  const targets = servers.map((server, i) => ({ name: `v${i + 1}`, rpc: server.rpc }));
  const stoodMs = 300;
  const plan: LoadPlan = {
    ...{ mode: 'blob', rate: 1_000, size: 64, seconds: 2.5, warmUpSeconds: 0, clients: 2, commandsPerEntry: 1 },
    ...{ coalesceMs: 4, createdMs: Date.now(), runId: '0123456789abcdef' },
  };
  let began = false;
  const run = startLoad({ plan, targets, chain: chain.id, processes: 1 }, ({ elapsedMs }) => {
    if (began || elapsedMs < 1_300) return;
    began = true;
    servers[0]?.kill();
    chain.orderingStopped = true;
    setTimeout(() => {
      chain.orderingStopped = false;
    }, stoodMs);
  });
  const outcome = await run.outcome;
  t.match(outcome, { lost: 0, counts: { committed: 2_500 } });
  const { standing, reconnected, all } = longestGaps(outcome.series, { fromMs: 0, sentMs: 2_500 });
  for (const [kind, gap] of Object.entries({ standing, reconnected, all })) {
    // notices that were under way when it stopped shorten it
    t.ok((gapMs(gap) ?? 0) > stoodMs / 2, `${kind}: ${gapMs(gap)} ms`);
    t.ok((gap?.fromMs ?? 0) > 0, `${kind}: in the measured part`);
  }
  const calm = outcome.series.filter(({ toMs }) => toMs < (all?.fromMs ?? 0));
  t.ok(calm.length > 0);
  t.equal(longestGaps(calm, { fromMs: 0, sentMs: 2_500 }).reconnected, null, 'before it died nobody had lost a stream');
  servers[1]?.kill();
});
