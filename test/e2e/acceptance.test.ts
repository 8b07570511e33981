// The commands of the first acceptance in their order, as a newcomer types them.

import { existsSync } from 'node:fs';
import t from 'tap';
import { type LoadResult, type Read, type Receipt, type Status, testDevnet, type Why } from './devnet.ts';

const url = /^http:\/\/127\.0\.0\.1:\d+$/;

t.setTimeout(0); // the runner's budget for the file decides

t.test('four validators: command, proof, halt, explanation, revival, load, end', async (t) => {
  const net = testDevnet(t);

  const started = await net.start();
  t.ok(started.seconds <= 60, `ready after ${started.seconds} s`);
  const { json: ready } = started;
  t.equal(ready.ready, true);
  t.match(ready.chainId, /^[0-9a-f]{64}$/);
  t.ok(ready.height >= 1);
  t.match(ready.rpc, url);
  t.match(ready.metrics, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  t.same(
    ready.validators.map((each) => each.name),
    ['v1', 'v2', 'v3', 'v4'],
  );
  for (const each of ready.validators) {
    t.match(each.rpc, url);
    t.match(each.peer, new RegExp(`^wss://${each.id}@127\\.0\\.0\\.1:\\d+$`));
    t.ok(existsSync(each.home));
    t.doesNotThrow(() => process.kill(each.pid, 0), `${each.name} runs`);
  }
  t.equal(net.processes().length, 5, 'four members and the one that supervises them');
  t.equal((await fetch(ready.metrics)).status, 200);

  const put = await net.ask<Receipt>('tx', 'put', 'greeting', 'hello');
  t.equal(put.status, 0);
  t.match(put.json, { hash: /^[0-9a-f]{64}$/, height: Number, index: 0, code: 'ok' });
  const height = put.json.height ?? 0;

  const read = await net.ask<Read>('query', 'get', 'greeting', '--prove');
  t.equal(read.status, 0);
  t.match(read.json, { value: 'hello', verified: true });
  t.ok(read.json.height >= height, `proved at ${read.json.height}, written at ${height}`);
  t.ok(new Set(read.json.signers).size >= 3);

  const absent = await net.ask<Read>('query', 'get', 'nothing-here', '--prove');
  t.equal(absent.status, 0);
  t.match(absent.json, { value: null, verified: true });

  const mismatch = await net.ask<Receipt>('tx', 'cas', 'greeting', 'other', 'x');
  t.equal(mismatch.status, 1);
  t.match(mismatch.json, { code: /^PSKY-\d{4}$/, name: 'compare-failed', height: Number, index: 0 });
  const malformed = await net.ask<Receipt>('tx', 'put', '', 'x');
  t.equal(malformed.status, 1);
  t.match(malformed.json, { hash: /^[0-9a-f]{64}$/, height: null, index: null, code: /^PSKY-\d{4}$/ });
  t.match(malformed.json.name, /^[a-z-]+$/);
  const unsent = await net.ask<{ error: { code: string } }>('tx', 'put', 'key', 'value', '--from', 'nobody');
  t.not(unsent.status, 0);
  t.match(unsent.json.error.code, /^PSKY-\d{4}$/, 'nothing was sent: an error instead of a receipt');

  t.equal((await net.run('dev', 'kill', 'v3')).status, 0);
  t.equal((await net.ask<Receipt>('tx', 'put', 'greeting', 'still here')).status, 0, 'three of four go on');
  t.equal((await net.run('dev', 'kill', 'v2')).status, 0);
  const why = await net.ask<Why>('why');
  t.equal(why.status, 0);
  t.ok(why.seconds <= 5);
  t.match(why.json, { state: 'halted', missing: ['v2', 'v3'], have: 2, need: 3, height: Number });
  t.equal(new Date(why.json.since).toISOString(), why.json.since);
  t.match(why.json.sentence, /v2 and v3 are missing/);
  t.match(why.json.remedy, /psky dev revive v[23] --home/);

  const waiting = await net.ask<Receipt>('tx', 'put', 'held', 'up', '--timeout', '2s');
  t.equal(waiting.status, 75);
  t.match(waiting.json, { hash: /^[0-9a-f]{64}$/, height: null, index: null, code: 'pending' });
  const unproved = await net.run('query', 'get', 'greeting', '--prove', '--timeout', '2s');
  t.equal(unproved.status, 0, 'what was certified before the halt is proved during it');

  t.equal((await net.run('dev', 'revive', 'v2')).status, 0);
  const after = await net.ask<Receipt>('tx', 'put', 'after', 'the halt');
  t.equal(after.status, 0, after.stdout);
  t.ok(after.seconds <= 10);
  const held = await net.ask<{ status: string; code: string }>('query', 'receipt', waiting.json.hash);
  t.match(held.json, { status: 'committed', code: 'ok' }, 'what was pending is committed');

  t.equal((await net.run('dev', 'revive', 'v3')).status, 0);
  const load = await net.ask<LoadResult>('load', '--mode', 'blob', '--rate', '5000', '--size', '512', '--seconds', '3');
  t.equal(load.status, 0, load.stdout);
  t.ok(Math.abs(load.json.offered - 15_000) <= 150, `${load.json.offered} offered`);
  t.ok(load.json.committed >= 0.99 * load.json.offered, `${load.json.committed} committed`);
  t.match(load.json, { lost: 0, refused: Number, accepted: Number, corrected: true });
  for (const name of ['p50', 'p99', 'p999', 'max'] as const) t.type(load.json.latencyMs[name], 'number');

  const status = await net.ask<Status>('status');
  t.match(status.json, { have: 4, need: 3, missing: [] });
  t.same(
    status.json.members.map((each) => each.name),
    ['v1', 'v2', 'v3', 'v4'],
  );
  for (const chain of ['main', 'bench']) t.same(await net.differences(chain), [], `${chain}: equal roots`);

  const inspected = await net.ask<{ actors: Record<string, unknown>[] }>('inspect', 'actors', '--node', 'v2');
  for (const actor of inspected.json.actors) {
    t.match(actor, { address: String, kind: String, mailboxDepth: Number, restarts: Number });
  }
  const events = await net.run('inspect', 'events', '--json');
  const machines = events.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { machine: string }).machine);
  for (const machine of ['shard', 'validator', 'chain', 'peer']) t.ok(machines.includes(machine), machine);

  const stopped = await net.run('dev', 'stop');
  t.equal(stopped.status, 0);
  t.ok(stopped.seconds <= 10);
  t.same(net.processes(), [], 'no process is left');
});
