import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { formatConfig, initialConfig, parseConfig } from '../../../cli/home/config.ts';
import { createHome, createNetwork, devnetChains } from '../../../cli/home/create.ts';
import { loadConfig, loadGenesis, membersOf, nodeHome, openHome } from '../../../cli/home/home.ts';
import { loadNodeKey, loadValidatorKey } from '../../../cli/home/key-files.ts';
import { holderOf, lockHome } from '../../../cli/home/lock.ts';
import { equalBytes } from '../../../lib/bytes.ts';
import { PskyError } from '../../../lib/errors.ts';

const members = ['v1', 'v2', 'v10'].map((name, i) => ({
  name,
  host: '127.0.0.1',
  ports: { peer: 40_000 + i, rpc: 41_000 + i, metrics: 42_000 + i },
}));
const plan = {
  name: 'devnet',
  dev: true,
  timeMs: 1_800_000_000_000,
  followers: { mode: 'open', nodeIds: [] },
  chains: devnetChains,
  members,
} as const;

function refusal(action: () => unknown): PskyError {
  try {
    action();
  } catch (error) {
    if (error instanceof PskyError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

t.test('a network is written once, and read back as the same network', async (t) => {
  const folder = join(t.testdir(), 'net');
  const started: string[] = [];
  const genesis = await createNetwork(folder, plan, async (home) => void started.push(home.validatorKey));
  t.equal(started.length, 3, 'every validator gets its first-start mark');
  const home = openHome(folder);
  t.strictSame([...membersOf(home).keys()], ['v1', 'v2', 'v10'], 'in name order');
  t.strictSame(loadGenesis(home), genesis);
  const v2 = membersOf(home, 'v2').get('v2');
  t.ok(v2);
  if (v2 === undefined) return;
  const config = loadConfig(v2, {});
  t.equal(config.peer.peers.length, 2);
  t.notOk(
    config.peer.peers.some((peer) => peer.nodeId === loadNodeKey(v2.files.nodeKey).nodeId),
    'not its own peer',
  );
  t.ok(
    equalBytes(
      loadValidatorKey(v2.files.validatorKey).signingKey,
      genesis.validators[1]?.signingKey ?? new Uint8Array(),
    ),
  );
  t.equal(statSync(v2.files.validatorKey).mode & 0o777, 0o600);
  const again = await createNetwork(folder, plan, async () => {}).catch((error: unknown) => error);
  t.match(again, { row: { name: 'home-exists' } });
  t.equal(refusal(() => membersOf(home, 'v3')).row.name, 'member-unknown');
});

t.test('a home that cannot be finished leaves nothing behind', async (t) => {
  const folder = t.testdir();
  const failing = createNetwork(join(folder, 'net'), plan, async () => {
    throw new Error('disk');
  });
  await t.rejects(failing, /disk/);
  t.strictSame(readdirSync(folder), []);
});

t.test('key files that others may read, or that were edited, are refused and never quoted', async (t) => {
  const path = join(t.testdir(), 'home');
  await createHome(path, { config: initialConfig('n1'), validator: true }, async () => {});
  const { validatorKey } = nodeHome(path).files;
  chmodSync(validatorKey, 0o640);
  t.equal(refusal(() => loadValidatorKey(validatorKey)).row.name, 'key-file-exposed');
  chmodSync(validatorKey, 0o600);
  const text = readFileSync(validatorKey, 'utf8');
  const seed = JSON.parse(text).seed as string;
  t.notMatch(JSON.stringify(loadValidatorKey(validatorKey)), seed);
  for (const damaged of [text.replace(seed, seed.replace(/^../, '00')), text.slice(0, -9), '{}']) {
    writeFileSync(validatorKey, damaged);
    t.notMatch(refusal(() => loadValidatorKey(validatorKey)).message, seed);
    t.equal(refusal(() => loadValidatorKey(validatorKey)).row.name, 'key-file-bad');
  }
});

t.test('configuration comes back, is overridden by the environment, and is refused with the place', async (t) => {
  const config = initialConfig('n1', { peers: [{ nodeId: 'ab'.repeat(32) as never, host: '127.0.0.1', port: 1 }] });
  const text = formatConfig(config);
  t.strictSame(parseConfig(text, {}), config);
  const environment = {
    PSKY_RPC_PORT: '9',
    PSKY_LOG_MODULES: 'net=debug,storage=warn',
    PSKY_RPC_ORIGINS: 'https://app.example,http://localhost:5173',
    PSKY_HOME: '/x',
    PSKY_REQUIRE: 'all',
  };
  const overridden = parseConfig(text, environment);
  t.equal(overridden.rpc.port, 9);
  t.strictSame(overridden.log.modules[1], { module: 'storage', level: 'warn' });
  t.strictSame(overridden.rpc.origins, ['https://app.example', 'http://localhost:5173']);
  const plain = { ...config, peer: { ...config.peer, tls: 'off' } } as const;
  t.match(formatConfig(plain), '"ws://abab');
  t.strictSame(parseConfig(formatConfig(plain), {}), plain);
  const without = text.replace(/^((hosts|origins) = \[\]|tls = "on")$/gm, '');
  t.notMatch(without, /^(hosts|origins|tls) =/m);
  t.strictSame(parseConfig(without, {}), config, 'a home from before these settings');
  const origins = [
    '*',
    'https://app.example/',
    'https://app.example/path',
    'https://App.example',
    'null',
    'ftp://a.example',
  ];
  const cases: readonly [string, Record<string, string>, RegExp][] = [
    ...[...origins, 'https://*.example', 'https://app.example:443'].map(
      (each): [string, Record<string, string>, RegExp] => [
        text,
        { PSKY_RPC_ORIGINS: each },
        /PSKY_RPC_ORIGINS|rpc\.origins\[0\]/,
      ],
    ),
    [text.replace('hosts = []', 'hosts = ["node.example:80"]'), {}, /rpc\.hosts\[0\]/],
    [text.replace('port = 27651', 'port = 70000'), {}, /rpc\.port/],
    [text.replace('[rpc]', '[rpc]\nprot = 1'), {}, /rpc\.prot/],
    [text, { PSKY_PEER_TLS: 'no' }, /PSKY_PEER_TLS: expected one of: on, off/],
    [text.replace('tls = "on"', 'tls = false'), {}, /peer\.tls/],
    [text, { PSKY_RPC_PROT: '1' }, /PSKY_RPC_PROT/],
    [text, { PSKY_RPC_PORT: 'x' }, /PSKY_RPC_PORT/],
    [text.replace('wss://', 'ws://'), {}, /peer\.peers\[0\]: expected wss:.*, as peer\.tls is on/],
    [text, { PSKY_PEER_TLS: 'off' }, /peer\.peers\[0\]: expected ws:.*, as peer\.tls is off/],
    [text.replace('wss://', 'http://'), {}, /peer\.peers\[0\]: expected wss:/],
    ['x =', {}, /TOML/i],
    // a table is no text, and not every table can be made one
    [text.replace('modules = []', 'modules = [{ toString = 1 }]'), {}, /log\.modules\[0\]: expected module=level/],
    [text.replace('[rpc]', `[rpc]\n${'x'.repeat(5_000)} = 1`), {}, /rpc\.x{64}…: there is no such field/],
  ];
  for (const [toml, env, expected] of cases) {
    const { row, message } = refusal(() => parseConfig(toml, env));
    t.equal(row.name, 'bad-configuration');
    t.match(message, expected);
  }
  t.equal(refusal(() => parseConfig(text, { PSKY_RPC_HOST: '0.0.0.0' })).row.name, 'insecure-bind');
});

t.test('one process per home: a lock of a dead or other process does not count', async (t) => {
  const path = join(t.testdir(), 'run', 'lock.json');
  const release = lockHome(path);
  t.equal(holderOf(path)?.pid, process.pid);
  t.equal(refusal(() => lockHome(path)).row.name, 'home-in-use');
  release();
  t.notOk(existsSync(path));
  writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'another' }));
  t.equal(holderOf(path), undefined, 'the pid was given to another program');
  lockHome(path)();
});
