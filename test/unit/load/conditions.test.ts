import { readdirSync } from 'node:fs';
import t from 'tap';
import { ratiosOf } from '../../../bench/compare.ts';
import { calibrate } from '../../../bench/conditions/index.ts';
import { Sampler, useWithin } from '../../../bench/load/sampler.ts';
import type { Figure } from '../../../bench/support/figures.ts';

t.test('CPU and memory are read from the kernel', { skip: process.platform !== 'linux' }, async (t) => {
  const sampler = new Sampler([
    { name: 'this', pid: process.pid },
    { name: 'gone', pid: 2 ** 22 - 1 },
  ]);
  const until = Date.now() + 300;
  while (Date.now() < until) Math.sqrt(Date.now());
  const [own, gone] = sampler.stop();
  t.same(gone?.samples, []);
  const use = useWithin(own?.samples ?? [], { fromMs: 0, toMs: Number.POSITIVE_INFINITY });
  t.ok(use !== undefined && use.cores > 0 && use.mainCores > 0 && use.cores >= use.mainCores, JSON.stringify(use));
  t.ok(use !== undefined && Math.abs(use.rssMaxBytes / process.memoryUsage.rss() - 1) < 0.5);
});

t.test('a thread whose ticks are ahead of those of its process took what the process took', async (t) => {
  const at = (atMs: number, cpuSeconds: number, mainCpuSeconds: number) => ({
    atMs,
    cpuSeconds,
    mainCpuSeconds,
    rssBytes: 1,
  });
  const window = { fromMs: 0, toMs: 1_000 };
  t.match(useWithin([at(0, 1, 1), at(1_000, 1.5, 1.51)], window), { cores: 0.5, mainCores: 0.5 });
  t.match(useWithin([at(0, 1, 1), at(1_000, 1.5, 1.25)], window), { cores: 0.5, mainCores: 0.25 });
});

t.test('a calibration measures what it says, and leaves nothing behind', async (t) => {
  const folder = t.testdir();
  const { verifyUs, sha256GBs, sync4kUs } = calibrate(folder);
  t.ok(verifyUs > 1 && verifyUs < 10_000, `${verifyUs} µs`);
  t.ok(sha256GBs > 0.01 && sha256GBs < 100, `${sha256GBs} GB/s`);
  t.ok(sync4kUs > 0, `${sync4kUs} µs`);
  t.same(readdirSync(folder), []);
});

t.test('two commits are compared by the figures that both tell, run by run', async (t) => {
  const figure = (name: string, unit: string, median: number): Figure => ({
    ...{ name, unit, median, min: median, max: median, rounds: 1 },
  });
  const run = (cost: number, rate: number): Figure[] => [figure('cost', 'µs', cost), figure('rate', 'puts/s', rate)];
  const pairs = [
    [[...run(100, 50), figure('old', 'µs', 1)], run(80, 40)],
    [run(200, 60), [...run(170, 45), figure('new', 'µs', 1)]],
    ...[1, 2, 3].map((drift) => [run(100 * drift, 100 / drift), run(82 * drift, 77 / drift)] as const),
  ] as const;
  t.match(ratiosOf(pairs), [
    { name: 'cost', a: 200, b: 164, ratio: { median: 0.82, min: 0.8, max: 0.85 }, verdict: 'better' },
    { name: 'rate', verdict: 'worse', ratio: { median: 0.77 } },
  ]);
  t.equal(ratiosOf(pairs).length, 2);
  const verdicts = (ratios: readonly number[]): string[] =>
    ratiosOf(ratios.map((ratio) => [run(100, 100), run(100 * ratio, 100 * ratio)])).map(({ verdict }) => verdict);
  const apart = 'not told apart';
  t.same(verdicts([1.2, 1.2, 1.3, 0.99, 1.2]), [apart, apart], 'runs on both sides');
  t.same(verdicts([1.2, 1.2, 1.2, 1.2]), [apart, apart], 'too few');
  t.same(verdicts([1.01, 1.02, 1.01, 1.02, 1.02]), [apart, apart], 'too little');
  t.same(verdicts([1.1, 1.2, 1.1, 1.2, 1.2]), ['worse', 'better'], 'a cost and a rate');
});
