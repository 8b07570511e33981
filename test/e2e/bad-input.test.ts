// Real nodes under input that no honest client, peer or operator gives. Each is answered with a typed error, or its
// connection ends with a counted reason; the nodes stay up, within their memory, and go on committing.
//
// What single parts refuse is in test/unit/net, test/unit/ledger and test/conformance; here it is the whole process that
// must survive.

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { loadConfig, loadGenesis, type NodeHome, nodeHome, openHome } from '../../cli/home/home.ts';
import { loadNodeKey, loadValidatorKey } from '../../cli/home/key-files.ts';
import { voteText } from '../../consensus/certificate/hashing.ts';
import { committeeOf, type QuorumCert, quorumCertShape } from '../../consensus/certificate/index.ts';
import { decodeAs } from '../../consensus/certificate/shapes.ts';
import { encodeBatchHeader } from '../../consensus/wire.ts';
import { encodeUnsigned, sealCommand } from '../../ledger/commands/codec.ts';
import { type Command, signCommand } from '../../ledger/commands/index.ts';
import { type Bytes, fromHex, fromUtf8 } from '../../lib/bytes.ts';
import { encode } from '../../lib/codec.ts';
import { errorRowOfCode } from '../../lib/errors.ts';
import { type Hash, zeroHash } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { createNodeCertificate } from '../../net/drivers/node-certificate.ts';
import { maxHttpConnections, maxSockets } from '../../net/gateway/limits.ts';
import { encodeClientFrame } from '../../net/gateway/protocol.ts';
import type { NodeId } from '../../net/index.ts';
import { handshakeMs, maxInboundSockets, maxWireMessageBytes } from '../../net/limits.ts';
import { nodePlatform } from '../../sdk/drivers/node-platform.ts';
import { newKey, toBase64, type WalletKey } from '../../sdk/index.ts';
import { eventually, pause, type TestDevnet, testDevnet } from './devnet.ts';
import { HostilePeer } from './hostile-peer.ts';
import { psky, shortFolder } from './psky.ts';

/** of one validator, at any time, under load too */
const maxResidentMiB = 400;

t.test('a network under bad input', async (t) => {
  const net = testDevnet(t);
  await net.start();
  const watch = watchMemory(net);
  t.teardown(watch.stop);

  const slow = Promise.all([endlessHeads(t, net), silentSockets(t, net)]);
  await t.test('commands that must not run', (t) => badCommands(t, net));
  await t.test('the client port', (t) => clientPort(t, net));
  await t.test('ten thousand connections', (t) => manyConnections(t, net));
  await t.test('strangers at the peer port', (t) => strangers(t, net));
  await t.test('a validator that lies with its real key', (t) => lyingValidator(t, net));

  await slow;
  await goesOn(t, net, 'in the end');
  const { peakMiB } = watch;
  t.ok(peakMiB() < maxResidentMiB, `at most ${Math.round(peakMiB())} MiB resident`);
});

// — what stays true —

async function goesOn(t: Test, net: TestDevnet, after: string): Promise<void> {
  const put = await net.run('tx', 'put', 'still', after.replace(/\W/g, ''));
  t.equal(put.status, 0, `a put is committed ${after}: ${put.stdout}${put.stderr}`);
}

/** The largest memory of any validator, looked at five times a second. */
function watchMemory(net: TestDevnet): { readonly peakMiB: () => number; readonly stop: () => void } {
  let peak = 0;
  const timer = setInterval(() => {
    for (const { pid } of net.report?.validators ?? []) peak = Math.max(peak, residentMiB(pid));
  }, 200);
  return { peakMiB: () => peak, stop: () => clearInterval(timer) };
}

