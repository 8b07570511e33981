// What clients of the gateway reach, on a real actor system and a fake clock: admission, executor and engine are small
// stand-ins that answer as chain-messages.ts says.

import t from 'tap';
import { type Behavior, type Effects, type Message, shown } from '../../../actors/index.ts';
import type { Application } from '../../../consensus/application.ts';
import type { Archive } from '../../../consensus/archive.ts';
import { type ChainStatus, chainAddresses, type Query, type Submit } from '../../../consensus/chain-messages.ts';
import { expireReaders, onCover } from '../../../consensus/engine-readers.ts';
import type { Engine, Fx } from '../../../consensus/engine-state.ts';
import { executorBehavior } from '../../../consensus/executor.ts';
import { type ChainState, explain } from '../../../consensus/explain.ts';
import { createReadiness } from '../../../consensus/readiness.ts';
import { registerChainService } from '../../../consensus/service/index.ts';
import type { ServedChain } from '../../../consensus/service/served-chain.ts';
import type { Snapshots } from '../../../consensus/snapshots.ts';
import { fromBase64 } from '../../../lib/base64.ts';
import { fromUtf8, toUtf8 } from '../../../lib/bytes.ts';
import { errorRow } from '../../../lib/errors.ts';
import { type Hash, sha256Hex } from '../../../lib/hash.ts';
import { isoTime } from '../../../lib/iso-time.ts';
import type { Result } from '../../../lib/result.ts';
import { seconds } from '../../../lib/units.ts';
import { maxNumbersPerFrame } from '../../../net/gateway/limits.ts';
import {
  decodeNodeFrame,
  type NodeFrame,
  packEntries,
  type Submit as SubmitFrame,
} from '../../../net/gateway/protocol.ts';
import type {
  Gateway,
  GatewayFault,
  StreamEvents,
  StreamHandler,
  StreamSession,
  Subscriber,
  TopicSource,
} from '../../../net/index.ts';
import { createWorld } from '../actors/support.ts';

const chain = 'ab'.repeat(32) as Hash;
const digest = 'cd'.repeat(32) as Hash;
const moved = 'ef'.repeat(32) as Hash;
const names = ['v1', 'v2', 'v3', 'v4'];
const at = 1_700_000_000_000;

const status = (over: Partial<ChainStatus> = {}): ChainStatus => ({
  ...{ type: 'status', height: 7, executed: 7, covered: 7, lastOrdered: 6, term: 3, leader: 1, me: 0 },
  ...{ life: 'following', fenced: undefined, stopped: undefined, timedOut: false, work: false },
  ...{ connected: [true, true, true, true], quorum: 3, lastProgressMs: at, workSinceMs: undefined },
  ...{ quorumLostMs: undefined, timeMs: at, checkpoint: 0, evidence: [], stateRoot: digest },
  ...over,
});

