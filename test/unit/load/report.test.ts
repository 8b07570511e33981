import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { noCounts } from '../../../bench/load/counts.ts';
import type { Observed } from '../../../bench/load/experiment.ts';
import { noGaps } from '../../../bench/load/gaps.ts';
import { newHistogram, recordRange } from '../../../bench/load/latency.ts';
import { type ReportData, reportPage } from '../../../bench/load/report/page.ts';
import { linearTicks, logTicks } from '../../../bench/load/report/ticks.ts';
import { withPage } from '../../support/chromium.ts';
import { withoutTool } from '../../tools.ts';

const seconds = 20;
const startedMs = 1_700_000_000_000;
const calibration = { verifyUs: 50, sha256GBs: 1.8, sync4kUs: 110 };

function observed(): Observed {
  const latencies = newHistogram();
  recordRange(latencies, { firstLatencyMs: 900, count: 20_000, msPerEntry: 0.04, weight: 1 });
  const names = ['v1', 'v2', 'v3', 'v4'];
  const samples = names.map((name, v) => ({
    name,
    samples: Array.from({ length: seconds + 4 }, (_, i) => ({
      atMs: startedMs + (i - 3) * 1_000,
      cpuSeconds: i * (0.3 + v / 20),
      mainCpuSeconds: i * 0.2,
      rssBytes: 1.5e8 + i * 1e6 * v,
    })),
  }));
  const counts = { ...noCounts(), offered: 20_000, accepted: 20_000, committed: 20_000 };
  return {
    plan: {
      ...{ mode: 'blob', rate: 1_000, size: 512, seconds, warmUpSeconds: 2, clients: 4, commandsPerEntry: 1 },
      ...{ coalesceMs: 2, createdMs: startedMs, runId: '0123456789abcdef' },
    },
    outcome: {
      ...{ counts, warmUp: noCounts(), lost: 0, unsettled: 0, missing: [], latencies, stopped: false },
      ...{ measuredFrom: startedMs, measuredTo: startedMs + seconds * 1_000, disconnects: [] },
      ...{ generatorCores: 0.1, generatorCpuSeconds: 2, processes: 1 },
      series: Array.from({ length: seconds + 2 }, (_, i) => ({
        ...{ fromMs: (i - 2) * 1_000, toMs: (i - 1) * 1_000, offered: 1_000, committed: 990 + (i % 3) * 10 },
        ...{ p50: 20 + i, p99: 80 + 10 * i, gaps: noGaps },
      })),
    },
    samples,
    uses: names.map((name) => ({ name, cores: 0.35, rssMaxBytes: 1.6e8 })),
    profile: {
      raw: [],
      summary: {
        validators: names,
        rooms: [
          { room: 'consensus', cores: 0.7, share: 0.7 },
          { room: 'gc', cores: 0.3, share: 0.3 },
        ],
        functions: [{ name: 'step', place: 'consensus/core/step.js:44', share: 0.1 }],
      },
    },
    restless: [],
  };
}

const data: ReportData = {
  settings: { mode: 'blob', rate: 1_000, max: 48_000, chain: '<script>alert(1)</script>', validators: ['v1', 'v2'] },
  runs: [observed()],
  tries: [
    { rate: 10_000, offered: 100_000, committed: 100_000, p99: 40, ok: true },
    { rate: 40_000, offered: 400_000, committed: 400_000, p99: 700, ok: true },
    { rate: 80_000, offered: 300_000, committed: 200_000, p99: 4_000, ok: false },
  ],
  calibration: { ...calibration, before: calibration, after: calibration },
  conditions: {
    machine: { cpu: 'AMD & Co', cores: 2, memoryBytes: 2 ** 34, system: 'linux 6', arch: 'x64', node: '20.20.2' },
    commit: 'a'.repeat(40),
  },
  version: '0.1.0',
  madeAtMs: startedMs,
};

t.test('the page is one file: nothing in it comes from elsewhere, and text is only text', async (t) => {
  const page = reportPage(data);
  t.notMatch(page, /https?:|src=|<script|<link|@import|url\(/);
  t.match(page, /default-src &#39;none&#39;|default-src 'none'/);
  t.match(page, /AMD &amp; Co/);
  t.match(page, /&lt;script&gt;alert/);
  t.match(page, /48,000\/s/);
  t.equal(page.match(/<figure>/g)?.length, 5, 'throughput, latency, CPU, memory, latency against load');
  t.match(page, new RegExp('a'.repeat(40)));
});

t.test('a search in which nothing was borne still gives a page', async (t) => {
  const page = reportPage({ ...data, runs: [], tries: data.tries.slice(2) });
  t.match(page, /no rate was borne/);
  t.equal(page.match(/<figure>/g)?.length, 1);
});

t.test('axes have round numbers around all values', async (t) => {
  t.same(linearTicks(0, 3_870).at, [0, 1_000, 2_000, 3_000, 4_000]);
  t.same(linearTicks(-2, 21).at, [-5, 0, 5, 10, 15, 20, 25]);
  t.same(logTicks([3, 700]).at, [1, 10, 100, 1_000]);
  t.same(logTicks([10]).at, [10, 100]);
  t.ok(linearTicks(0, 0).to > 0, 'an axis of nothing has a length');
});

t.test(
  'a real browser shows it, light, dark and narrow, and asks nobody for anything',
  { skip: withoutTool('chromium') },
  async (t) => {
    const file = join(t.testdir(), 'report.html');
    writeFileSync(file, reportPage(data));
    const url = pathToFileURL(file).href;
    await withPage(url, async (page) => {
      t.same(page.requests, [url]);
      t.same(page.complaints, []);
      const drawn = await page.evaluate<{ width: number; height: number }[]>(
        `[...document.querySelectorAll('figure svg')].map((svg) => svg.getBBox()).map(({ width, height }) => ({ width, height }))`,
      );
      t.equal(drawn.length, 5);
      for (const { width, height } of drawn) t.ok(width > 600 && height > 200, `${width} × ${height}`);
      const outside = `[...document.querySelectorAll('figure svg')].flatMap((svg) => {
      const frame = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('path, circle.dot, circle.hollow, text')].filter((each) => {
        const box = each.getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
      }).map((each) => each.outerHTML.slice(0, 100));
    })`;
      t.same(await page.evaluate(outside), [], 'curves and labels stay within their charts');
      const ink = `[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('.line')).stroke]`;
      const setTheme = (value: string): Promise<unknown> =>
        page.command('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] });
      await setTheme('light');
      const light = await page.evaluate<string[]>(ink);
      await setTheme('dark');
      const dark = await page.evaluate<string[]>(ink);
      t.equal(light[0], 'rgb(255, 255, 255)');
      t.equal(dark[0], 'rgb(18, 22, 27)');
      t.not(light[1], dark[1]);
      const narrow = { width: 380, height: 800, deviceScaleFactor: 1, mobile: true };
      await page.command('Emulation.setDeviceMetricsOverride', narrow);
      t.equal(
        await page.evaluate(`document.documentElement.scrollWidth`),
        380,
        'a phone shows it without sideways scrolling',
      );
    });
  },
);