/** 0 where the process is gone */
function residentMiB(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function homeOf(net: TestDevnet, name: string): NodeHome {
  return nodeHome(join(net.home, name));
}

/** A counter of one member, by the value of its label; 0 where it never counted. */
async function counted(net: TestDevnet, name: string, metric: string, reason: string): Promise<number> {
  const { host, port } = loadConfig(homeOf(net, name), {}).metrics;
  const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${metric}{`) && each.includes(`="${reason}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

async function isCounted(
  t: Test,
  net: TestDevnet,
  [metric, reason]: readonly [string, string],
  provoke: () => unknown,
  least = 1,
  seconds = 20,
): Promise<void> {
  const before = await counted(net, 'v1', metric, reason);
  await provoke();
  await eventually(
    `${metric} ${reason}`,
    seconds,
    async () => (await counted(net, 'v1', metric, reason)) >= before + least,
  );
  t.pass(`${metric} counts ${reason}`);
}

function closed(socket: Socket | WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.once('close', () => resolve());
  });
}

async function within(seconds: number, done: Promise<unknown>, what: string): Promise<void> {
  let over = false;
  void done.then(() => {
    over = true;
  });
  await eventually(what, seconds, async () => over);
}

// — commands —

async function badCommands(t: Test, net: TestDevnet): Promise<void> {
  const client = net.client(['v1']);
  const chain = await client.chainId();
  const key = newKey(nodePlatform);
  const good: Command = {
    chain,
    account: null,
    nonce: 1,
    expiryMs: Date.now() + 60_000,
    after: null,
    atomic: true,
    operations: [{ kind: 'put', key: fromUtf8('a'), value: fromUtf8('b') }],
  };
  const signed = (change: Partial<Command>, by: WalletKey = key): Bytes =>
    signCommand({ ...good, ...change }, sodiumSuite, by.keys).entry;
  /** signatures by a key of small order hold for many messages */
  const smallOrder = new Uint8Array(32);
  smallOrder[0] = 1;
  const flipped = signed({}).slice();
  flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1;
  const put = { kind: 'put', key: fromUtf8('k'), value: fromUtf8('v') } as const;
  const cases: readonly [string, Bytes, string][] = [
    ['another chain', signed({ chain: 'ab'.repeat(32) as Hash }), 'wrong-chain'],
    ['a wrong signature', flipped, 'bad-signature'],
    ['a key of small order', sealCommand(encodeUnsigned(good, 1, smallOrder), new Uint8Array(64)), 'unsafe-key'],
    ['expired', signed({ expiryMs: 1 }), 'expired'],
    ['valid for ever', signed({ expiryMs: 2 ** 47 }), 'expiry-too-far'],
    ['a gap of nonces', signed({ nonce: 1_000_000 }), 'nonce-too-far'],
    ['after what never was', signed({ nonce: 2, after: 1_000 }), 'after-missing'],
    ['an account that is not there', signed({ account: 'cd'.repeat(32) as Hash }), 'unknown-account'],
    ['a key that is too long', signed({ operations: [{ ...put, key: new Uint8Array(5_000) }] }), 'key-too-large'],
    [
      'a value that is too long',
      signed({ operations: [{ ...put, value: new Uint8Array(900_000) }] }),
      'value-too-large',
    ],
    ['truncated', signed({}).slice(0, -1), 'malformed-command'],
    ['with something behind it', Uint8Array.from([...signed({}), 0]), 'malformed-command'],
    ['a tower of arrays', new Uint8Array(100_000).fill(0x91), 'malformed-command'],
    ['an array of 2^32', Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff), 'malformed-command'],
    ['zeros', new Uint8Array(10_000), 'malformed-command'],
  ];
  for (const [what, entry, expected] of cases) {
    const receipt = await client.rpc.call('submitAndWait', {
      chain: 'main',
      entry: toBase64(entry),
      timeoutMs: 10_000,
    });
    t.equal(errorRowOfCode(receipt.code ?? 0)?.name, expected, `${what}: ${JSON.stringify(receipt)}`);
  }
  const entry = signed({});
  const params = { chain: 'main', entry: toBase64(entry), timeoutMs: 20_000 };
  const first = await client.rpc.call('submitAndWait', params);
  t.match(first, { status: 'committed', code: 0 });
  const copy = await client.rpc.call('submitAndWait', params);
  t.equal(errorRowOfCode(copy.code ?? 0)?.name, 'duplicate-command', `a replay: ${JSON.stringify(copy)}`);
  t.same(await client.rpc.call('receipt', { chain: 'main', hash: first.hash }), first, 'and changes nothing');
  const again = signed({ operations: [{ ...put, value: fromUtf8('other') }] });
  const reused = await client.rpc.call('submitAndWait', { ...params, entry: toBase64(again) });
  t.equal(errorRowOfCode(reused.code ?? 0)?.name, 'nonce-used', JSON.stringify(reused));
}

// — the client port —

