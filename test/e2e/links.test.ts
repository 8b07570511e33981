// How the members of a devnet are linked, as far as it can be changed for measuring: without TLS, which says so everywhere
// and is refused on anything but a devnet on loopback; and as if they stood far apart.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import t from 'tap';
import { parsePeerUrl } from '../../cli/home/peer-url.ts';
import { breakNode } from './break-node.ts';
import { eventually, type LoadResult, testDevnet } from './devnet.ts';
import { psky, pskyJson, shortFolder } from './psky.ts';

/** Whether the peer port speaks TLS. */
function speaksTls(url: string): Promise<boolean> {
  const { host, port } = parsePeerUrl(url)?.address as { host: string; port: number };
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => answer(true));
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.on('error', () => answer(false));
  });
}

t.setTimeout(0); // the runner's budget for the file decides

t.test('--peer-tls off: plain links between the members of a devnet, until it is on again', async (t) => {
  const net = testDevnet(t);
  const peer = (): string => net.report?.validators[0]?.peer as string;
  const first = await net.start('--validators', '2', '--peer-tls', 'off');
  t.equal(first.json.peerTls, 'off');
  t.equal(await speaksTls(peer()), false);
  t.match(peer(), /^ws:/);
  t.equal((await net.run('tx', 'put', 'greeting', 'hello')).status, 0, 'both have to vote for it');
  const words = ['load', '--rate', '100', '--seconds', '1', '--warm-up', '0'];
  t.match((await net.ask(...words)).json, { committed: 100, peerTls: 'off' });
  const home = join(shortFolder(t), 'follower');
  const genesis = join(net.report?.validators[0]?.home as string, 'config', 'genesis.json');
  const init = ['init', '--home', home, '--genesis', genesis, '--ports', 'auto', '--peers'] as const;
  const mixed = await psky(...init, `${peer()},${net.report?.validators[1]?.peer.replace('ws:', 'wss:')}`);
  t.match(mixed, { status: 2, stderr: /mixes/ });
  t.equal((await psky(...init, peer())).status, 0);
  t.match(await pskyJson('start', '--home', home, '--detach'), { role: 'follower', peer: /^ws:/ });
  t.match(await pskyJson('query', 'get', 'greeting', '--prove', '--home', home), { value: 'hello', verified: true });
  await psky('stop', '--home', home);
  await net.run('dev', 'stop');

  t.equal((await net.start()).json.peerTls, 'off', 'nobody said otherwise');
  await net.run('dev', 'stop');
  t.equal((await net.start('--peer-tls', 'on')).json.peerTls, 'on');
  t.equal(await speaksTls(peer()), true);
  t.match((await net.run('query', 'get', 'greeting', '--prove')).stdout, /^hello\n/);
  const [v1] = net.report?.validators ?? [];
  const written = readFileSync(join(v1?.home ?? '', 'config', 'config.toml'), 'utf8');
  const elsewhere = `peers = ["wss://${'0'.repeat(64)}@198.51.100.7:1",`;
  writeFileSync(join(v1?.home ?? '', 'config', 'config.toml'), written.replace('peers = [', elsewhere));
  process.kill(v1?.pid as number, 'SIGHUP');
  const log = () => readFileSync(join(v1?.home ?? '', 'logs', 'node.log'), 'utf8');
  await eventually('it is not reloaded', 10, async () => /198\.51\.100\.7.*not reloaded/.test(log()));
  writeFileSync(join(v1?.home ?? '', 'config', 'config.toml'), written);
  await net.run('dev', 'stop');
  t.equal((await net.run('dev', '--peer-tls', 'perhaps')).status, 2);

  await t.test('refused where an address is not loopback, or the genesis does not say dev', async (t) => {
    const { home } = net.report?.validators[0] as { home: string };
    const [config, genesis] = ['config.toml', 'genesis.json'].map((file) => join(home, 'config', file)) as [
      string,
      string,
    ];
    const plain = readFileSync(config, 'utf8').replace('tls = "on"', 'tls = "off"').replaceAll('"wss://', '"ws://');
    const start = () => net.ask<{ error: { name: string; message: string } }>('start', '--node', 'v1');
    writeFileSync(config, plain.replace(/@127\.0\.0\.1:/, '@198.51.100.7:'));
    t.match(await start(), { status: 78, json: { error: { name: 'insecure-bind', message: /198\.51\.100\.7/ } } });
    writeFileSync(config, plain.replace('host = "127.0.0.1"', 'host = "0.0.0.0"'));
    t.match(await start(), { status: 78, json: { error: { name: 'insecure-bind', message: /0\.0\.0\.0/ } } });
    writeFileSync(config, plain);
    writeFileSync(genesis, readFileSync(genesis, 'utf8').replace('"dev": true', '"dev": false'));
    t.match(await start(), { status: 78, json: { error: { name: 'bad-configuration', message: /peer\.tls/ } } });
  });
});

t.test('links that take 50 ms one way: nothing is final before there and back', async (t) => {
  const net = testDevnet(t);
  await net.start('--validators', '2');
  const homes = (net.report?.validators ?? []).map(({ home }) => home);
  const refused = await breakNode(homes[0] as string, { linkDelayMs: -1 }).catch((error: unknown) => error);
  t.match(refused, { error: { name: 'bad-request', message: /linkDelayMs/ } });
  for (const home of homes) await breakNode(home, { linkDelayMs: 50 });
  const { json } = await net.ask<LoadResult>('load', '--rate', '50', '--seconds', '2', '--warm-up', '0');
  t.match(json, { committed: 100, lost: 0 });
  // both validators have to vote; a histogram keeps three digits
  t.ok(json.latencyMs.p50 >= 99.5, `p50 ${json.latencyMs.p50} ms`);
  for (const home of homes) await breakNode(home, {});
  t.equal((await net.run('tx', 'put', 'links', 'short again')).status, 0);
  await net.run('dev', 'stop');
});