t.test('a chain explains how it is', async (t) => {
  const stopped = { code: 'diverged', height: 5, block: digest, ours: chain, theirs: moved } as const;
  const working = { work: true, workSinceMs: at };
  const two = [true, false, false, true];
  const rows: readonly [string, Partial<ChainStatus>, number, ChainState][] = [
    ['at rest', {}, 60_000, 'idle'],
    ['executing what was ordered', { executed: 6 }, 0, 'ok'],
    ['working', working, 2_000, 'ok'],
    ['without progress', working, 2_001, 'slow'],
    ['the last block is a little ahead', { ...working, timeMs: at + 500 }, 0, 'ok'],
    ['the last block is too far ahead', { ...working, timeMs: at + 501, lastProgressMs: at + 501 }, 0, 'slow'],
    ['ahead, and nothing waits', { timeMs: at + 60_000 }, 0, 'idle'],
    ['new work after a long rest', { ...working, workSinceMs: at + 60_000 }, 60_100, 'ok'],
    ['two of four are gone', { connected: two, quorumLostMs: at + 9 }, 0, 'halted'],
    ['halted comes before slow', { ...working, connected: two }, 9_000, 'halted'],
    ['one is gone', { connected: [true, true, true, false] }, 0, 'idle'],
    ['fenced', { fenced: 'stale record' }, 0, 'fenced'],
    ['fenced and needed', { fenced: 'stale record', connected: [true, true, true, false] }, 0, 'halted'],
    ['diverged', { stopped, connected: two }, 0, 'diverged'],
  ];
  for (const [name, over, later, state] of rows) t.equal(explain(status(over), names, at + later).state, state, name);

  const follower = { me: undefined, connected: [false, true, false, false] };
  for (const [name, over, later, state] of [
    ['a follower of one validator', {}, 0, 'idle'],
    ['a follower that is behind', { ...working, height: 9 }, 2_001, 'slow'],
    ['a follower that fetches', { ...working, height: 9 }, 100, 'ok'],
    ['a follower alone', { connected: [false, false, false, false], quorumLostMs: at }, 0, 'halted'],
  ] as const)
    t.equal(explain(status({ ...follower, ...over }), names, at + later).state, state, name);
  t.match(explain(status(follower), names, at), {
    ...{ missing: [], have: 1, need: 1 },
    sentence: /^This node follows the chain: height 7.*linked to v2\.$/,
  });

  const halted = explain(status({ connected: two, quorumLostMs: at + 9 }), names, at);
  t.match(halted, { missing: ['v2', 'v3'], have: 2, need: 3, since: isoTime(at + 9) });
  t.match(halted.sentence, /height 7 .*v2 and v3 are not linked, 2 of 4 .* 3 are needed/);
  t.match(halted.remedy, /v2/);

  const ahead = explain(status({ ...working, timeMs: at + 60_500 }), names, at);
  t.match(ahead.sentence, /last block is ahead of this node's clock, and the next one waits for 60 s/);
  t.match(ahead.remedy, /clocks/);
});

t.test('instants and base64 are written as the platform writes them', async (t) => {
  for (const ms of [0, 951_782_399_999, 951_782_400_000, 1_709_164_800_123, at, 253_402_300_799_999]) {
    t.equal(isoTime(ms), new Date(ms).toISOString());
  }
  for (const text of ['', 'a', 'ab', 'abc', 'abcd']) {
    t.same(fromBase64(Buffer.from(text).toString('base64')), fromUtf8(text));
  }
  for (const bad of ['a', 'ab==c', 'YR==', '****', 'YQ=']) t.equal(fromBase64(bad), undefined, bad);
});

/** what the engine's description holds of a status */
const healthOf = ({ height, executed, connected, quorum, workSinceMs }: ChainStatus) => ({
  ...{ height, executed, needed: quorum, progressMs: at, workSinceMs: workSinceMs ?? null },
  connected: connected.filter((up) => up).length,
});

type Receive = (message: Message, effects: Effects) => void;
type Method = (params: object, context: object, answer: (outcome: Result<unknown, GatewayFault>) => void) => void;

/** A gateway that keeps what is registered, and a chain whose actors are the given functions. */
function serve(
  actors: { readonly admission?: Receive; readonly executor?: Receive; readonly status?: ChainStatus },
  over: Partial<ServedChain> = {},
  role: 'validator' | 'follower' = 'validator',
) {
  const world = createWorld();
  const { system, clock } = world;
  const addresses = chainAddresses(chain);
  const behavior = (receive: Receive): Behavior<null, Message> => ({
    kind: 'stand-in',
    mailbox: { capacity: 1000 },
    start: () => null,
    receive: (_state, message, effects) => receive(message, effects),
  });
  const executor: Receive = (message, effects) => actors.executor?.(message, effects);
  system.spawn(addresses.admission, behavior(actors.admission ?? (() => {})), { shard: 'main' });
  system.spawn(addresses.executor, behavior(executor), { shard: 'main' });
  system.spawn(addresses.engine, {
    ...behavior((message, effects) => message.type === 'status' && effects.reply(actors.status ?? status())),
    describe: () => ({ state: 'following', context: healthOf(actors.status ?? status()) }),
  });
  world.log.sync();
  // the shard of a chain's actors bears its name
  system.addShard(chain, world.log, 'main');
  const methods = new Map<string, Method>();
  const topics = new Map<string, TopicSource>();
  const readiness = createReadiness();
  let handler: StreamHandler | undefined;
  const checks: { check(): { ok: boolean } }[] = [];
  const gateway = {
    registerMethod: (name: string, method: Method) => void methods.set(name, method),
    registerTopic: (name: string, source: TopicSource) => void topics.set(name, source),
    registerStream: (given: StreamHandler) => {
      handler = given;
    },
    registerReadyCheck: (check: { check(): { ok: boolean } }) => void checks.push(check),
  } as unknown as Gateway;
  const service = registerChainService(gateway, {
    ...{ system, clock, nodeId: 'n1', nodeName: 'v1', version: '1.0.0', role },
    validators: names.map((name) => ({ name, nodeId: `id-${name}`, signingKey: fromUtf8(name) })),
    chains: [
      {
        ...{ name: 'main', application: 'blob', chain, epoch: 0, addresses, hashOf: (entry) => sha256Hex(entry) },
        stopped: () => false,
        archive: () =>
          ({ lastHeight: 7, locate: (_: Hash, done: (height?: number) => void) => done() }) as unknown as Archive,
        receipts: undefined,
        readiness,
        ...over,
      },
    ],
  });
  const call = (name: string, params: object): readonly Result<unknown, GatewayFault>[] => {
    const answers: Result<unknown, GatewayFault>[] = [];
    (methods.get(name) as Method)(params, { gone: () => false }, (outcome) => answers.push(outcome));
    clock.settle();
    return answers;
  };
  return {
    ...world,
    addresses,
    call,
    checks,
    topics,
    readiness,
    service,
    open: (session: StreamSession) => handler?.open(session),
  };
}

const submitted = (refused: readonly { index: number; code: number }[], accepts: boolean): Message =>
  ({
    type: 'submitted',
    refused,
    place: accepts ? { lane: 1, seq: 4, digest, offset: 10 } : undefined,
  }) as Message;

const entry = Buffer.from('hello').toString('base64');
const hash = sha256Hex(fromUtf8('hello'));

t.test(
  'an entry is accepted only when its sync is done, refused with its code, pending when time is over',
  async (t) => {
    const given: Submit[] = [];
    const served = serve({
      admission(message, effects) {
        given.push(message as Submit);
        effects.persist(1, [fromUtf8('batch')]);
        effects.reply(submitted([], true));
      },
      executor(message, effects) {
        if (message.type === 'await-outcome' && given.length > 1)
          effects.reply({ type: 'outcome', height: 9, index: 10, code: 0 } as Message);
      },
    });
    const accepted = served.call('submit', { entry });
    t.equal(accepted.length, 0, 'what the answer rests on is not durable yet');
    t.same(given[0]?.entries, packEntries([fromUtf8('hello')]), 'an entry goes on behind its length');
    served.log.sync();
    const blank = { hash, height: null, index: null, code: null };
    t.same(accepted, [{ ok: true, value: { ...blank, status: 'accepted' } }]);

    const pending = served.call('submitAndWait', { entry, timeoutMs: 400 });
    given.pop();
    served.log.sync();
    served.clock.advance(1_000);
    t.same(pending, [{ ok: true, value: { ...blank, status: 'pending' } }]);

    given.push(given[0] as Submit);
    const committed = served.call('submitAndWait', { entry });
    served.log.sync();
    served.clock.advance(10);
    served.log.sync();
    t.same(committed, [{ ok: true, value: { hash, status: 'committed', height: 9, index: 10, code: 0 } }]);

    const refusing = serve({ admission: (_, effects) => effects.reply(submitted([{ index: 0, code: 2010 }], false)) });
    t.same(refusing.call('submit', { entry }), [{ ok: true, value: { ...blank, status: 'refused', code: 2010 } }]);
    t.match(refusing.call('submit', { entry, chain: 'other' }), [{ ok: false, error: { name: 'unknown-chain' } }]);
  },
);

t.test('a follower says which validator has accepted, until the command is final and with its receipt', async (t) => {
  let final = false;
  const served = serve(
    {
      admission: (_, effects) => effects.reply(submitted([], true)),
      executor(message, effects) {
        if (message.type === 'await-outcome' && final)
          effects.reply({ type: 'outcome', height: 9, index: 10, code: 2010 } as Message);
      },
    },
    {},
    'follower',
  );
  const blank = { hash, height: null, index: null, code: null, acceptedBy: 'v2' };
  t.same(served.call('submit', { entry }), [{ ok: true, value: { ...blank, status: 'accepted' } }]);
  const pending = served.call('submitAndWait', { entry, timeoutMs: 400 });
  served.clock.advance(1_000);
  t.same(pending, [{ ok: true, value: { ...blank, status: 'pending' } }]);
  final = true;
  t.same(served.call('submitAndWait', { entry }), [
    { ok: true, value: { ...blank, status: 'committed', height: 9, index: 10, code: 2010 } },
  ]);
  const refusing = serve(
    { admission: (_, effects) => effects.reply(submitted([{ index: 0, code: 2010 }], false)) },
    {},
    'follower',
  );
  const { acceptedBy: _, ...refused } = { ...blank, status: 'refused', code: 2010 };
  t.same(refusing.call('submit', { entry }), [{ ok: true, value: refused }]);
});

t.test('status and validators speak of the links that are down; readiness follows them', async (t) => {
  const served = serve({ status: status({ connected: [true, false, false, true], quorumLostMs: at }) });
  served.clock.advance(100);
  t.match(served.call('status', {}), [
    {
      ok: true,
      value: { name: 'v1', ready: false, chains: [{ name: 'main', state: 'halted', missing: ['v2', 'v3'] }] },
    },
  ]);
  t.match(served.call('validators', {}), [
    { ok: true, value: { quorum: 3, validators: [{ connected: true }, { connected: false }] } },
  ]);
  t.notOk(served.checks[0]?.check().ok);
  const well = serve({});
  well.clock.advance(100);
  t.ok(well.checks.every((each) => each.check().ok));
  t.equal(well.clock.pendingTimers, 0, 'nothing looks while nobody asks');
  const stuck = serve({ status: status({ work: true, workSinceMs: at }) });
  stuck.clock.advance(10_001);
  t.same(
    stuck.checks.map((each) => each.check().ok),
    [true, true, false],
  );

  let told = 0;
  well.service.whenReady(() => told++);
  t.equal(told, 0);
  for (const ready of [true, false, true]) well.readiness.tell(ready);
  t.equal(told, 1, 'the engine says when');
});

t.test('a chain that does not run says so, and how many it takes', async (t) => {
  const served = serve({});
  served.system.stop(served.addresses.engine);
  t.match(served.call('status', {}), [
    { ok: true, value: { ready: false, chains: [{ state: 'halted', have: 0, need: 3, since: isoTime(at) }] } },
  ]);
  t.match(served.checks[0]?.check(), { ok: false, detail: /does not run/ });
  t.match(served.call('checkpoint', {}), [{ ok: false, error: { name: 'node-not-ready' } }]);
  served.system.stop(served.addresses.admission);
  const code = errorRow('node-not-ready').code;
  t.match(served.call('submit', { entry }), [{ ok: true, value: { status: 'refused', code } }]);
});

t.test('evidence is shown with the bytes that prove it', async (t) => {
  const piece = { kind: 'two-tips', validator: 2, epoch: 0, detail: 'two tips', wallMs: at, proof: [fromUtf8('ab')] };
  const served = serve({ status: status({ evidence: [piece] }) });
  t.same(served.call('evidence', {}), [
    {
      ok: true,
      value: {
        chain,
        evidence: [
          { kind: 'two-tips', epoch: 0, detail: 'two tips', since: isoTime(at), proof: ['6162'], validator: 'v3' },
        ],
      },
    },
  ]);
});

class Client implements StreamSession {
  readonly id = 'client';
  readonly principal = { kind: 'anonymous' } as const;
  readonly chain = '';
  readonly frames: NodeFrame[] = [];
  credit = 0;
  opened(): void {}
  send(): void {}
  consumed(bytes: number): void {
    this.credit += bytes;
  }
  readonly faults: [string, number | undefined][] = [];
  closed: string | undefined;
  fail(fault: GatewayFault, frame?: number): void {
    this.faults.push([fault.name, frame]);
  }
  close(reason: string): void {
    this.closed ??= reason;
  }
  write(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      const decoded = decodeNodeFrame(part);
      if (decoded.ok) this.frames.push(decoded.value);
    }
  }
}