async function clientPort(t: Test, net: TestDevnet): Promise<void> {
  const rpc = net.rpcOf('v1');
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${rpc}/rpc`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  const refused = 'psky_gateway_refused_total';
  const bodies: readonly [string, string, RegExp][] = [
    ['a tower of arrays', '['.repeat(500_000), /"code":-32700/],
    ['a tower that closes', '['.repeat(300_000) + ']'.repeat(300_000), /"code":-32[67]00/],
    [
      'a tower of objects',
      `{"jsonrpc":"2.0","id":1,"method":"status","params":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`,
      /PSKY-3001|-32700/,
    ],
    ['truncated', '{"jsonrpc":"2.0","id":1,"meth', /"code":-32700/],
    ['numbers beyond numbers', '{"jsonrpc":"2.0","id":1e999,"method":"block","params":{"height":1e999}}', /"error"/],
    [
      'a prototype',
      '{"jsonrpc":"2.0","id":1,"method":"__proto__","params":{"__proto__":{"chain":"main"}}}',
      /"code":-32601/,
    ],
    ['too many calls', JSON.stringify(Array.from({ length: 10_000 }, () => ({}))), /a batch has 1 to/],
  ];
  for (const [what, body, expected] of bodies) t.match(await (await post(body)).text(), expected, what);
  await isCounted(t, net, [refused, 'too-large'], () => post('x'.repeat(3_000_000)).catch(() => undefined));
  await isCounted(t, net, [refused, 'foreign-origin'], async () => {
    const answer = await post('{}', { origin: 'https://evil.example' });
    t.match(await answer.json(), { status: 403, name: 'foreign-origin', code: /^PSKY-/ });
  });
  const raw = (text: string): Socket => {
    const socket = clientSocket(net);
    socket.write(text);
    return socket;
  };
  await isCounted(t, net, [refused, 'unknown-host'], () =>
    closed(raw('GET /livez HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')),
  );
  await isCounted(t, net, [refused, 'bad-request'], () => closed(raw('\u0016\u0003\u0001 no HTTP\r\n\r\n')));
  await slowReader(t, net);
  await badStreams(t, net);
  await goesOn(t, net, 'after bad requests');
}

/** Requests whose heads never end: some letters now, and nothing more. */
async function endlessHeads(t: Test, net: TestDevnet): Promise<void> {
  const slow = Array.from({ length: 50 }, () => {
    const socket = clientSocket(net);
    socket.write('POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Le');
    return closed(socket);
  });
  await isCounted(t, net, ['psky_gateway_refused_total', 'deadline-passed'], () => Promise.all(slow), slow.length);
}

/** WebSockets whose other end is gone without a word: no ping is answered. */
async function silentSockets(t: Test, net: TestDevnet): Promise<void> {
  const silent = await Promise.all(Array.from({ length: 20 }, () => openSocket(net, '/v1/stream')));
  for (const ws of silent) ws.pause();
  // a paused socket does not hear that it was closed: what counts is that the node has let it go
  await isCounted(t, net, ['psky_gateway_lagged_total', 'stream'], () => {}, silent.length, 60);
  for (const ws of silent) ws.terminate();
}

async function openSocket(net: TestDevnet, path: string): Promise<WebSocket> {
  const ws = new WebSocket(`${net.rpcOf('v1').replace('http', 'ws')}${path}`);
  ws.on('error', () => {});
  await new Promise((resolve) => ws.on('open', resolve));
  return ws;
}

function clientSocket(net: TestDevnet): Socket {
  const { port, hostname } = new URL(net.rpcOf('v1'));
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.resume();
  return socket;
}

/** Asks for much and reads nothing. */
async function slowReader(t: Test, net: TestDevnet): Promise<void> {
  await isCounted(t, net, ['psky_gateway_lagged_total', 'rpc'], async () => {
    const ws = await openSocket(net, '/v1/ws');
    const gone = closed(ws);
    ws.pause();
    const call = JSON.stringify(
      Array.from({ length: 64 }, (_, id) => ({
        jsonrpc: '2.0',
        id,
        method: 'blocks',
        params: { from: 0, limit: 100 },
      })),
    );
    const over = new AbortController();
    void gone.then(() => over.abort());
    for (let i = 0; i < 1_000 && !over.signal.aborted && ws.readyState === ws.OPEN; i++) {
      if (ws.bufferedAmount < 1_000_000) ws.send(call, () => {});
      await pause(5);
      if ((await counted(net, 'v1', 'psky_gateway_lagged_total', 'rpc')) > 0) break;
    }
    ws.terminate();
    await gone;
  });
}

async function badStreams(t: Test, net: TestDevnet): Promise<void> {
  const stream = async (frames: readonly Bytes[]): Promise<string> => {
    const ws = await openSocket(net, '/v1/stream');
    const said: string[] = [];
    ws.on('message', (data) => said.push((data as Buffer).toString('latin1')));
    const gone = closed(ws);
    for (const frame of frames) ws.send(frame);
    await within(20, gone, 'the stream is closed');
    return said.join(' ');
  };
  const open = encodeClientFrame({ type: 'open', version: 1, chain: 'main', credit: 1 << 20 });
  t.match(await stream([new Uint8Array(1_000).fill(0x91)]), /too-deep/);
  t.match(await stream([open.slice(0, -1)]), /truncated/);
  t.match(
    await stream([encodeClientFrame({ type: 'open', version: 1, chain: 'nowhere', credit: 1 })]),
    /unknown-chain|no chain/i,
  );
  const submit = {
    type: 'submit',
    frame: 1,
    kind: 0,
    count: 1_000,
    entries: new Uint8Array(9),
    traceparent: null,
  } as const;
  t.match(await stream([open, open]), /opened once/);
  t.match(await stream([open, encodeClientFrame(submit)]), /Opened|do not fit/);
  await isCounted(t, net, ['psky_gateway_refused_total', 'too-large'], () => stream([new Uint8Array(2_000_000)]));
}

// — very many connections —

async function manyConnections(t: Test, net: TestDevnet): Promise<void> {
  const limit = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1_024);
  const wanted = Math.min(10_000, limit - 1_000);
  t.comment(`${wanted} connections; the limit on open files is ${limit}`);
  const url = new URL(net.rpcOf('v1'));
  const sockets: Socket[] = [];
  let gone = 0;
  await isCounted(
    t,
    net,
    ['psky_gateway_refused_total', 'gateway-busy'],
    async () => {
      while (sockets.length < wanted) {
        for (let i = 0; i < 250 && sockets.length < wanted; i++) {
          const socket = connect(Number(url.port), url.hostname);
          socket.on('error', () => {});
          socket.on('close', () => gone++);
          sockets.push(socket);
        }
        await pause(20);
      }
      await eventually('all but the first are closed', 60, async () => gone >= wanted - maxHttpConnections);
      await goesOn(t, net, 'while one member is crowded');
    },
    wanted - maxHttpConnections,
  );
  for (const socket of sockets) socket.destroy();
  await isCounted(t, net, ['psky_gateway_refused_total', 'gateway-busy'], async () => {
    const crowd = Array.from({ length: maxSockets + 50 }, () => {
      const ws = new WebSocket(`${net.rpcOf('v1').replace('http', 'ws')}/v1/ws`);
      ws.on('error', () => {});
      return ws;
    });
    await Promise.all(crowd.map((ws) => new Promise((resolve) => ws.on('open', resolve).on('close', resolve))));
    for (const ws of crowd) ws.terminate();
  });
  await eventually('the member answers again', 20, async () => (await fetch(`${url.origin}/livez`)).ok);
}

// — the peer port —

async function strangers(t: Test, net: TestDevnet): Promise<void> {
  const { host, port } = loadConfig(homeOf(net, 'v1'), {}).peer;
  const refused = 'psky_p2p_refused_connections_total';
  const plain = (): Socket => {
    const socket = connect(port, host);
    socket.on('error', () => {});
    socket.resume();
    return socket;
  };
  await isCounted(t, net, [refused, 'no-tls'], async () => {
    const socket = plain();
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await closed(socket);
  });
  await isCounted(t, net, [refused, 'no-certificate'], () =>
    closed(connectTls({ host, port, rejectUnauthorized: false })),
  );
  const { key, certificate: cert } = await createNodeCertificate(crypto.getRandomValues(new Uint8Array(32)));
  await isCounted(t, net, [refused, 'bad-request'], async () => {
    const socket = connectTls({ host, port, key, cert, rejectUnauthorized: false });
    socket.write('GET /peer/control HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.resume();
    await closed(socket);
  });
  await isCounted(t, net, ['psky_p2p_misbehaviour_total', 'bad-hello'], async () => {
    const ws = new WebSocket(`wss://${host}:${port}/peer/control`, { key, cert, rejectUnauthorized: false });
    await new Promise((resolve) => ws.on('open', resolve));
    ws.send(Uint8Array.of(1, ...new Uint8Array(12), 0x91));
    await closed(ws);
  });
  await isCounted(t, net, [refused, 'not-accepted'], () =>
    closed(new WebSocket(`wss://${host}:${port}/peer/control`, { key, cert, rejectUnauthorized: false })),
  );
  // half-open: more than there is room for, and none says a word
  await isCounted(t, net, [refused, 'too-many'], async () => {
    const silent = Array.from({ length: maxInboundSockets + 100 }, plain);
    const all = Promise.all(silent.map(closed));
    await within(handshakeMs / 1_000 + 20, all, 'silent sockets are closed');
  });
  await goesOn(t, net, 'after strangers');
}

