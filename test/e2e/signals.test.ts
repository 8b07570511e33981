// What signals do to a node: SIGTERM under load, and SIGHUP, which reads levels and peers again.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { eventually, pause, type Status } from './devnet.ts';
import { psky, pskyJson, shortFolder, startPsky } from './psky.ts';

t.setTimeout(0); // the runner's budget for the file decides

t.test('SIGTERM under load drains: exit code 0, and the next start goes on', async (t) => {
  const home = join(shortFolder(t), 'net');
  t.equal((await psky('testnet', '--validators', '1', '--ports', 'auto', '--home', home)).status, 0);
  const v1 = join(home, 'v1');
  const node = startPsky('start', '--home', v1);
  t.teardown(() => void node.child.kill('SIGKILL'));
  await node.line(/^ready /);
  const load = startPsky('load', '--home', v1, '--mode', 'signed', '--rate', '1000', '--seconds', '60', '--json');
  t.teardown(() => void load.child.kill('SIGKILL'));
  const heightNow = async (): Promise<number> =>
    (await pskyJson<Status>('status', '--home', v1)).members[0]?.height ?? 0;
  await eventually('the load arrives', 40, async () => (await heightNow()) > 20);
  const before = await heightNow();

  node.child.kill('SIGTERM');
  const end = await node.ended;
  load.child.kill('SIGKILL');
  const log = readFileSync(join(v1, 'logs', 'node.log'), 'utf8');
  t.equal(end.status, 0, end.stderr);
  t.match(end.stdout, /^drained$/m);
  t.notMatch(log, /"level":"error"/);

  const again = startPsky('start', '--home', v1);
  t.teardown(() => void again.child.kill('SIGKILL'));
  await again.line(/^ready /);
  await eventually('it goes on where it was', 20, async () => (await heightNow()) >= before);
  again.child.kill('SIGTERM');
  t.equal((await again.ended).status, 0);
});

t.test('SIGHUP reads levels and peers again; settings that cannot be used change nothing', async (t) => {
  const net = join(shortFolder(t), 'net');
  t.equal((await psky('testnet', '--validators', '2', '--ports', 'auto', '--home', net)).status, 0);
  const homes = ['v1', 'v2'].map((name) => join(net, name));
  const configs = homes.map((home) => join(home, 'config', 'config.toml'));
  const written = configs.map((path) => readFileSync(path, 'utf8'));
  const peerless = (text: string): string => text.replace(/^peers = \[[^\]]*\]/m, 'peers = []');
  for (const [i, path] of configs.entries()) writeFileSync(path, peerless(written[i] as string));
  const nodes = homes.map((home) => startPsky('start', '--home', home));
  for (const { child } of nodes) t.teardown(() => void child.kill('SIGKILL'));
  for (const node of nodes) await node.line(/^ready /);
  const hangUp = (text: string): void => {
    writeFileSync(configs[0] as string, text);
    for (const { child } of nodes) child.kill('SIGHUP');
  };
  const logged = (pattern: RegExp): boolean =>
    pattern.test(readFileSync(join(homes[0] as string, 'logs', 'node.log'), 'utf8'));
  const logLines = (): number => readFileSync(join(homes[0] as string, 'logs', 'node.log'), 'utf8').split('\n').length;
  const missing = async (): Promise<readonly string[]> =>
    (await pskyJson<Status>('status', '--home', homes[0] as string)).missing;
  t.same(await missing(), ['v2']);

  hangUp('nonsense');
  await eventually('it says so', 10, async () => logged(/configuration not reloaded/));
  hangUp(peerless(written[0] as string).replace('tls = "on"', 'tls = "off"'));
  await eventually('nor does it go without TLS', 10, async () => logged(/peer\.tls is off.*not reloaded/));
  writeFileSync(configs[0] as string, peerless(written[0] as string)); // `psky status` reads it too
  t.same(await missing(), ['v2'], 'and goes on');
  t.notMatch(readFileSync(join(homes[0] as string, 'logs', 'node.log'), 'utf8'), /"level":"debug"/);

  writeFileSync(configs[1] as string, written[1] as string);
  hangUp(written[0] as string);
  await eventually('v1 is linked to v2', 20, async () => (await missing()).length === 0);

  const unreachable = `wss://${'0'.repeat(64)}@127.0.0.1:1`;
  const louder = (written[0] as string).replace(/^modules = .*$/m, 'modules = ["net=debug"]');
  hangUp(louder.replace(/^peers = \[/m, `peers = ["${unreachable}",`));
  await eventually('it logs what it did not log before', 20, async () => logged(/"level":"debug".*dial failed/));
  hangUp((written[0] as string).replace(/^level = .*$/m, 'level = "error"'));
  await eventually('the level of the module is gone, too', 20, async () => {
    const before = logLines();
    await pause(2_000);
    return logLines() === before;
  });

  for (const { child } of nodes) child.kill('SIGTERM');
  for (const node of nodes) t.equal((await node.ended).status, 0);
});
