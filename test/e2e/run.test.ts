import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../tidy/sources.ts';
import { killHard, mainFile, processesOf, psky, pskyJson, shortFolder } from './psky.ts';

interface Ran {
  readonly instance: string;
  readonly end: string;
  readonly error?: { readonly code: string; readonly phase: string; readonly role: string; readonly cause: string };
  readonly state: Readonly<Record<string, unknown>>;
  readonly hops: readonly {
    readonly phase: string;
    readonly role: string;
    readonly at: string;
    readonly hash: string;
  }[];
  readonly trace: string;
}

const example = (name: string): string => join(root, 'examples', name);
const fixture = (name: string): string => join(root, 'test', 'fixtures', 'run', name);
const phasesOf = ({ hops }: Ran): string => hops.map(({ phase, role }) => `${phase}@${role}`).join(' ');

t.test('every example runs to its end', { timeout: 300_000 }, async (t) => {
  const home = shortFolder(t);
  const run = (name: string, ...more: readonly string[]) =>
    pskyJson<Ran>('run', example(name), '--home', home, ...more);
  const echo = await run('echo', '--input', '{"words":"ăbc"}');
  t.match(echo, { end: 'ok', state: { words: 'ăbc', reflected: 'cbă' } });
  t.match(echo.instance, /^[0-9a-f]{32}$/);
  t.match(echo.trace, /^[0-9a-f]{32}$/);
  for (const { at, hash } of echo.hops) t.ok(/^2\d{3}-.*Z$/.test(at) && /^[0-9a-f]{64}$/.test(hash));
  const bought = await run('purchase', '--runtime', 'local');
  t.equal(phasesOf(bought), 'order@buyer quote@seller decide@buyer pay@bank');
  t.match(bought.state, { item: 'bicycle', price: 950, payment: { amount: 950 } });
  t.equal((await run('purchase', '--input', '{"item":"violin","limit":5}')).end, 'declined');
  t.equal((await run('order-fulfilment')).end, 'ok');
  const traded = await run('trade-finance');
  t.match(traded, { end: 'ok', state: { amount: '250000' } });
  t.notOk('lien' in traded.state, 'the importer never learns what is only of the issuing bank');
});

t.test('an instance that fails says by which code, phase, role and cause', { timeout: 120_000 }, async (t) => {
  const home = shortFolder(t);
  const input = '{"item":"moon","limit":5}';
  const { status, stdout } = await psky('run', example('purchase'), '--home', home, '--input', input, '--json');
  t.equal(status, 1);
  t.match(JSON.parse(stdout), {
    end: 'failed',
    error: { code: 'PSKY-6107', phase: 'quote', role: 'seller', cause: 'We do not sell moon.' },
  });
  const text = await psky('run', example('purchase'), '--home', home, '--input', input);
  t.match(text.stdout, 'failed: PSKY-6107 swarm-phase-threw in quote at seller');
  t.match(text.stderr, 'quote at seller: PSKY-6107', 'a line per hop');
});

t.test('what cannot be run is refused by its code', { timeout: 240_000 }, async (t) => {
  const home = shortFolder(t);
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['PSKY-6026', [join(home, 'nowhere')]],
    ['PSKY-6122', [home]],
    ['PSKY-6122', [join(root, 'package.json')]],
    ['PSKY-6008', [join(root, 'test', 'corpus', 'broken', 'PSKY-6008.swarm.ts')]],
    ['PSKY-6102', [fixture('client')]],
    ['PSKY-6103', [example('echo'), '--input', '{"words":1}']],
    ['PSKY-1001', [example('echo'), '--input', '{']],
    ['PSKY-6122', [example('echo'), '--instance', 'a/b']],
  ];
  for (const [code, args] of cases) {
    const { status, stdout } = await psky('run', ...args, '--home', home, '--json');
    t.not(status, 0, args.join(' '));
    t.match(JSON.parse(stdout), { error: { code } }, args.join(' '));
  }
});

/** Starts it, and kills it when so many hops are done. @returns its output where it ended before */
function killAfter(hops: number, args: readonly string[], log: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = {
      stdio: ['ignore', 'pipe', 'pipe'] as ('ignore' | 'pipe')[],
      env: { ...process.env, TILL_LOG: log },
    };
    const child: ChildProcess = spawn(process.execPath, [mainFile, ...args], options);
    let seen = '';
    let output = '';
    child.stdout?.on('data', (text) => (output += text));
    child.stderr?.on('data', (text) => {
      seen += text;
      if (seen.split('\n').length > hops) child.kill('SIGKILL');
    });
    child.on('close', (code) => resolve(code === 0 ? output : undefined));
  });
}