// — a validator —

async function lyingValidator(t: Test, net: TestDevnet): Promise<void> {
  const network = loadGenesis(openHome(net.home));
  const chain = await net.client(['v1']).chainId();
  const committee = committeeOf({
    chain,
    epoch: 0,
    keys: network.validators.map((each) => each.signingKey),
    window: 64,
    suite: sodiumSuite,
  });
  await net.run('dev', 'kill', 'v4');
  const victim = loadNodeKey(homeOf(net, 'v1').files.nodeKey).nodeId as NodeId;
  const home = homeOf(net, 'v4');
  await eventually('its process is gone', 10, async () => residentMiB(pidOf(net, 'v4')) === 0);
  const peer = await HostilePeer.start(home, network, 'main', victim);
  t.teardown(() => peer.close());
  const keys = ['v1', 'v2', 'v3', 'v4'].map((name) =>
    sodiumSuite.keyPairOf(loadValidatorKey(homeOf(net, name).files.validatorKey).seed.reveal()),
  );

  const real = await newestCertificate(net);
  const ahead = { ...real, height: real.height + 1_000 };
  /** a quorum of true signatures over votes of `term` for the tip of `qc` */
  const voted = (qc: QuorumCert, term: number): QuorumCert => ({
    ...qc,
    links: [],
    votes: [0, 1, 2].map((voter) => {
      const vote = { term, tipHeight: qc.height, tipId: qc.id, commit: qc.height };
      const signature = sodiumSuite.sign(keys[voter] as (typeof keys)[number], voteText(committee, vote));
      return { voter, tipHeight: vote.tipHeight, tipId: vote.tipId, commit: vote.commit, signature };
    }),
  });
  /** as its receiver will see it: ids are recomputed from what they name */
  const reread = (qc: QuorumCert): QuorumCert =>
    decodeAs(quorumCertShape, encode(quorumCertShape.write(qc))) as QuorumCert;
  const later = reread({ ...ahead, term: real.term + 1 });
  const signature = new Uint8Array(64).fill(7);
  const highest = { term: real.term, height: real.height, id: real.id };
  const timeout = { voter: 3, term: real.term + 9, highest, tail: [], signature };
  const vote = { voter: 3, term: real.term, tipHeight: real.height, tipId: real.id, commit: null, signature };
  const header = { lane: 3, seq: 1, prev: zeroHash, count: 1, size: 10 };

  const lies: readonly [string, string, () => void][] = [
    [
      'a certificate whose signatures are of another height',
      'bad-certificate',
      () => peer.send({ type: 'commit', certificate: reread(ahead) }),
    ],
    [
      'a certificate of too few',
      'bad-certificate',
      () =>
        peer.send({
          type: 'commit',
          certificate: { ...voted(later, later.term), votes: voted(later, later.term).votes.slice(1) },
        }),
    ],
    [
      'one signer three times',
      'bad-certificate',
      () => {
        const [first] = voted(later, later.term).votes;
        peer.send({
          type: 'qc',
          qc: { ...later, links: [], votes: Array.from({ length: 3 }, () => first as QuorumCert['votes'][number]) },
        });
      },
    ],
    // a quorum truly signed these votes, in another term than the one of the block that the certificate claims to prove
    [
      'votes of this term, for a block of the next',
      'bad-certificate',
      () => peer.send({ type: 'commit', certificate: voted(later, real.term) }),
    ],
    [
      'votes of the next term, for a block of this one',
      'bad-certificate',
      () => {
        const block = reread({ ...ahead });
        peer.send({ type: 'commit', certificate: voted(block, real.term + 1) });
      },
    ],
    [
      'a vote of another validator',
      'vote-of-another',
      () => peer.send({ type: 'vote', vote: { ...vote, voter: 1 }, executed: 0 }),
    ],
    ['a Timeout that nobody signed', 'bad-timeout', () => peer.send({ type: 'timeout', timeout, qc: null })],
    [
      'a Timeout of another validator',
      'bad-timeout',
      () => peer.send({ type: 'timeout', timeout: { ...timeout, voter: 1 }, qc: null }),
    ],
    [
      'a batch that is not as long as it says',
      'batch-size',
      () =>
        peer.bulk(
          encodeBatchHeader({ ...header, contentHash: zeroHash, digest: zeroHash, body: [] }, false),
          new Uint8Array(9),
        ),
    ],
    ['bytes', 'forbidden-type', () => peer.write(new Uint8Array(1_000).fill(0xff))],
    ['a tower of arrays', 'too-deep', () => peer.write(new Uint8Array(100_000).fill(0x91))],
    ['an array of 2^32', 'too-many-items', () => peer.write(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff))],
    ['a kind that does not exist', 'unknown-kind', () => peer.write(encode([99, []]))],
    ['a truncated message', 'truncated', () => peer.write(encode([5, [1, 2, 3]]).slice(0, -1))],
  ];
  for (const [what, reason, tell] of lies) {
    await peer.connected();
    await isCounted(t, net, ['psky_p2p_misbehaviour_total', reason], tell);
    t.pass(what);
  }
  await oversized(t, net, home);

  await replaysForEver(t, net, peer);
  peer.close();
  await net.run('dev', 'revive', 'v4');
  await eventually('the real v4 is one of them again', 60, async () => (await net.rpc('v4').call('status', {})).ready);
  await goesOn(t, net, 'after a liar');
  t.same(await net.differences('main'), [], 'all hold one chain');
}

