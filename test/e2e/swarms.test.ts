import { spawn } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { type AgentStore, openAgentStores } from '../../cli/swarms/agent-stores.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { root } from '../tidy/sources.ts';
import { mainFile, processesOf, psky, pskyJson, shortFolder } from './psky.ts';

const example = (name: string): string => join(root, 'examples', name);
const till = join(root, 'test', 'fixtures', 'run', 'till');

interface Shown {
  readonly instance: string;
  readonly life: string;
  readonly hops: readonly { readonly hash: string }[];
  readonly verified: boolean;
}

/** Starts an instance, and kills the process at its first hop; the members of a cluster end with it. */
async function leftUnderWay(home: string, id: string, runtime = 'local'): Promise<void> {
  await new Promise<void>((resolve) => {
    const args = [mainFile, 'run', till, '--home', home, '--instance', id, '--runtime', runtime];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', () => child.kill('SIGKILL'));
    child.on('close', () => resolve());
  });
  while (processesOf(home).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Changes a byte of a record on the disk. */
async function spoil(home: string, role: string, id: string, record: number): Promise<void> {
  const { stores, close } = await openAgentStores(join(home, 'swarms'));
  const { store } = stores.find((each) => each.role === role) as AgentStore;
  const range = { from: fromUtf8(`i/${id}/r/`), to: fromUtf8(`i/${id}/r0`), limit: 100 };
  const rows = await new Promise<readonly (readonly [Uint8Array, Uint8Array])[]>((resolve) =>
    store.range(range, (_, found) => resolve(found)),
  );
  const [key, raw] = rows[record] as readonly [Uint8Array, Uint8Array];
  const value = Uint8Array.from(raw);
  value[value.length >> 1] = (value[value.length >> 1] ?? 0) ^ 1;
  await new Promise<void>((resolve, reject) =>
    store.batch([{ key, value }], { sync: true }, (fault) => (fault === undefined ? resolve() : reject(fault))),
  );
  await close();
}

t.test('instances are listed, shown and verified without the program', { timeout: 300_000 }, async (t) => {
  const home = shortFolder(t);
  t.match(await pskyJson('swarms', 'list', '--home', home), { instances: [], more: 0, inUse: [] });
  const local = await pskyJson<Shown & { readonly state: object }>('run', example('purchase'), '--home', home);
  const failed = await pskyJson<Shown>(
    ...['run', example('purchase'), '--home', home, '--runtime', 'cluster', '--instance', 'moon'],
    ...['--input', '{"item":"moon","limit":5}'],
  );
  t.match(await pskyJson('swarms', 'show', local.instance, '--home', home), {
    ...{ instance: local.instance, name: 'market/purchase@1', runtime: 'local', life: 'completed', end: 'ok' },
    ...{ state: local.state, hops: local.hops, waitsFor: [], verified: true },
  });
  t.match(await pskyJson('swarms', 'show', 'moon', '--home', home), {
    ...{ runtime: 'cluster', life: 'failed', machine: 'instance failed', hops: failed.hops, verified: true },
    error: { code: 'PSKY-6107', phase: 'quote', role: 'seller', cause: 'We do not sell moon.' },
  });
  const listed = await pskyJson('swarms', 'list', '--home', home);
  t.match(listed, { instances: [{ instance: 'moon', life: 'failed' }, { instance: local.instance }], more: 0 });
  t.match(await pskyJson('swarms', 'list', '--limit', '1', '--home', home), { instances: [{}], more: 1 });
  const text = await psky('swarms', 'show', local.instance, '--home', home);
  t.match(text.stdout, /completed: ok[^]*quote +seller[^]*verified: every signature/);
  t.match((await psky('swarms', 'list', '--home', home)).stdout, /moon +market\/purchase@1 +cluster +failed/);

  const unknown = await psky('swarms', 'show', 'nobody', '--home', home, '--json');
  t.equal(unknown.status, 1);
  t.match(JSON.parse(unknown.stdout), { error: { code: 'PSKY-6120' } });

  await spoil(home, 'buyer', local.instance, 1);
  const spoilt = await psky('swarms', 'show', local.instance, '--home', home, '--json');
  t.equal(spoilt.status, 70);
  t.match(JSON.parse(spoilt.stdout), { verified: false, fault: { record: 1, code: /^PSKY-61/, reason: /./ } });
  t.equal((await psky('swarms', 'list', '--home', home)).status, 70);
});

t.test('what was left under way is retried, or cancelled', { timeout: 300_000 }, async (t) => {
  const home = shortFolder(t);
  for (const id of ['goes-on', 'is-cancelled']) await leftUnderWay(home, id);
  const shown = await pskyJson<Shown>('swarms', 'show', 'goes-on', '--home', home);
  t.match(shown, { life: 'running', end: null, verified: true, waitsFor: [{ undo: false }] });
  const wrong = await psky('swarms', 'retry', 'goes-on', example('echo'), '--home', home, '--json');
  t.match(JSON.parse(wrong.stdout), { error: { code: 'PSKY-6115' } }, 'with another program it does not go on');
  const cancelled = await psky('swarms', 'cancel', 'is-cancelled', till, '--home', home, '--timeout', '2m', '--json');
  t.equal(cancelled.status, 0);
  t.match(JSON.parse(cancelled.stdout), { life: 'cancelled', error: { code: 'PSKY-6113' }, verified: true });
  const retried = await psky('swarms', 'retry', 'goes-on', till, '--home', home, '--timeout', '2m', '--json');
  t.match(JSON.parse(retried.stdout), { life: 'completed', end: 'ok', state: { left: 0 }, verified: true });
  const again = await psky('swarms', 'cancel', 'goes-on', till, '--home', home, '--json');
  t.match(JSON.parse(again.stdout), { life: 'completed' }, 'what is over stays as it is');
  const unknown = await psky('swarms', 'cancel', 'nobody', till, '--home', home, '--json');
  t.match(JSON.parse(unknown.stdout), { error: { code: 'PSKY-6120' } });

  await spoil(home, 'payer', 'goes-on', 1);
  const spoilt = await psky('swarms', 'retry', 'goes-on', till, '--home', home, '--json');
  t.equal(spoilt.status, 70, 'what is not what was signed does not go on');
  t.match(JSON.parse(spoilt.stdout), { verified: false, fault: { record: 1 } });
});

t.test('in a cluster, too', { timeout: 300_000 }, async (t) => {
  const home = shortFolder(t);
  for (const id of ['goes-on', 'is-cancelled']) await leftUnderWay(home, id, 'cluster');
  const shown = await pskyJson<Shown>('swarms', 'show', 'goes-on', '--home', home);
  t.match(shown, { runtime: 'cluster', life: 'running', end: null, verified: true, waitsFor: [{}] });
  const steered = ['--home', home, '--timeout', '2m', '--json'];
  const cancelled = await psky('swarms', 'cancel', 'is-cancelled', till, ...steered);
  t.match(JSON.parse(cancelled.stdout), { life: 'cancelled', error: { code: 'PSKY-6113' }, verified: true });
  t.equal(cancelled.status, 0);
  const retried = await psky('swarms', 'retry', 'goes-on', till, ...steered);
  t.match(JSON.parse(retried.stdout), { life: 'completed', end: 'ok', state: { sum: 6, left: 0 }, verified: true });
  t.equal(retried.status, 0);

  await pskyJson('run', till, '--home', home, '--instance', 'goes-on');
  const both = await psky('swarms', 'show', 'goes-on', '--home', home, '--json');
  t.equal(both.status, 2, 'an id that is in both runtimes');
  t.match(JSON.parse(both.stdout), { error: { code: 'PSKY-1001' } });
  for (const runtime of ['local', 'cluster'])
    t.match(await pskyJson('swarms', 'show', 'goes-on', '--runtime', runtime, '--home', home), { runtime });
});

t.test('what is not over in time says what it waits for', { timeout: 300_000 }, async (t) => {
  const home = shortFolder(t);
  t.teardown(() => delete process.env['TILL_CLOSED']);
  for (const runtime of ['local', 'cluster']) {
    await leftUnderWay(home, runtime, runtime);
    process.env['TILL_CLOSED'] = 'yes';
    const late = await psky('swarms', 'retry', runtime, till, '--home', home, '--timeout', '5s', '--json');
    t.equal(late.status, 75, runtime);
    const waitsFor = [{ phase: 'add', role: 'cashier', undo: false, due: /Z$/ }];
    t.match(JSON.parse(late.stdout), { life: 'running', end: null, machine: 'add', waitsFor, verified: true });
    const text = await psky('swarms', 'show', runtime, '--home', home);
    t.match(text.stdout, /^running$[^]*waits for add at cashier/m);
    delete process.env['TILL_CLOSED'];
    const ended = await pskyJson('swarms', 'retry', runtime, till, '--home', home, '--timeout', '2m');
    t.match(ended, { life: 'completed', state: { sum: 6, left: 0 } }, 'and goes on at the next start');
  }
});

t.test('a first record that cannot be read is a broken chain', { timeout: 120_000 }, async (t) => {
  const home = shortFolder(t);
  const { instance } = await pskyJson<Shown>('run', example('echo'), '--home', home);
  for (const role of ['caller', 'mirror']) await spoil(home, role, instance, 0);
  const { status, stdout } = await psky('swarms', 'show', instance, '--home', home, '--json');
  t.equal(status, 70);
  t.match(stdout, /PSKY-6119|"verified":false/);
});

t.test('what another process runs is not read', { timeout: 120_000 }, async (t) => {
  const home = shortFolder(t);
  await pskyJson('run', example('echo'), '--home', home);
  const { close, stores } = await openAgentStores(join(home, 'swarms'));
  t.ok(stores.length > 0);
  const { status, stdout } = await psky('swarms', 'show', 'any', '--home', home, '--json');
  t.equal(status, 1);
  t.match(JSON.parse(stdout), { error: { code: 'PSKY-1007' } });
  t.match(await pskyJson('swarms', 'list', '--home', home), { instances: [], inUse: [/local$/] });
  await close();
});