t.test('killed after every hop, it ends; each addition counts once', { timeout: 600_000 }, async (t) => {
  const home = shortFolder(t);
  const log = join(home, 'till.log');
  const args = ['run', fixture('till'), '--home', home, '--instance', 'killed'];
  let kills = 0;
  while ((await killAfter(1, args, log)) === undefined) {
    kills++;
    if (kills > 60) break;
  }
  t.ok(kills >= 4 && kills <= 60, `it was killed ${kills} times`);
  const ended = await pskyJson<Ran>(...args);
  t.match(ended, { end: 'ok', state: { sum: 6, left: 0 } });
  t.equal(ended.hops.length, 13);
  const keys = readFileSync(log, 'utf8').trim().split('\n');
  t.equal(new Set(keys).size, 6, 'six keys, whatever was tried twice');
  const next = await pskyJson<Ran>('run', fixture('till'), '--home', home);
  t.equal(next.state['sum'], 12, 'and the till holds no more than that');
});

t.test('in a cluster the hops are the same, and members that are killed come back', { timeout: 600_000 }, async (t) => {
  const home = shortFolder(t);
  const local = await pskyJson<Ran>('run', example('purchase'), '--home', home);
  const cluster = await pskyJson<Ran>('run', example('purchase'), '--home', home, '--runtime', 'cluster');
  t.equal(phasesOf(cluster), phasesOf(local));
  t.match(cluster, { end: 'ok', state: { price: 950 } });

  const args = ['run', fixture('till'), '--home', home, '--runtime', 'cluster', '--instance', 'k'];
  const options = { stdio: ['ignore', 'pipe', 'pipe'] as ('ignore' | 'pipe')[] };
  const child = spawn(process.execPath, [mainFile, ...args], options);
  let [output, hops, kills] = ['', 0, 0];
  child.stdout?.on('data', (text) => (output += text));
  child.stderr?.on('data', (text) => {
    hops += String(text).split('\n').length - 1;
    const role = ['payer', 'cashier'][hops % 2] ?? '';
    for (const pid of processesOf(join(home, 'swarms', 'cluster', role))) {
      kills++;
      killHard(pid);
    }
  });
  await new Promise((resolve) => child.on('close', resolve));
  t.ok(kills >= 4, `${kills} members were killed`);
  t.match(output, /end: ok[^]*sum +6/);
  const again = await pskyJson<Ran>(...args);
  t.match(again, { end: 'ok', state: { sum: 6 } }, 'and a later start tells the same end');
  t.equal(again.hops.length, 13);
});

t.test('no sealed value is anywhere in the home', { timeout: 120_000 }, async (t) => {
  const home = shortFolder(t);
  const input = '{"item":"bicycle","limit":987654321}';
  await pskyJson<Ran>('run', example('purchase'), '--home', home, '--input', input);
  const files = readdirSync(home, { recursive: true }).map((file) => join(home, String(file)));
  const bytes = Buffer.concat(files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file)));
  t.ok(bytes.includes('bicycle'), 'what is shared is there');
  const limit = Buffer.from([0xce, 0x3a, 0xde, 0x68, 0xb1]);
  t.notOk(bytes.includes(limit), 'the limit of the buyer is not, as msgpack');
  t.notOk(bytes.includes('987654321'), 'nor as text');
});

t.test(
  "the interceptors of run.ts look at its agents' phases, in one process and in several",
  { timeout: 240_000 },
  async (t) => {
    const home = shortFolder(t);
    const run = (...more: readonly string[]) => pskyJson<Ran>('run', fixture('watched'), '--home', home, ...more);
    const many = ['--input', '{"count":11,"wish":"more"}'];
    t.match(await run(), { end: 'ok' });
    for (const runtime of ['local', 'cluster']) {
      const refused = await run(...many, '--runtime', runtime);
      t.match(refused, { end: 'refused', hops: [{ phase: 'ask' }, { phase: 'sell', fault: 'PSKY-6141' }] }, runtime);
    }
  },
);