const pidOf = (net: TestDevnet, name: string): number =>
  net.report?.validators.find((each) => each.name === name)?.pid ?? 0;

/** What a proved read carries: signatures of a quorum over the newest block. */
async function newestCertificate(net: TestDevnet): Promise<QuorumCert> {
  const { certificate } = await net.rpc('v1').call('query', {
    chain: 'main',
    path: 'account',
    argument: '00'.repeat(32),
    prove: true,
  });
  const qc = decodeAs(quorumCertShape, fromHex(certificate ?? '') as Bytes);
  if (typeof qc === 'string') throw new Error(`the certificate is ${qc}`);
  return qc;
}

/** Longer than any wire message: ended by the transport before it is buffered. */
async function oversized(t: Test, net: TestDevnet, home: NodeHome): Promise<void> {
  const { host, port } = loadConfig(homeOf(net, 'v1'), {}).peer;
  const { key, certificate: cert } = await createNodeCertificate(loadNodeKey(home.files.nodeKey).seed.reveal());
  const before = residentMiB(pidOf(net, 'v1'));
  for (let i = 0; i < 20; i++) {
    const ws = new WebSocket(`wss://${host}:${port}/peer/control`, { key, cert, rejectUnauthorized: false });
    const gone = closed(ws);
    ws.on('open', () => ws.send(new Uint8Array(32 * maxWireMessageBytes)));
    await within(20, gone, 'it is closed');
  }
  const grown = residentMiB(pidOf(net, 'v1')) - before;
  t.ok(grown < 100, `20 messages of 32 MiB: ${Math.round(grown)} MiB more`);
}

