import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Applied, Opened, QueryAnswer } from '../../../consensus/application.ts';
import { voteText } from '../../../consensus/certificate/hashing.ts';
import {
  committeeOf,
  headerShape,
  makeHeader,
  type QuorumCert,
  quorumCertShape,
} from '../../../consensus/certificate/index.ts';
import { chainGenesis, type NetworkGenesis } from '../../../consensus/genesis/index.ts';
import { accountOf, decodeCommand } from '../../../ledger/commands/index.ts';
import { KeyValueLedger } from '../../../ledger/index.ts';
import { concatBytes, fromHex, toHex } from '../../../lib/bytes.ts';
import { encode } from '../../../lib/codec.ts';
import { errorRow } from '../../../lib/errors.ts';
import { type Hash, hashToBytes, parseHash, sha256Hex, zeroHash } from '../../../lib/hash.ts';
import { nobleSuite } from '../../../lib/suites/noble.ts';
import { sodiumSuite } from '../../../lib/suites/sodium.ts';
import { packEntries } from '../../../net/gateway/protocol.ts';
import type { NodeId } from '../../../net/ports.ts';
import { browserPlatform } from '../../../sdk/drivers/browser-platform.ts';
import { nodePlatform } from '../../../sdk/drivers/node-platform.ts';
import {
  Client,
  inspectKeyFile,
  keyOfSeed,
  lightClient,
  newKey,
  openKey,
  type Platform,
  plainDevKey,
  type QueryResult,
  RpcClient,
  sealKey,
} from '../../../sdk/index.ts';
import { maxAnswerBytes } from '../../../sdk/limits.ts';
import { sampleChain } from '../../support/sample-chain.ts';
import { atOnce, inline, now, testStore, text } from '../ledger/support.ts';

const validators = Array.from({ length: 4 }, (_, i) => sodiumSuite.keyPairOf(new Uint8Array(32).fill(i + 10)));
const network: NetworkGenesis = {
  format: 1,
  name: 'test',
  dev: true,
  timeMs: 1,
  validators: validators.map(({ publicKey }, i) => ({
    name: `v${i + 1}`,
    nodeId: toHex(publicKey) as NodeId,
    suite: 1,
    signingKey: publicKey,
    encryptionKey: publicKey,
  })),
  followers: { mode: 'none', nodeIds: [] },
  chains: [sampleChain],
};
const { chain } = chainGenesis(network, 'main');
const committee = committeeOf({
  chain,
  epoch: 0,
  keys: validators.map(({ publicKey }) => publicKey),
  window: 64,
  suite: sodiumSuite,
});
const key = keyOfSeed(new Uint8Array(32).fill(1), nodePlatform);

/** a header at `height` that claims a state, and its commit certificate by some validators */
function commitOf(
  claim: { height: number; execHeight: number; stateRoot: Hash },
  voters: readonly number[],
  forChain = chain,
) {
  const state = {
    chain: forChain,
    epoch: 0,
    timeMs: 5,
    outboxRoot: zeroHash,
    historyRoot: zeroHash,
    parentRef: null,
    nextSetHash: null,
    ...claim,
  };
  const order = { chain: forChain, epoch: 0, term: 3, height: claim.height, cut: [], control: null };
  const parent = sha256Hex(text('parent'));
  const header = makeHeader(order, state, parent);
  const votes = voters.map((voter) => {
    const vote = { term: 3, tipHeight: claim.height, tipId: header.id, commit: claim.height };
    const signature = sodiumSuite.sign(validators[voter] as (typeof validators)[number], voteText(committee, vote));
    return { voter, tipHeight: vote.tipHeight, tipId: vote.tipId, commit: vote.commit, signature };
  });
  const { id, body } = header;
  const certificate: QuorumCert = { term: 3, height: claim.height, parent, body, votes, links: [], id };
  return {
    header: toHex(encode(headerShape.write(header))),
    certificate: toHex(encode(quorumCertShape.write(certificate))),
  };
}

/** One chain that all endpoints of a test share: each submitted entry is a block at once. */
function testChain() {
  const ledger = new KeyValueLedger({
    rules: { chain, accounts: { mode: 'open' }, bytesPerAccount: 1 << 20, suites: [sodiumSuite] },
    store: testStore(),
    storePrefix: text('m'),
    defer: inline,
    after: atOnce,
  });
  now<Opened>((done) => ledger.open(done));
  let height = 0;
  let stateRoot: Hash = zeroHash;
  return {
    order(entry: Uint8Array): { height: number; index: number; code: number } {
      height++;
      const bytes = [packEntries([entry])];
      const block = { height, id: zeroHash, timeMs: Date.now(), batches: [{ lane: 0, seq: height, count: 1, bytes }] };
      const applied = now<Applied>((done) => ledger.apply(block, done));
      stateRoot = applied.stateRoot;
      return { height, index: 0, code: applied.outcomes[0]?.exceptions[0]?.code ?? 0 };
    },
    query(path: string, argument: string, prove: boolean): QueryResult {
      const request = { path, argument: fromHex(argument) as Uint8Array, prove };
      const answer = now<QueryAnswer>((done) => ledger.query(request, done));
      return {
        chain,
        height: answer.height,
        value: answer.value === undefined ? null : toHex(answer.value),
        proof: answer.proof === undefined ? null : toHex(answer.proof),
        header: null,
        certificate: null,
        ...(prove ? commitOf({ height: answer.height + 1, execHeight: answer.height, stateRoot }, [0, 1, 3]) : {}),
      };
    },
  };
}

