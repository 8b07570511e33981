// What people write: config.toml with the environment that overrides it, and the network file. The first byte of an input
// chooses; in a configuration, lines before the first that is empty are environment variables.

import { formatConfig, initialConfig, parseConfig } from '../../cli/home/config.ts';
import { formatNetwork, type NetworkGenesis, parseNetwork } from '../../consensus/genesis/index.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import type { NodeId } from '../../net/index.ts';
import { sampleChain } from '../support/sample-chain.ts';
import { type FuzzTarget, promise } from './target.ts';

const key = (seed: number) => sodiumSuite.keyPairOf(new Uint8Array(32).fill(seed)).publicKey;
const network: NetworkGenesis = {
  format: 1,
  name: 'net',
  dev: true,
  timeMs: 1_700_000_000_000,
  validators: [{ name: 'v1', nodeId: '01'.repeat(32) as NodeId, suite: 1, signingKey: key(1), encryptionKey: key(2) }],
  followers: { mode: 'listed', nodeIds: ['0f'.repeat(32) as NodeId] },
  chains: [{ ...sampleChain, accounts: { mode: 'listed', publicKeys: [key(7)] } }],
};
const full = initialConfig('v1', {
  peers: [
    { nodeId: 'ab'.repeat(32) as NodeId, host: '127.0.0.1', port: 1 },
    { nodeId: 'cd'.repeat(32) as NodeId, host: '::1', port: 2 },
  ],
});
const bare = (text: string): string => text.replace(/^#.*\n/gm, '');

export const config: FuzzTarget = {
  name: 'config',
  maxBytes: 4_096,
  dictionary: [
    ...['[node]', '[peer]', '[rpc]', '[log]', '[storage]', 'peers = [', 'modules = [', 'port = ', 'host = ', 'name = '],
    ...['PSKY_RPC_PORT=', 'PSKY_PEER_PEERS=', 'PSKY_LOG_MODULES=', 'PSKY_NODE_NAME=', '\n', '\n\n', '"""', "'''"],
    ...[
      '__proto__',
      'constructor',
      'toString',
      'valueOf',
      'a.b',
      '[[',
      ']]',
      '{ a = 1 }',
      '{ toString = 1 }',
      'modules = [{ toString = 1 }]',
      '{',
      '}',
      'inf',
      'nan',
    ],
    ...['1979-05-27T07:32:00Z', '0x10', '1e400', '-0', '9007199254740993', 'true', '[]', '[{}]', '[[[[[[', '\u0000'],
    ...['"validators": [', '"chains": [', '"__proto__": {', '"format": 1', 'null', '""', '\\ud800', '\ufeff'],
    ...['0'.repeat(64), 'ff'.repeat(32), `01${'00'.repeat(31)}`],
  ].map((text) => fromUtf8(text)),
  seeds: () =>
    [
      `c\n${formatConfig(full)}`,
      `c\n${bare(formatConfig(full))}`,
      `cPSKY_RPC_PORT=9\nPSKY_LOG_MODULES=net=debug,storage=warn\n\n${bare(formatConfig({ ...full, log: { level: 'info', modules: [{ module: 'net', level: 'debug' }] } }))}`,
      `g${formatNetwork(network)}`,
      `g${formatNetwork({ ...network, followers: { mode: 'open', nodeIds: [] } })}`,
    ].map((text) => fromUtf8(text)),
  run(input) {
    const text = Buffer.from(input).toString(); // as files are read
    if (text[0] === 'g') readsNetwork(text.slice(1));
    else readsConfig(text.slice(1));
  },
};

function readsConfig(text: string): void {
  const [lines = '', ...rest] = text.split('\n\n');
  const environment = Object.fromEntries(
    lines.split('\n').flatMap((line) => {
      const equals = line.indexOf('=');
      return equals > 0 ? [[line.slice(0, equals), line.slice(equals + 1)] as const] : [];
    }),
  );
  try {
    const read = parseConfig(rest.join('\n\n'), environment);
    const again = parseConfig(formatConfig(read), {});
    promise(JSON.stringify(again) === JSON.stringify(read), 'a configuration comes back as it was written');
  } catch (error) {
    if (!(error instanceof PskyError)) throw error;
    const { name, meaning } = error.row;
    promise(name === 'bad-configuration' || name === 'insecure-bind', `${name} is no fault of a configuration`);
    promise(error.message.length > meaning.length + 1, 'a fault names its place');
    promise(error.message.length < meaning.length + 1_000, 'a fault is short enough to be read');
  }
}

function readsNetwork(text: string): void {
  const read = parseNetwork(text, [sodiumSuite]);
  if (!read.ok) {
    promise(read.error.place !== '' && read.error.message !== '', 'a fault names its place');
    return;
  }
  const written = formatNetwork(read.value);
  const again = parseNetwork(written, [sodiumSuite]);
  promise(again.ok && formatNetwork(again.value) === written, 'a network comes back as it was written');
}