const frameOf = (frame: number, count: number): SubmitFrame => ({
  ...{ type: 'submit', frame, kind: 2, count, traceparent: null },
  entries: packEntries(Array.from({ length: count }, (_, i) => fromUtf8(`${frame}-${i}`))),
});

const blockOf = (height: number, of: Hash, exceptions: readonly { index: number; code: number }[]): Message =>
  ({
    ...{ type: 'block-executed', height, id: digest, timeMs: at, digests: [of] },
    outcomes: [{ lane: 1, seq: 4, count: 100, firstIndex: 0, exceptions }],
  }) as Message;

function openStream(admission: Receive, executor: Receive = () => {}, over: Partial<ServedChain> = {}) {
  const served = serve({ admission, executor }, over);
  const client = new Client();
  const outcome = served.open(client);
  if (outcome?.ok !== true) throw new Error('the stream opens');
  served.clock.settle();
  const events: StreamEvents = outcome.value;
  const submit = (frame: number, count: number): void => {
    events.submit(frameOf(frame, count), new Uint32Array(count + 1), 1_000);
    served.clock.settle();
  };
  const tell = (message: Message): void => {
    for (const { address, kind } of served.system.inspect().actors) {
      if (kind === 'stream') served.system.deliver(address, message);
    }
    served.clock.settle();
  };
  return { ...served, client, events, submit, tell };
}

