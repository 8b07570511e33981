// The guide's example runs; the clock and the log of a real node; what log, metrics and secrets print.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import t from 'tap';
import { createPinoLog } from '../../../actors/drivers/pino-log.ts';
import { createRealClock } from '../../../actors/drivers/real-clock.ts';
import { createNoteSink, type Message } from '../../../actors/index.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { Secret } from '../../../lib/secret.ts';
import { milliseconds, seconds } from '../../../lib/units.ts';
import { openBranch } from './guide-example.ts';
import { actor, at, createWorld, FakeOutlet } from './support.ts';

const fileOf = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8');

t.test('the example of docs/actors.md', async (t) => {
  t.ok(
    fileOf('docs/actors.md').includes(fileOf('test/unit/actors/guide-example.ts')),
    'the guide shows the tested text',
  );
  const { clock, log, system } = createWorld();
  const receipts = new FakeOutlet();
  const teller = openBranch(system, receipts);
  clock.settle();
  system.deliver(teller, { type: 'deposit', amount: 5 } as Message);
  clock.settle();
  t.same(receipts.frames, []);
  log.sync();
  t.same(receipts.frames, ['balance 5']);
  let answer: unknown;
  system.ask(teller, { type: 'audit' }, seconds(1), (outcome) => {
    answer = outcome;
  });
  clock.settle();
  t.match(answer, { ok: true, value: { balance: 5 } });
  system.deliver(teller, { type: 'deposit', amount: -1 } as Message);
  clock.settle();
  t.match(system.describe(teller), { restarts: 1, context: { balance: 0 } });
});

t.test('the real clock runs what is due, never early, and inputs before turns', async (t) => {
  const clock = createRealClock({ timersKeepAlive: true });
  const began = clock.now();
  const order: string[] = [];
  clock.after(milliseconds(1), () => order.push('cancelled')).cancel();
  clock.soon(() => order.push('soon'));
  await new Promise<void>((resolve) => void clock.after(milliseconds(5.5), resolve));
  t.ok(clock.now() - began >= 5.5);
  t.same(order, ['soon']);
  const far = clock.after(milliseconds(2 ** 40), () => order.push('far'));
  await new Promise<void>((resolve) => void clock.after(milliseconds(5), resolve));
  t.same(order, ['soon'], 'a very long timer does not fire at once');
  far.cancel();
});

t.test('notes of actors become log lines and metrics', async (t) => {
  const lines: string[] = [];
  const { log, setLevels } = createPinoLog({ destination: { write: (line: string) => void lines.push(line) } });
  const metrics = createMetrics({ name: 'psky_test_total', help: 'Test.', type: 'counter', labels: ['way'] });
  const { clock, system } = createWorld({ notes: createNoteSink({ log, metrics }) });
  system.spawn(
    at('a'),
    actor((message, effects) => {
      effects.note({ log: message.type as 'info', message: 'hello', fields: { key: new Secret('canary'), big: 5n } });
      effects.note({ count: 'psky_test_total', labels: { way: 'x"y' } });
      effects.note({ count: 'psky_misspelt_total' });
    }),
  );
  const say = (level: string): void => {
    system.deliver(at('a'), { type: level });
    clock.settle();
  };
  for (const level of ['info', 'debug']) say(level);
  setLevels('info', { test: 'debug' });
  say('debug');
  const parsed = lines.map((line) => JSON.parse(line));
  t.match(parsed, [
    { level: 'info', module: 'test', msg: 'hello', actor: 'test/actor/a', key: '[secret]', big: 5 },
    { level: 'debug' },
  ]);
  t.equal(parsed.length, 2);
  t.ok(Math.abs(Date.parse(parsed[0].ts) - Date.now()) < 60_000);
  t.match(metrics.render(), /# TYPE psky_test_total counter\npsky_test_total\{way="x\\"y"\} 3\n/);
  t.match(metrics.render(), /psky_metrics_undeclared_total\{name="psky_misspelt_total"\} 3/);
});

t.test('metrics render histograms cumulatively and bound their series', async (t) => {
  const metrics = createMetrics(
    { name: 'psky_wait_seconds', help: 'Wait.', type: 'histogram', buckets: [0.1, 1] },
    { name: 'psky_peers_total', help: 'Peers.', type: 'counter', labels: ['peer'] },
  );
  for (const value of [0.05, 0.1, 0.5, 7]) metrics.observe('psky_wait_seconds', value);
  for (let i = 0; i < 1500; i++) metrics.count('psky_peers_total', 1, { peer: String(i) });
  const text = metrics.render();
  for (const line of ['_bucket{le="0.1"} 2', '_bucket{le="1"} 3', '_bucket{le="+Inf"} 4', '_sum 7.65', '_count 4']) {
    t.ok(text.includes(`psky_wait_seconds${line}\n`), line);
  }
  t.equal(metrics.value('psky_peers_total', { peer: 'other' }), 500);
});

t.test('a secret prints as [secret] and is given away by reveal alone', async (t) => {
  const secret = new Secret('canary');
  for (const printed of [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(secret, { showHidden: true, depth: 9 }),
  ]) {
    t.notMatch(printed, /canary/);
    t.match(printed, /\[secret\]/);
  }
  t.equal(secret.reveal(), 'canary');
});
