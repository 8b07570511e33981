// A node that only follows, as a process of its own beside a devnet: what it prints, reads, proves, passes on and survives.

import { join } from 'node:path';
import t from 'tap';
import { eventually, type LoadResult, type Read, type Receipt, testDevnet, type Why } from './devnet.ts';
import { processesOf, psky, pskyJson, shortFolder } from './psky.ts';

interface Started {
  readonly ready: true;
  readonly role: string;
  readonly height: number;
  readonly pid: number;
  readonly rpc: string;
  readonly metrics: string;
}
interface Member {
  readonly role: string;
  readonly life: string;
  readonly state: string;
  readonly height: number;
  readonly ready: boolean;
}

t.setTimeout(0); // the runner's budget for the file decides

t.test('a follower joins a devnet, proves what it reads, forwards commands, and outlives its validators', async (t) => {
  const net = testDevnet(t);
  await net.start();
  await net.ask('tx', 'put', 'greeting', 'hello');
  const home = join(shortFolder(t), 'f');
  const peers = (net.report?.validators ?? []).slice(0, 2).map((each) => each.peer);
  t.teardown(() => {
    for (const pid of processesOf(home)) process.kill(pid, 'SIGKILL');
  });

  const stranger = peers[0]?.replace(/[0-9a-f]{64}/, 'ab'.repeat(32)) ?? '';
  const genesis = join(net.home, 'v1', 'config', 'genesis.json');
  const refused = await psky('init', '--home', home, '--genesis', genesis, '--peers', stranger, '--json');
  t.equal(refused.status, 2, 'who follows, follows validators');
  const made = await psky('init', '--home', home, '--genesis', genesis, '--peers', peers.join(','));
  t.equal(made.status, 0, made.stderr);
  const started = await pskyJson<Started>('start', '--home', home, '--detach');
  t.match(started, { ready: true, role: 'follower', height: Number });
  t.ok(started.height >= 2, `at height ${started.height} when it says that it runs`);

  const at = (...args: readonly string[]): Promise<Read> => pskyJson<Read>('query', 'get', ...args, '--home', home);
  const read = await at('greeting', '--prove');
  t.match(read, { value: 'hello', verified: true });
  t.ok(new Set(read.signers).size >= 3);
  t.match(await at('nothing-here', '--prove'), { value: null, verified: true });

  const put = (key: string): Promise<Receipt> => pskyJson<Receipt>('tx', 'put', key, 'by the follower', '--home', home);
  const first = await put('forwarded');
  t.match(first, { code: 'ok', height: Number, acceptedBy: /^v[12]$/ }, 'it says who took the command');
  t.match(await at('forwarded', '--prove', '--min-height', `${first.height}`), {
    value: 'by the follower',
    verified: true,
  });
  const elsewhere = await net.ask<Read>('query', 'get', 'forwarded', '--prove');
  t.match(elsewhere.json, { value: 'by the follower', verified: true });
  const mismatch = await pskyJson<Receipt>('tx', 'cas', 'greeting', 'other', 'x', '--home', home);
  t.match(mismatch, { name: 'compare-failed', height: Number }, 'what a command comes to is the same everywhere');

  // a stream, as load generators use it: accepted by a validator, final by the follower's own execution
  const load = await pskyJson<LoadResult>(
    ...['load', '--home', home, '--mode', 'blob', '--rate', '200', '--size', '512', '--seconds', '3'],
  );
  t.match(load, { lost: 0, refused: 0 });
  t.ok(load.committed >= 0.99 * load.offered, `${load.committed} of ${load.offered}`);

  const status = await pskyJson<{ members: Member[] } & Why>('status', '--home', home);
  t.match(status.members, [{ role: 'follower', life: 'following', ready: true }]);
  t.match(status, { missing: [], have: 2, need: 1, sentence: /^This node follows the chain.* linked to v1 and v2\.$/ });
  const actors = await pskyJson<{ actors: { kind: string; state: string }[] }>('inspect', 'actors', '--home', home);
  t.ok(actors.actors.some(({ kind, state }) => kind === 'forwarding' && state === 'open'));
  t.match(
    await (await fetch(started.metrics)).text(),
    /psky_consensus_forwards_total\{chain="main",outcome="accepted"\} [1-9]/,
  );
  const served = await (await fetch(net.report?.metrics ?? '')).text();
  t.match(served, /psky_consensus_followers\{chain="main"\} 1/);

  process.kill(started.pid, 'SIGKILL');
  await eventually('it is gone', 5, async () => processesOf(home).length === 0);
  await net.ask('tx', 'put', 'while', 'it was away');
  t.equal((await pskyJson<Why>('why', '--home', home)).remedy, `Start it: psky start --home ${home}`);
  t.match(await pskyJson<Started>('start', '--home', home, '--detach'), { role: 'follower' });
  t.match(await at('while', '--prove'), { value: 'it was away', verified: true });

  // one of its two validators is enough; without any it serves what it has, and says what it lacks
  await net.run('dev', 'kill', 'v1');
  t.match(await put('through-the-other'), { code: 'ok', acceptedBy: 'v2' });
  await net.run('dev', 'kill', 'v2');
  await eventually('it notices', 10, async () => (await pskyJson<Why>('why', '--home', home)).state === 'halted');
  t.match(await pskyJson<Why>('why', '--home', home), { missing: ['v1', 'v2', 'v3', 'v4'], have: 0, need: 1 });
  t.match(await at('while', '--prove'), { value: 'it was away', verified: true });
  const alone = await psky('tx', 'put', 'nobody', 'takes it', '--home', home, '--timeout', '2s', '--json');
  t.match(JSON.parse(alone.stdout), { name: 'no-validator', height: null });
  await net.run('dev', 'revive', 'v2');
  await eventually('it is linked again', 15, async () => (await put('again')).code === 'ok');

  const stopped = await psky('stop', '--home', home);
  t.equal(stopped.status, 0);
  t.same(processesOf(home), []);
});