t.test('a frame is answered once, after its sync, with ranges, codes and its credit', async (t) => {
  const stream = openStream((_, effects) => {
    effects.persist(1, [fromUtf8('batch')]);
    effects.reply(submitted([{ index: 1, code: 2010 }], true));
  });
  stream.submit(1, 4);
  t.equal(stream.client.frames.length, 0, 'the gate holds the answer');
  stream.log.sync();
  t.same(stream.client.frames, [
    {
      ...{ type: 'answer', frame: 1, accepted: [0, 1, 2, 2], refused: [1, 2010] },
      place: { lane: 1, seq: 4, digest, offset: 10 },
    },
  ]);
  t.equal(stream.client.credit, 1_000);
});

t.test(
  'one notice a block names the ranges of this client alone, and the entries that failed by their own index',
  async (t) => {
    const stream = openStream((_, effects) => effects.reply(submitted([{ index: 1, code: 2010 }], true)));
    stream.submit(1, 4);
    stream.tell(blockOf(8, moved, []));
    t.equal(stream.client.frames.length, 1, 'a block of others is no news');
    // entries 0, 2 and 3 of the frame stand at 10, 11 and 12 of the batch
    const code = errorRow('duplicate-command').code;
    stream.tell(
      blockOf(9, digest, [
        { index: 9, code },
        { index: 11, code },
        { index: 13, code },
      ]),
    );
    t.same(stream.client.frames.slice(1), [
      { type: 'notice', height: 9, timeMs: at, ranges: [1, 0, 1, 1, 2, 2], exceptions: [1, 2, code] },
    ]);
    stream.tell(blockOf(9, digest, []));
    t.equal(stream.client.frames.length, 2, 'what is final is told once');
  },
);

