import t from 'tap';
import { chainGenesis, formatNetwork, type NetworkGenesis, parseNetwork } from '../../../consensus/genesis/index.ts';
import { MiB } from '../../../lib/units.ts';
import type { NodeId } from '../../../net/ports.ts';
import { sampleChain } from '../../support/sample-chain.ts';

const suites = [{ suite: 1, publicKeyBytes: 32, isSafePublicKey: (key: Uint8Array) => key[0] !== 0 }];
const key = (byte: number) => new Uint8Array(32).fill(byte);

const network: NetworkGenesis = {
  format: 1,
  name: 'test-net',
  dev: true,
  timeMs: 1_700_000_000_000,
  validators: [1, 2, 3, 4].map((i) => ({
    name: `v${i}`,
    nodeId: `0${i}`.repeat(32) as NodeId,
    suite: 1,
    signingKey: key(16 + i),
    encryptionKey: key(32 + i),
  })),
  followers: { mode: 'listed', nodeIds: ['0f'.repeat(32) as NodeId] },
  chains: [
    { ...sampleChain, accounts: { mode: 'listed', publicKeys: [key(7)] } },
    {
      ...{ ...sampleChain, name: 'bench', application: 'blob', shard: 'bench' },
      ...{ bytesPerAccount: 0, retainBytes: 2 ** 31, segmentBytes: 64 << 20 },
    },
  ],
};

t.test('a network file comes back as it was written', async (t) => {
  const parsed = parseNetwork(formatNetwork(network), suites);
  t.strictSame(parsed, { ok: true, value: network });
});

t.test('a segment has room for what the chains of its shard repeat', async (t) => {
  const wide = { ...sampleChain, window: 256, segmentBytes: 4 * MiB };
  const sharing = (...names: string[]) =>
    parseNetwork(formatNetwork({ ...network, chains: names.map((name) => ({ ...wide, name })) }), suites);
  t.match(sharing('a', 'b'), { ok: true });
  t.match(sharing('a', 'b', 'c'), { ok: false, error: { code: 'out-of-range', place: 'chains[2].segmentBytes' } });
});

t.test('a chain id is golden, and covers what members must agree on and nothing else', async (t) => {
  const id = (changed: Partial<NetworkGenesis>, chain = 'main') =>
    chainGenesis({ ...network, ...changed }, chain).chain;
  // golden: a change here is a change of the genesis format, in a commit of its own
  t.equal(id({}), '245fd1995a788c151eb73acca9dc78259648630cdc697395ceeb48d330cb68ec');
  t.not(id({}), id({}, 'bench'));
  t.not(id({}), id({ timeMs: 1 }));
  t.not(id({}), id({ validators: [...network.validators].reverse() }));
  t.equal(id({}), id({ followers: { mode: 'open', nodeIds: [] } }), 'who may follow is no part of it');
  const moved = network.chains.map((each) => ({ ...each, shard: 'elsewhere', retainBytes: 5e9 }));
  t.equal(id({}), id({ chains: moved }), 'where a node keeps the chain is no part of it');
});

t.test('a bad file is refused with the place', async (t) => {
  const good = formatNetwork(network);
  const cases: readonly [string | RegExp, string, string, string][] = [
    ['"format": 1', '"format": 2', 'out-of-range', 'format'],
    ['"dev": true', '"dev": true, "extra": 1', 'unknown', 'extra'],
    ['"timeMs": "1700000000000"', '"timeMs": 1700000000000', 'out-of-range', 'timeMs'],
    ['"window": 64', '"window": 0', 'out-of-range', 'chains[0].window'],
    ['"fastPath": false', '"fastPath": true', 'out-of-range', 'chains[0].fastPath'],
    ['"suite": 1', '"suite": 9', 'out-of-range', 'validators[0].suite'],
    [
      `"signingKey": "${'12'.repeat(32)}"`,
      `"signingKey": "${'11'.repeat(32)}"`,
      'duplicate',
      'validators[1].signingKey',
    ],
    ['11'.repeat(32), '00'.repeat(32), 'unsafe-key', 'validators[0].signingKey'],
    ['21'.repeat(32), '00'.repeat(32), 'unsafe-key', 'validators[0].encryptionKey'],
    ['21'.repeat(32), `${'00'.repeat(31)}80`, 'unsafe-key', 'validators[0].encryptionKey'],
    ['0f'.repeat(32), '0F'.repeat(32), 'wrong-kind', 'followers.nodeIds[0]'],
    ['"name": "bench"', '"name": "main"', 'duplicate', 'chains[1].name'],
    ['"shard": "bench"', '"shard": "main"', 'out-of-range', 'chains[1]'],
    ['"segmentBytes": "67108864"', '"segmentBytes": "1048576"', 'out-of-range', 'chains[1].segmentBytes'],
    ['"segmentBytes": "67108864"', '"segmentBytes": "1073741824"', 'out-of-range', 'chains[1].segmentBytes'],
    ['"segmentBytes": "67108864"', '"segmentBytes": "67108865"', 'out-of-range', 'chains[1].segmentBytes'],
    ['"name": "v3",', '', 'missing', 'validators[2].name'],
    [/^\{/, '', 'not-parsable', '(document)'],
  ];
  for (const [from, to, code, place] of cases) {
    const parsed = parseNetwork(good.replace(from, to), suites);
    t.match(parsed, { ok: false, error: { code, place } }, `${from} → ${to}`);
  }
});
