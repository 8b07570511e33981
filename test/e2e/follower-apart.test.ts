// A follower on another machine than the validators: in a network namespace of its own, over a wire of its own.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { formatPeerUrl, parsePeerUrl } from '../../cli/home/peer-url.ts';
import type { NodeId } from '../../net/index.ts';
import { eventually, type Why } from './devnet.ts';
import { type Namespace, twoNamespaces, withoutNamespaces } from './namespaces.ts';
import { mainFile, processesOf, psky, shortFolder } from './psky.ts';

t.setTimeout(0); // the runner's budget for the file decides

interface Started {
  readonly role: string;
  readonly height: number;
  readonly peer: string;
  readonly rpc: string;
}

t.test('a follower on another machine follows, proves and forwards', { skip: withoutNamespaces() }, async (t) => {
  const folder = shortFolder(t);
  const net = join(folder, 'net');
  const home = join(folder, 'f');
  t.teardown(() => {
    for (const pid of processesOf(folder)) process.kill(pid, 'SIGKILL');
  });
  const hosts = ['10.77.0.1', '10.77.0.2', '10.77.0.3', '10.77.0.4'];
  // clients stay on each machine's own loopback; there the four members need ports of their own
  const free = { PSKY_RPC_PORT: '0', PSKY_METRICS_PORT: '0' };
  const [there, here] = await twoNamespaces(
    t,
    [
      { name: 'validators', addresses: hosts.map((host) => `${host}/24`) },
      { name: 'follower', addresses: ['10.77.0.9/24'] },
    ],
    free,
  );
  const ask = async <T>(where: Namespace, ...args: readonly string[]): Promise<T> => {
    const { status, stdout, stderr } = await where.run(process.execPath, mainFile, ...args, '--json');
    if (stdout.trim() === '') throw new Error(`psky ${args.join(' ')}: exit ${status}, ${stderr}`);
    return JSON.parse(stdout) as T;
  };

  const made = await psky('testnet', '--home', net, '--validators', '4', '--hosts', hosts.join(','));
  t.equal(made.status, 0, made.stderr);
  const members: Started[] = [];
  for (const name of ['v1', 'v2', 'v3', 'v4'])
    members.push(await ask<Started>(there, 'start', '--home', join(net, name), '--detach'));
  for (const [i, { peer, rpc }] of members.entries()) {
    t.equal(parsePeerUrl(peer)?.address.host, hosts[i], 'peers listen on the wire');
    t.match(rpc, /^http:\/\/127\.0\.0\.1:/, 'clients on loopback only');
  }

  const genesis = join(net, 'v1', 'config', 'genesis.json');
  const peers = members.slice(0, 2).map(({ peer }) => peer);
  t.equal((await psky('init', '--home', home, '--genesis', genesis, '--peers', peers.join(','))).status, 0);
  t.match(await ask<Started>(here, 'start', '--home', home, '--detach'), { role: 'follower', height: Number });

  const passphrase = join(folder, 'passphrase');
  writeFileSync(passphrase, 'a passphrase for a test\n', { mode: 0o600 });
  const key = ['--passphrase-file', passphrase];
  await ask(here, 'keys', 'new', 'alice', '--home', home, ...key);
  const put = await ask<{ code: string; height: number }>(
    ...([
      here,
      'tx',
      'put',
      'from',
      'another machine',
      '--home',
      home,
      '--from',
      'alice',
      '--timeout',
      '30s',
      ...key,
    ] as const),
  );
  t.match(put, { code: 'ok', height: Number });
  const read = ['query', 'get', 'from', '--prove', '--home', home, '--account', 'alice'] as const;
  t.match(await ask(here, ...read), { value: 'another machine', verified: true });

  // the wire breaks, and is mended
  await here.run('ip', 'link', 'set', 'wire', 'down');
  const why = (): Promise<Why> => ask<Why>(here, 'why', '--home', home);
  await eventually('the follower notices', 15, async () => (await why()).state === 'halted');
  t.match(await ask(here, ...read), { value: 'another machine', verified: true }, 'it answers from what it has');
  await here.run('ip', 'link', 'set', 'wire', 'up');
  await eventually('it is linked again', 30, async () => (await why()).have === 2);

  // the pin: at the address of v1 another key answers than the one that this follower was given
  await ask(here, 'stop', '--home', home);
  const config = join(home, 'config', 'config.toml');
  const [first, second] = peers.map((peer) => parsePeerUrl(peer));
  if (first === undefined || second === undefined) throw new Error('two peers');
  const swapped = formatPeerUrl({ ...first, address: { ...first.address, nodeId: second.address.nodeId } });
  const text = readFileSync(config, 'utf8').replace(formatPeerUrl(second), swapped).replace(formatPeerUrl(first), '');
  t.ok(text.includes(swapped));
  writeFileSync(config, text.replace(/^ *"",\n/m, ''));
  const again = await ask<Started>(here, 'start', '--home', home, '--detach');
  t.ok(again.height >= put.height, 'it starts without a validator too, at the height that it had');
  t.match(await why(), { state: 'halted', have: 0 }, 'a machine with another key is not spoken to');
});