type Behaviour = 'well' | 'dead' | 'dies-after-ordering' | 'not-ready';

function platformFor(nodes: Readonly<Record<string, Behaviour>>, calls: string[] = []): Platform {
  const world = testChain();
  const receipts = new Map<string, object>();
  const respond = (method: string, params: Record<string, never>, behaviour: Behaviour): object => {
    if (method === 'query')
      return world.query(params['path'] ?? '', params['argument'] ?? '', params['prove'] ?? false);
    if (method === 'receipt')
      return (
        receipts.get(params['hash'] ?? '') ?? {
          hash: params['hash'],
          status: 'unknown',
          height: null,
          index: null,
          code: null,
        }
      );
    const entry = Uint8Array.from(Buffer.from(params['entry'] ?? '', 'base64'));
    const decoded = decodeCommand(entry);
    if (!decoded.ok) throw new Error(decoded.error);
    const receipt = { hash: decoded.value.hash, status: 'committed', ...world.order(entry) };
    if (!receipts.has(receipt.hash)) receipts.set(receipt.hash, receipt);
    if (behaviour === 'dies-after-ordering') throw new Error('connection reset');
    return receipt;
  };
  return {
    ...nodePlatform,
    delay: async () => {},
    async postJson(url, body) {
      const { method, params, id } = JSON.parse(body);
      const endpoint = url.replace('/rpc', '');
      const behaviour = nodes[endpoint] ?? 'dead';
      calls.push(`${endpoint} ${method}`);
      if (behaviour === 'dead') throw new Error('connection refused');
      if (behaviour === 'not-ready') {
        return JSON.stringify({
          jsonrpc: '2.0',
          id,
          error: { code: -32000, message: 'no', data: { name: 'not-ready' } },
        });
      }
      return JSON.stringify({ jsonrpc: '2.0', id, result: respond(method, params, behaviour) });
    },
  };
}

const light = lightClient({ network, chainName: 'main', suite: nobleSuite });
const put = (name: string, value: string) => [{ kind: 'put', key: text(name), value: text(value) }] as const;

t.test('key files open with their passphrase and nothing else', (t) => {
  const sealed = sealKey(key, { passphrase: 'correct horse', logN: 10 }, nodePlatform);
  t.notMatch(sealed, toHex(key.keys.seed));
  t.same(openKey(sealed, 'correct horse', nodePlatform), { ok: true, value: key });
  t.same(openKey(sealed, 'correct horse', browserPlatform), { ok: true, value: key });
  t.match(openKey(sealed, 'wrong', nodePlatform), { ok: false, error: 'wrong-passphrase' });
  t.match(openKey(sealed, undefined, nodePlatform), { ok: false, error: 'passphrase-needed' });
  t.match(inspectKeyFile(sealed), { ok: true, value: { account: key.account, sealed: true } });
  const other = newKey(nodePlatform);
  const renamed = sealed
    .replaceAll(key.account, other.account)
    .replaceAll(toHex(key.keys.publicKey), toHex(other.keys.publicKey));
  t.match(openKey(renamed, 'correct horse', nodePlatform), { ok: false, error: 'wrong-passphrase' });
  const dev = plainDevKey(key);
  t.same(openKey(dev, undefined, nodePlatform), { ok: true, value: key });
  t.match(inspectKeyFile(dev), { ok: true, value: { sealed: false } });
  for (const bad of [
    '',
    '{}',
    'null',
    '[]',
    dev.replace('"version": 1', '"version": 2'),
    sealed.replace('"logN": 10', '"logN": 40'),
  ]) {
    t.match(openKey(bad, 'x', nodePlatform), { ok: false, error: 'not-a-key-file' });
  }
  t.equal(key.account, accountOf(1, key.keys.publicKey));
  t.end();
});