t.test('a block that overtakes the answer is told after it', async (t) => {
  let release: (() => void) | undefined;
  const stream = openStream((_, effects) => {
    const { asker } = effects;
    if (asker === undefined) effects.reply(submitted([], true), kept);
    else {
      kept = asker;
      release = () => stream.system.deliver(stream.addresses.admission, { type: 'release' });
    }
  });
  let kept: Effects['asker'];
  stream.submit(1, 2);
  stream.tell(blockOf(9, digest, []));
  t.same(stream.client.frames, []);
  release?.();
  stream.clock.settle();
  t.same(
    stream.client.frames.map(({ type }) => type),
    ['answer', 'notice'],
  );
});

t.test('content that a committed cut left out is told where it stands then (L4)', async (t) => {
  const stream = openStream((_, effects) => effects.reply(submitted([], true)));
  stream.submit(1, 2);
  stream.tell({ type: 'reappended', lost: digest, place: { lane: 1, seq: 5, digest: moved } } as Message);
  stream.tell(blockOf(9, moved, []));
  t.match(stream.client.frames[1], { type: 'notice', height: 9, ranges: [1, 0, 2] });
});

t.test('after a reconnect a client hears of what was executed, and of what is still to come', async (t) => {
  const outcome = { lane: 1, seq: 4, count: 100, firstIndex: 0, exceptions: [{ index: 11, code: 2010 }] };
  const stream = openStream(
    () => {},
    (message, effects) => {
      if (message.type !== 'tell-fate') return;
      const asked = (message as unknown as { digest: Hash }).digest;
      const fate = asked === digest ? { fate: 'executed', height: 6, timeMs: at, outcome } : { fate: 'coming' };
      const answer: object = { type: 'batch-fate', digest: asked, ...fate };
      effects.reply(answer as Message);
    },
  );
  const watch = (frame: number, of: Hash): void => {
    stream.events.watch({ type: 'watch', frame, place: { lane: 1, seq: 4, digest: of, offset: 10 }, accepted: [0, 2] });
    stream.clock.settle();
  };
  watch(5, digest);
  t.match(stream.client.frames, [{ type: 'notice', height: 6, ranges: [5, 0, 2], exceptions: [5, 1, 2010] }]);
  watch(6, moved);
  t.equal(stream.client.frames.length, 1);
  stream.tell(blockOf(9, moved, []));
  t.match(stream.client.frames[1], { type: 'notice', height: 9, ranges: [6, 0, 2] });
});