/** Frames that are valid, and were said before, as fast as the link takes them; questions that cost an answer among them. */
async function replaysForEver(t: Test, net: TestDevnet, peer: HostilePeer): Promise<void> {
  await peer.connected();
  await eventually('the victim has spoken', 20, async () => peer.heard.length > 0);
  const own = peer.heard.slice(0, 100);
  const top = await net.heightOf('v1', 'main');
  const { id, batches } = await net.rpc('v1').call('block', { chain: 'main', height: top });
  const digests = batches.map((each) => each.digest as Hash);
  const before = residentMiB(pidOf(net, 'v1'));
  let sent = 0;
  let ended = false;
  const flood = (async () => {
    while (!ended) {
      for (let i = 0; i < 500 && peer.isUp && peer.bufferedBytes < 4 << 20; i++, sent++) {
        if (i % 5 === 0) peer.send({ type: 'get-headers', id: id as Hash, above: 0, count: 64 });
        else if (i % 5 === 1 && digests.length > 0) peer.send({ type: 'get-batches', digests });
        else if (i % 5 === 2) peer.send({ type: 'have', batches: [] });
        else if (own.length > 0 && i % 50 === 3) peer.write(own[sent % own.length] as Bytes);
        else peer.send({ type: 'app', topic: 'noise', bytes: new Uint8Array(100) });
      }
      await pause(1);
    }
  })();
  let puts = 0;
  for (const end = Date.now() + 8_000; Date.now() < end; puts++) await goesOn(t, net, `under flood ${puts}`);
  ended = true;
  await flood;
  const grown = residentMiB(pidOf(net, 'v1')) - before;
  t.ok(sent > 1_000, `${sent} frames, ${puts} puts committed meanwhile`);
  t.ok(grown < 200, `${Math.round(grown)} MiB more`);
}