t.test('the light client takes proved answers and sees through all others', async (t) => {
  const client = new Client({ endpoints: ['a'], platform: platformFor({ a: 'well' }), light });
  const { hash } = await client.execute(key, put('greeting', 'hello'));
  t.match(await client.ledgerReceipt(hash as Hash), { hash, index: 0, code: 0 });
  t.equal(await client.ledgerReceipt(zeroHash), undefined);
  t.match(await client.getVerified(key.account, text('greeting')), {
    ok: true,
    value: { value: text('hello'), height: 1, signers: ['v1', 'v2', 'v4'] },
  });
  t.match(await client.getVerified(key.account, text('absent')), { ok: true, value: { value: undefined } });
  const argument = concatBytes([hashToBytes(key.account), text('greeting')]);
  const honest = await client.query('value', argument, { prove: true });
  const root = parseHash(zeroHash) as Hash;
  const judge = (answer: Partial<QueryResult>, minHeight?: number) => {
    const verdict = light.verifyValue({ ...honest, ...answer }, key.account, text('greeting'), minHeight);
    return verdict.ok ? 'believed' : verdict.error;
  };
  const claim = { height: 2, execHeight: 1, stateRoot: root };
  t.equal(judge({}), 'believed');
  t.equal(judge({ value: toHex(concatBytes([Uint8Array.of(0), text('bye')])) }), 'bad-proof');
  t.equal(judge({ value: null }), 'bad-proof');
  t.equal(judge({ value: 'zz' }), 'malformed');
  t.equal(judge({ proof: null }), 'no-proof');
  t.equal(judge({ proof: `${honest.proof}00` }), 'bad-proof');
  t.equal(judge({ header: '00' }), 'malformed');
  t.equal(judge(commitOf(claim, [0, 1, 2])), 'bad-proof', 'a certified header with another root');
  t.equal(judge(commitOf(claim, [0, 1])), 'no-quorum');
  t.equal(judge(commitOf(claim, [0, 0, 0])), 'no-quorum');
  t.equal(judge(commitOf(claim, [0, 1, 2], sha256Hex(text('another chain')))), 'wrong-chain');
  t.equal(judge({ header: commitOf(claim, [0, 1, 2]).header }), 'other-block');
  t.equal(judge({ height: 7 }), 'height-mismatch');
  t.equal(judge({}, 2), 'too-old');
  const account = await client.query('account', hashToBytes(key.account), { prove: true });
  t.ok(light.verifyAccount(account, key.account).ok);
});

t.test('the client goes on when validators die, and never acts twice', async (t) => {
  const calls: string[] = [];
  const nodes: Record<string, Behaviour> = { a: 'dead', b: 'not-ready', c: 'well' };
  const client = new Client({ endpoints: ['a/', 'b', 'c'], platform: platformFor(nodes, calls), light });
  t.match(await client.execute(key, put('n', '1')), { status: 'committed', code: 0, height: 1 });
  t.same(calls, ['a query', 'b query', 'c query', 'c submitAndWait']);
  nodes['c'] = 'dies-after-ordering';
  nodes['a'] = 'well';
  const receipt = await client.execute(key, put('n', '2'));
  t.match(receipt, { status: 'committed', code: 0, height: 2 }, 'the receipt of the copy that counted');
  t.same(await client.get(key.account, text('n')), text('2'));
  t.equal((await client.account(key.account))?.highestNonce, 2);
  nodes['a'] = 'dead';
  nodes['c'] = 'dead';
  nodes['b'] = 'dead';
  await t.rejects(client.nextNonce(key.account), { name: 'PskyError' });
});

t.test('what a node says of itself for a moment is no refusal of the command', async (t) => {
  for (const name of ['not-ready', 'node-not-ready', 'gateway-busy', 'overloaded', 'too-many-waiting'] as const) {
    const platform = platformFor({ a: 'well' });
    let unwilling = 3;
    const client = new Client({
      endpoints: ['a'],
      platform: {
        ...platform,
        async postJson(url, body, timeoutMs) {
          const { method, id } = JSON.parse(body);
          if (method !== 'submitAndWait' || unwilling-- <= 0) return platform.postJson(url, body, timeoutMs);
          const { code } = errorRow(name);
          return JSON.stringify({ jsonrpc: '2.0', id, result: { status: 'refused', code, height: null, index: null } });
        },
      },
      light,
    });
    t.match(await client.execute(key, put('n', '1')), { status: 'committed', code: 0 }, name);
    t.equal(unwilling, -1, 'it was asked again until it was taken');
  }
});

t.test('an answer is read up to its bound, and another node is asked', async (t) => {
  const status = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { chains: [], name: 'Grüße' } });
  let cut = 0;
  const server = createServer((request, response) => {
    if (request.url === '/fair/rpc')
      return void response.end(status + ' '.repeat(maxAnswerBytes - Buffer.byteLength(status)));
    const spaces = ' '.repeat(1 << 20);
    const more = (): void => {
      while (response.write(spaces));
    };
    response.on('drain', more).on('close', () => cut++);
    response.write(status);
    more();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = (...names: string[]) =>
    new RpcClient({ endpoints: names.map((name) => `${base}/${name}`), platform: nodePlatform }).call('status', {});
  await t.rejects(ask('endless'), /more than a client reads/);
  while (cut === 0) await nodePlatform.delay(10);
  t.match(await ask('endless', 'fair'), { chains: [], name: 'Grüße' }, 'to the last byte of the bound');
});