t.test('the end of a stream is the end of its actor', async (t) => {
  const stream = openStream((_, effects) => effects.reply(submitted([], true)));
  const streams = () => stream.system.inspect().actors.filter(({ kind }) => kind === 'stream');
  t.equal(streams().length, 1, JSON.stringify(shown(streams())));
  stream.events.closed();
  stream.clock.settle();
  t.equal(streams().length, 0);
});

t.test('a notice with more numbers than a frame may hold is sent as several', async (t) => {
  let frames = 0;
  const odd = Array.from({ length: 500 }, (_, i) => ({ index: 2 * i + 1, code: 2010 }));
  const stream = openStream((_, effects) =>
    effects.reply({
      ...{ type: 'submitted', refused: odd },
      place: { lane: 1, seq: 4, digest, offset: 500 * frames++ },
    } as Message),
  );
  for (let frame = 1; frame <= 12; frame++) stream.submit(frame, 1000);
  const failed = Array.from({ length: 6000 }, (_, index) => ({ index, code: 2010 }));
  stream.tell(blockOf(9, digest, failed));
  const notices = stream.client.frames.flatMap((each) => (each.type === 'notice' ? [each] : []));
  t.ok(notices.length > 2 && notices.every(({ ranges }) => ranges.length <= maxNumbersPerFrame));
  t.ok(notices.every(({ exceptions }) => exceptions.length <= maxNumbersPerFrame));
  const told = (of: 'ranges' | 'exceptions') => notices.reduce((sum, notice) => sum + notice[of].length / 3, 0);
  t.same([told('ranges'), told('exceptions')], [6000, 6000]);
});

t.test('a stream ends, and never goes deaf or says what it does not know', async (t) => {
  const streams = (of: ReturnType<typeof openStream>) =>
    of.system.inspect().actors.filter(({ kind }) => kind === 'stream').length;
  const restarted = openStream((_, effects) => effects.reply(submitted([], true)));
  restarted.system.stop(restarted.addresses.executor);
  restarted.clock.settle();
  t.equal(restarted.client.closed, 'the chain stopped on this node');
  t.equal(streams(restarted), 0);

  const silent = openStream(() => {});
  silent.submit(1, 2);
  silent.clock.advance(599_000);
  t.same([silent.client.frames, silent.client.closed], [[], undefined], 'the entries may still be ordered');
  silent.clock.advance(1_000);
  t.same([silent.client.frames, silent.client.closed], [[], 'admission does not answer']);

  const full = openStream((_, effects) => effects.reply(submitted([], true)));
  full.tell({ type: 'not-subscribed' });
  t.match(full.client.closed, /too many clients/);
  full.submit(7, 2);
  t.same(full.client.faults, [['gateway-busy', 7]], 'what no actor takes fails');
  t.equal(full.client.credit, 1_000, 'with its credit');
});