// — files and command line —

t.test('files that were damaged are refused with their place, and nothing is changed', async (t) => {
  const folder = shortFolder(t);
  const made = join(folder, 'net');
  t.equal((await psky('testnet', '--validators', '1', '--ports', 'auto', '--home', made)).status, 0);
  const cases: readonly [string, string, (text: string) => string, string, RegExp][] = [
    [
      'a setting of the wrong kind',
      'config.toml',
      (text) => text.replace(/port = \d+/, 'port = "many"'),
      'bad-configuration',
      /peer\.port/,
    ],
    ['a tower of tables', 'config.toml', (text) => `${text}\nx = ${'['.repeat(100_000)}`, 'bad-configuration', /./],
    ['no text', 'config.toml', () => '\u0000\u0001\u0002', 'bad-configuration', /TOML/],
    ['a truncated network', 'genesis.json', (text) => text.slice(0, 500), 'bad-genesis', /\(document\)/],
    ['a tower of arrays', 'genesis.json', () => '['.repeat(1_000_000), 'bad-genesis', /./],
    [
      'a key of small order',
      'genesis.json',
      (text) => text.replace(/("signingKey": )"[0-9a-f]{64}"/, `$1"01${'00'.repeat(31)}"`),
      'bad-genesis',
      /validators\[0\]\.signingKey/,
    ],
    ['a truncated key', 'validator_key.json', (text) => text.slice(0, 40), 'key-file-bad', /validator_key\.json/],
  ];
  for (const [what, file, damage, name, place] of cases) {
    const home = join(folder, what.replaceAll(' ', '-'));
    cpSync(join(made, 'v1'), home, { recursive: true });
    const path = join(home, 'config', file);
    const text = damage(readFileSync(path, 'utf8'));
    writeFileSync(path, text);
    const ended = await psky('start', '--home', home, '--json');
    t.not(ended.status, 0, what);
    const { error } = JSON.parse(ended.stdout) as { error: { name: string; message: string; remedy: string } };
    t.equal(error.name, name, what);
    t.match(error.message, place, what);
    t.ok(error.message.length < 2_000 && error.remedy !== '', 'short, with a remedy');
    t.equal(ended.stderr, '', 'no stack');
    t.equal(readFileSync(path, 'utf8'), text, 'nothing is changed');
  }
});

t.test('words that mean nothing end with one line and exit code 2', async (t) => {
  const lines: readonly (readonly string[])[] = [
    ['nonsense'],
    ['dev', '--validators', '-1'],
    ['dev', '--validators', '1e9'],
    ['tx', 'put'],
    ['load', '--rate', 'NaN'],
    ['query', 'get', 'k', '--timeout', `${'9'.repeat(400)}s`],
    ['start', '--no-such-flag', 'x'.repeat(100_000)],
  ];
  const home = join(shortFolder(t), 'nowhere');
  for (const line of lines) {
    const { status, stdout, stderr } = await psky(...line, '--home', home, '--json');
    const shown = line.join(' ').slice(0, 60);
    t.equal(status, 2, `${shown}: ${stdout.slice(0, 200)}${stderr.slice(0, 200)}`);
    t.match(JSON.parse(stdout), { error: { code: 'PSKY-1001', name: 'bad-usage' } }, shown);
  }
});