const blockAt = (height: number, batches: readonly { digest: Hash; count: number }[]) => ({
  ...{ height, entries: batches.reduce((sum, { count }) => sum + count, 0) },
  ...{ batches, signed: { header: { id: digest, state: { timeMs: at + height } } } },
});

/** A chain whose archive ends at block 7, and whose block 5 orders `moved`, then `digest`; its ledger answers 4 receipts at a time. */
const past: Partial<ServedChain> = {
  archive: () =>
    ({
      lastHeight: 7,
      locate: (of: Hash, done: (height?: number) => void) => done(of === digest ? 5 : undefined),
      block(height: number, done: (block: object | undefined) => void) {
        done(
          height > 9
            ? undefined
            : blockAt(
                height,
                height === 5
                  ? [
                      { digest: moved, count: 3 },
                      { digest, count: 6 },
                    ]
                  : [],
              ),
        );
      },
    }) as unknown as Archive,
  receipts: { decode: () => undefined, decodeMany: (encoded) => JSON.parse(toUtf8(encoded) ?? '[]') },
};

const receiptsOf: Receive = (message, effects) => {
  if (message.type === 'tell-fate') {
    effects.reply({
      type: 'batch-fate',
      digest: (message as unknown as { digest: Hash }).digest,
      fate: 'unknown',
    } as Message);
  } else if (message.type === 'query') {
    const { argument } = (message as Query).request;
    const first = 4 * Math.floor((argument.at(-1) as number) / 4);
    const receipts = [0, 1, 2, 3].map((i) => ({
      ...{ hash, height: 5, index: first + i, code: first + i === 4 ? 2010 : 0 },
      events: [{ topic: first + i === 4 ? 'delete' : 'put', data: [] }],
    }));
    effects.reply({ type: 'queried', height: 7, value: fromUtf8(JSON.stringify(receipts)) } as Message);
  }
};

t.test('a batch that the executor has forgotten is told from the archive and its receipts, once', async (t) => {
  const watch = { type: 'watch', frame: 5, place: { lane: 1, seq: 4, digest, offset: 1 }, accepted: [0, 2] } as const;
  const stream = openStream(() => {}, receiptsOf, past);
  stream.events.watch(watch);
  stream.clock.settle();
  // entry 4 of the block is entry 1 of the batch, and the first of the frame
  const notice = { type: 'notice', height: 5, timeMs: at + 5, ranges: [5, 0, 2], exceptions: [5, 0, 2010] };
  t.same(stream.client.frames, [notice]);
  stream.tell(blockOf(5, digest, []));
  t.equal(stream.client.frames.length, 1);
  t.match(
    stream.system.inspect().actors.find(({ kind }) => kind === 'stream'),
    { state: 'idle' },
  );

  const pruned = openStream(
    () => {},
    (message, effects) => {
      if (message.type === 'query') effects.reply({ type: 'queried', height: 7, value: undefined } as Message);
      else receiptsOf(message, effects);
    },
    past,
  );
  pruned.events.watch(watch);
  pruned.clock.settle();
  t.same(pruned.client.faults, [['not-found', 5]]);
});

t.test('a follower gives events by block, and ends with the first push that is refused', async (t) => {
  const follow = (topic: string, cursor: string, takes: number, filter?: string) => {
    const served = serve({ executor: receiptsOf }, past);
    const pushed: [string, unknown][] = [];
    const lagged: string[] = [];
    const subscriber: Subscriber = {
      push: (at, data) => pushed.push([at, data]) <= takes,
      lagged: (missed, at) => void lagged.push(`${missed} ${at}`),
    };
    const opened = served.topics
      .get(topic)
      ?.open({ topic: 'events', cursor, credit: 1, ...(filter === undefined ? {} : { filter }) }, subscriber);
    served.clock.settle();
    const followers = () => served.system.inspect().actors.filter(({ kind }) => kind === 'follower').length;
    return { ...served, opened, pushed, lagged, followers };
  };
  const events = follow('events', '4', 9, 'del');
  t.match(events.pushed, [
    ['5', { height: 5, timeMs: at + 5, events: [{ hash, index: 4, name: 'delete', data: '' }] }],
  ]);
  events.system.stop(events.addresses.executor);
  events.clock.settle();
  t.same([events.lagged, events.followers()], [['0 7'], 0], 'a chain that stops is told');

  const slow = follow('commits', '2', 1);
  t.same(
    slow.pushed.map(([cursor]) => cursor),
    ['3', '4'],
  );
  t.same([slow.lagged, slow.followers()], [[], 0], 'who refused was told lagged by the gateway');
  const blob = serve({});
  t.match(blob.topics.get('events')?.open({ topic: 'events', credit: 1 }, {} as Subscriber), {
    error: { name: 'not-found' },
  });
});

t.test('a read waits for its height, and is refused when its time is over', async (t) => {
  const world = createWorld();
  const addresses = chainAddresses(chain);
  const application = {
    query: (_: unknown, done: (error: undefined, value: object) => void) => done(undefined, { height: 4 }),
    apply: ({ height }: { height: number }, done: (error: undefined, applied: object) => void) =>
      done(undefined, { height, stateRoot: digest, outboxRoot: digest, outcomes: [] }),
  } as unknown as Application;
  const archive = { add: (_: unknown, __: unknown, done: (fault?: string) => void) => done() } as unknown as Archive;
  const snapshots = {} as Snapshots;
  world.system.spawn(addresses.executor, executorBehavior({ application, archive, snapshots, addresses, height: 3 }), {
    shard: 'main',
  });
  const answers: string[] = [];
  const query = (minHeight: number, timeoutMs: number): void => {
    const request = { path: 'value', argument: fromUtf8('k'), prove: false };
    world.system.ask(
      addresses.executor,
      { type: 'query', request, minHeight, timeoutMs } as Message,
      seconds(60),
      (outcome) => {
        const code = outcome.ok ? (outcome.value as { code?: number }).code : undefined;
        answers.push(`${minHeight} ${outcome.ok ? outcome.value.type : outcome.error} ${code ?? ''}`.trim());
      },
    );
    world.clock.settle();
  };
  const late = `refusal ${errorRow('not-covered-in-time').code}`;
  query(3, 100);
  query(9, 900);
  query(8, 100);
  query(4, 500);
  world.clock.advance(200);
  t.same(answers, ['3 queried', `8 ${late}`]);
  const block = { height: 4, id: digest, timeMs: at };
  world.system.deliver(addresses.executor, { type: 'execute', block, batches: [] } as Message);
  world.clock.settle();
  t.same(answers.slice(2), ['4 queried']);
  world.clock.advance(900);
  t.same(answers.slice(3), [`9 ${late}`]);
});

t.test('readers who have given up take no place in the engine', async (t) => {
  const core = { lastOrdered: 5, committedTip: { id: digest, execHeight: 5 }, commitCert: undefined };
  const engine = { core, readers: [] } as unknown as Engine;
  const delays: number[] = [];
  const effectsAt = (now: number) =>
    ({ now, asker: undefined, schedule: (_: string, delay: number) => void delays.push(delay) }) as unknown as Fx;
  onCover(engine, { type: 'cover', minHeight: Number.MAX_SAFE_INTEGER, withinMs: 300 }, effectsAt(0));
  onCover(engine, { type: 'cover', minHeight: 9, withinMs: 900 }, effectsAt(0));
  expireReaders(engine, effectsAt(300));
  t.same([engine.readers.length, delays], [1, [300, 600]]);
  expireReaders(engine, effectsAt(900));
  t.same([engine.readers.length, delays], [0, [300, 600]]);
});
