import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { blobWorkload } from '../../../bench/load/blob-workload.ts';
import { openCommands } from '../../../bench/load/counts.ts';
import { growthOf } from '../../../bench/load/disk-room.ts';
import { accountsAfter } from '../../../bench/load/find-max.ts';
import { Generator, type GeneratorReport } from '../../../bench/load/generator.ts';
import { newHistogram, recordRange, summarise, unpackHistogram } from '../../../bench/load/latency.ts';
import { type LoadPlan, Schedule, type SharedAccounts } from '../../../bench/load/plan.ts';
import { startLoad } from '../../../bench/load/run-load.ts';
import { signedWorkload } from '../../../bench/load/signed-workload.ts';
import { SubmitBuffer } from '../../../bench/load/submit-buffer.ts';
import { createNetwork, devnetChains } from '../../../cli/home/create.ts';
import { nodeHome } from '../../../cli/home/home.ts';
import { lockHome } from '../../../cli/home/lock.ts';
import { writeRunning } from '../../../cli/running.ts';
import { decodeCommand } from '../../../ledger/commands/index.ts';
import { errorRow } from '../../../lib/errors.ts';
import { GiB, MiB } from '../../../lib/units.ts';
import { decodeClientFrame, encodeClientFrame, entryOffsets, type Submit } from '../../../net/gateway/protocol.ts';
import { openNodeStreamSocket } from '../../../sdk/drivers/node-stream-socket.ts';
import { type FakeBehaviour, FakeChain, FakeServer } from './fake-stream-server.ts';

const planOf = (given: Partial<LoadPlan> = {}): LoadPlan => ({
  mode: 'blob',
  rate: 2_000,
  size: 64,
  seconds: 0.5,
  warmUpSeconds: 0,
  clients: 2,
  commandsPerEntry: 1,
  coalesceMs: 4,
  createdMs: Date.now(),
  runId: '0123456789abcdef',
  ...given,
});

async function serversOf(chain: FakeChain, behaviours: readonly FakeBehaviour[]): Promise<FakeServer[]> {
  const servers = behaviours.map((behaviour, lane) => new FakeServer(chain, lane, behaviour));
  await Promise.all(servers.map((server) => server.listen()));
  return servers;
}

interface Ran {
  readonly last: GeneratorReport;
  readonly latency: ReturnType<typeof summarise>;
  /** how many were recorded */
  readonly latencies: number;
}

async function runAgainst(
  chain: FakeChain,
  servers: readonly FakeServer[],
  plan: LoadPlan,
  options: { settleMs?: number; sendGraceMs?: number; during?: () => void } = {},
): Promise<Ran> {
  const clients = Array.from({ length: plan.clients }, (_, i) => i);
  const targets = servers.map((server, i) => ({ name: `v${i + 1}`, rpc: server.rpc }));
  const workload = blobWorkload(plan, new Schedule(plan));
  const { during, ...limits } = options;
  const generator = new Generator(
    { plan, clients, targets, chain: chain.id, ...limits },
    workload,
    openNodeStreamSocket,
  );
  const total = newHistogram();
  t.ok(await generator.connect(), 'every client has a stream');
  during?.();
  const take = ({ latencies }: GeneratorReport): void => {
    if (latencies !== '') total.add(unpackHistogram(latencies) as never);
  };
  const last = await generator.run(Date.now() + 20, take);
  take(last);
  return { last, latency: summarise(total), latencies: total.totalCount };
}

t.test('the schedule deals every entry to one client, in order, when its slot is due', async (t) => {
  const schedule = new Schedule(planOf({ rate: 3_500, seconds: 1, clients: 3 }));
  t.equal(schedule.entries, 3_500);
  t.equal(schedule.run, 14);
  let entries = 0;
  const next = [0, 0, 0];
  for (let slot = 0; slot < schedule.slots; slot++) {
    const client = schedule.clientOf(slot);
    for (let i = 0; i < schedule.countOf(slot); i++) {
      if (schedule.ordinalOf(schedule.firstOf(slot) + i) !== next[client]) t.fail(`slot ${slot}`);
      next[client] = (next[client] as number) + 1;
      entries++;
    }
  }
  t.equal(entries, 3_500);
  t.equal(schedule.intendedMs(3_499).toFixed(3), '999.714');
  t.equal(schedule.entriesDue(500, false), 1_751);
});

t.test('the warm-up comes before the measured part, which keeps its size to the entry', async (t) => {
  for (const [rate, seconds, warmUpSeconds] of [
    [3_500, 1, 0.3],
    [1_000, 30, 2],
    [7, 3, 1],
  ] as const) {
    const schedule = new Schedule(planOf({ rate, seconds, warmUpSeconds, clients: 3 }));
    t.equal(schedule.measuredEntries, rate * seconds, `${rate}/s`);
    t.ok(schedule.measuredFromMs >= warmUpSeconds * 1_000 - 1, `${schedule.measuredFromMs} ms`);
    t.ok(schedule.measuredFromMs < warmUpSeconds * 1_000 + schedule.run * schedule.msPerEntry);
    t.ok(schedule.isWarmUp(schedule.warmUpSlots - 1) && !schedule.isWarmUp(schedule.warmUpSlots));
    const warmUp = schedule.firstOf(schedule.warmUpSlots);
    t.equal(schedule.entriesDue(1e9, true), warmUp);
    t.equal(schedule.entriesDue(1e9, false), rate * seconds);
    t.equal(schedule.entriesDue(schedule.measuredFromMs - 0.001, false), 0);
  }
});

t.test('a Submit built in place has the bytes of the protocol', async (t) => {
  for (const [size, count, frame] of [
    [16, 1, 1],
    [16, 3, 200],
    [64, 200, 70_000],
    [512, 700, 5_000_000],
  ] as const) {
    const plan = planOf({ size, rate: count * 250, seconds: 1 });
    const workload = blobWorkload(plan, new Schedule(plan));
    const buffer = new SubmitBuffer(workload.slotBytes);
    workload.prepare(buffer);
    workload.write(buffer, 0, 1);
    buffer.seal(1, workload.kind, 1, size + 4); // a short frame before
    const length = workload.write(buffer, 1_000, count);
    const message = buffer.seal(frame, workload.kind, count, length);
    const decoded = decodeClientFrame(message);
    t.ok(decoded.ok, `${count} entries of ${size}`);
    if (!decoded.ok) continue;
    t.same(Buffer.from(encodeClientFrame(decoded.value)), Buffer.from(message), 'canonical');
    const submit = decoded.value as Submit;
    t.match({ frame: submit.frame, count: submit.count }, { frame, count });
    t.ok(entryOffsets(submit.entries, count), 'the lengths fill the frame');
  }
});

t.test('signed puts and bundles have their size to the byte and decode as commands', async (t) => {
  const chain = new FakeChain().id;
  for (const plan of [
    planOf({ mode: 'signed', size: 256, rate: 400, seconds: 1 }),
    planOf({ mode: 'signed', size: 512, rate: 400, seconds: 1 }),
    planOf({ mode: 'bundle', size: 300, rate: 4_000, seconds: 1, commandsPerEntry: 100 }),
  ]) {
    const schedule = new Schedule(plan);
    const workload = signedWorkload(plan, schedule, [0, 1], chain);
    const buffer = new SubmitBuffer(workload.slotBytes);
    const seen = new Set<string>();
    for (let slot = 0; slot < schedule.slots; slot++) {
      const count = schedule.countOf(slot);
      const length = workload.write(buffer, schedule.firstOf(slot), count);
      const packed = Buffer.from(buffer.bytes.subarray(buffer.entriesAt, buffer.entriesAt + length));
      const offsets = entryOffsets(packed, count) as Uint32Array;
      for (let i = 0; i < count; i++) {
        const entry = packed.subarray((offsets[i] as number) + 4, offsets[i + 1]);
        const command = decodeCommand(entry);
        if (!command.ok || entry.length !== plan.size * plan.commandsPerEntry) {
          t.fail(`${plan.mode}: ${entry.length} bytes`);
          return;
        }
        seen.add(command.value.hash);
        if (i === 0 && slot === 0) {
          t.equal(workload.hashOf(0), command.value.hash, 'and are known by their hash');
          t.equal(command.value.operations.length, plan.commandsPerEntry);
          t.equal(command.value.nonce, 1);
        }
      }
    }
    t.equal(seen.size, schedule.entries, 'no two are the same');
  }
});

t.test(
  'tries that share accounts go on where the one before ended, unless that is beyond the nonce window',
  async (t) => {
    const chain = new FakeChain().id;
    const plan = planOf({ mode: 'bundle', size: 300, rate: 4_000, seconds: 1, commandsPerEntry: 100 });
    const signers = (accounts: SharedAccounts): string[] => {
      const schedule = new Schedule(plan);
      const workload = signedWorkload({ ...plan, accounts }, schedule, [0, 1], chain);
      const buffer = new SubmitBuffer(workload.slotBytes);
      const found: string[] = [];
      for (let slot = 0; slot < schedule.slots; slot++) {
        workload.write(buffer, schedule.firstOf(slot), 1);
        const command = decodeCommand(buffer.bytes.subarray(buffer.entriesAt + 4, buffer.entriesAt + 4 + 30_000));
        if (command.ok) found.push(`${command.value.actor} ${command.value.nonce}`);
      }
      return found;
    };
    const first = { seed: '5a'.repeat(32), firstNonce: 1 };
    const second = accountsAfter(first, new Schedule(plan));
    const seen = [...signers(first), ...signers(second)];
    t.equal(seen.length, 80);
    t.equal(new Set(seen).size, 80, 'no nonce twice');
    t.equal(new Set(seen.map((each) => each.split(' ')[0])).size, 2, 'of the same two accounts');
    const many = accountsAfter(first, new Schedule({ ...plan, commandsPerEntry: 1, seconds: 1 }));
    t.not(many.seed, first.seed, 'a client left out more than the nonce window holds');
    t.equal(many.firstNonce, 1);
  },
);

t.test('latency counts from when a command was due, so a standstill shows in all that were due in it', async (t) => {
  const histogram = newHistogram();
  recordRange(histogram, { firstLatencyMs: 1_000, count: 1_000, msPerEntry: 1, weight: 1 });
  const latency = summarise(histogram);
  t.ok(Math.abs((latency?.p50 ?? 0) - 500) < 2, 'half of them waited half of it');
  t.ok(Math.abs((latency?.max ?? 0) - 1_000) < 2);
});

t.test('everything offered is accepted and committed once, within the credit', async (t) => {
  const chain = new FakeChain();
  const servers = await serversOf(chain, [{ commitMs: 20, creditBytes: 4_000 }, { commitMs: 20 }]);
  const { last, latency } = await runAgainst(chain, servers, planOf());
  t.match(last.counts, { offered: 1_000, accepted: 1_000, committed: 1_000, refused: 0, resentFrames: 0 });
  t.equal(chain.seen.size, 1_000, 'unique payloads');
  t.equal(chain.entryBytes, 64);
  t.equal(servers[0]?.overCredit, 0, 'credit is kept, frames rise');
  t.ok((latency?.p50 ?? 0) >= 20, `nothing is final before the chain says so: p50 ${latency?.p50}`);
  for (const server of servers) server.kill();
});

t.test('the warm-up is sent and committed, and is no part of counts and latencies', async (t) => {
  const chain = new FakeChain();
  const servers = await serversOf(chain, [{ admit: ({ frame }) => (frame === 1 ? errorRow('overloaded').code : 0) }]);
  const plan = planOf({ warmUpSeconds: 0.25, clients: 1 });
  const { last, latencies } = await runAgainst(chain, servers, plan);
  t.match(last.counts, { offered: 1_000, accepted: 1_000, committed: 1_000, refused: 0, reasons: {} });
  const { offered, committed, refused } = last.warmUp;
  t.ok(offered >= 500 && offered < 520, `${offered}`);
  t.ok(refused > 0, 'what was refused in it is not seen in the measured part');
  t.equal(committed, offered - refused);
  t.equal(latencies, 1_000);
  t.equal(chain.seen.size, 1_000 + committed);
  for (const server of servers) server.kill();
});

t.test('what was accepted in the warm-up and never ordered is lost', async (t) => {
  const chain = new FakeChain();
  const servers = await serversOf(chain, [{ loses: ({ frame }) => frame === 2 }]);
  const targets = servers.map((server, i) => ({ name: `v${i + 1}`, rpc: server.rpc }));
  const plan = planOf({ warmUpSeconds: 0.25, clients: 1 });
  const outcome = await startLoad({ plan, targets, chain: chain.id, settleMs: 300 }, () => {}).outcome;
  t.match(outcome, { lost: servers[0]?.frames[1]?.count, counts: { offered: 1_000, committed: 1_000 } });
  for (const server of servers) server.kill();
});

t.test('a chain that stands still for 300 ms shows it in the latencies', async (t) => {
  const chain = new FakeChain();
  const servers = await serversOf(chain, [{ commitMs: 2 }]);
  const { last, latency } = await runAgainst(chain, servers, planOf({ clients: 1 }), {
    during: () => {
      setTimeout(() => {
        chain.orderingStopped = true;
      }, 150);
      setTimeout(() => {
        chain.orderingStopped = false;
      }, 450);
    },
  });
  t.equal(last.counts.committed, 1_000);
  t.ok((latency?.max ?? 0) > 250, `max ${latency?.max}`);
  t.ok((latency?.p50 ?? 0) > 40, `p50 ${latency?.p50}`);
  for (const server of servers) server.kill();
});

t.test('refusals are counted with their reasons, before and after acceptance', async (t) => {
  const chain = new FakeChain();
  const full = errorRow('low-disk').code;
  const quota = errorRow('quota-exceeded').code;
  const servers = await serversOf(chain, [
    { admit: (_, index) => (index === 0 ? full : 0), execute: (_, index) => (index === 1 ? quota : 0) },
  ]);
  const { last } = await runAgainst(chain, servers, planOf({ clients: 1 }));
  const frames = servers[0]?.frames.length ?? 0;
  t.same(last.counts.reasons, { 'low-disk': frames, 'quota-exceeded': frames });
  t.equal(last.counts.refused, 2 * frames);
  t.equal(last.counts.accepted, 1_000 - frames);
  t.equal(last.counts.committed, 1_000 - 2 * frames);
  t.equal(openCommands(last.counts), 0);
  for (const server of servers) server.kill();
});

t.test('what is accepted and never ordered is lost', async (t) => {
  const chain = new FakeChain();
  const servers = await serversOf(chain, [{ loses: (submit) => submit.frame === 3 }]);
  const { last } = await runAgainst(chain, servers, planOf({ clients: 1 }), { settleMs: 300 });
  t.equal(openCommands(last.counts), servers[0]?.frames[2]?.count);
  t.equal(last.counts.accepted, 1_000);
  for (const server of servers) server.kill();
});

t.test('what is ordered without a notice is found in the blocks', async (t) => {
  const chain = new FakeChain();
  const servers = await serversOf(chain, [{ swallowNotice: (submit) => submit.frame % 10 === 0 }]);
  const { last } = await runAgainst(chain, servers, planOf({ clients: 1 }), { settleMs: 1_000 });
  t.equal(last.counts.committed, 1_000);
  for (const server of servers) server.kill();
});

t.test('when a validator dies, unanswered frames go to another, and accepted ones are only watched', async (t) => {
  const chain = new FakeChain();
  const servers = await serversOf(chain, [
    { commitMs: 150, swallowAnswer: (submit) => submit.frame > 20 },
    { commitMs: 10 },
  ]);
  const { last } = await runAgainst(chain, servers, planOf(), {
    during: () => {
      setTimeout(() => servers[0]?.kill(), 250);
    },
  });
  const second = servers[1] as FakeServer;
  t.match(last.counts, { offered: 1_000, accepted: 1_000, committed: 1_000, refused: 0 });
  t.ok(last.counts.resentFrames > 0, `${last.counts.resentFrames} frames were sent again`);
  t.ok(second.watches > 0, `${second.watches} frames were watched`);
  const again = [...chain.seen.values()].filter((times) => times > 1).length;
  t.ok(again <= last.counts.resentFrames * 8, 'only unanswered frames were sent twice');
  t.equal(second.overCredit, 0);
  second.kill();
});

t.test('what cannot be sent is refused as not-sent, and nothing is lost', async (t) => {
  const chain = new FakeChain();
  const servers = await serversOf(chain, [{}]);
  const plan = planOf({ clients: 1, seconds: 0.2 });
  const { last } = await runAgainst(chain, servers, plan, {
    settleMs: 100,
    sendGraceMs: 200,
    during: () => {
      setTimeout(() => servers[0]?.kill(), 100);
    },
  });
  t.equal(last.counts.offered, 400);
  t.ok((last.counts.reasons['not-sent'] ?? 0) > 100, JSON.stringify(last.counts.reasons));
  t.equal(last.counts.offered, last.counts.committed + last.counts.refused + openCommands(last.counts));
});

t.test('generator processes share one schedule, and their figures are merged', async (t) => {
  const chain = new FakeChain();
  const servers = await serversOf(chain, [{}, {}]);
  const targets = servers.map((server, i) => ({ name: `v${i + 1}`, rpc: server.rpc }));
  let progress = 0;
  const plan = planOf({ rate: 5_000, seconds: 1, clients: 4 });
  const run = startLoad({ plan, targets, chain: chain.id, processes: 2 }, () => progress++);
  const outcome = await run.outcome;
  t.match(outcome, { lost: 0, unsettled: 0, processes: 2 });
  t.match(outcome.counts, { offered: 5_000, accepted: 5_000, committed: 5_000, refused: 0 });
  t.equal(outcome.latencies.totalCount, 5_000);
  t.equal(
    outcome.series.reduce((sum, each) => sum + each.committed, 0),
    5_000,
  );
  t.equal(chain.seen.size, 5_000, 'unique over processes');
  t.ok(progress >= 3);
  for (const server of servers) server.kill();
});

t.test('psky load prints one line of figures, a table for people, and refuses what the disk cannot hold', async (t) => {
  const chain = new FakeChain();
  const servers = await serversOf(chain, [{ commitMs: 10 }, { commitMs: 20 }]);
  const home = join(t.testdir(), 'net');
  const members = servers.map((_, i) => ({
    name: `v${i + 1}`,
    host: '127.0.0.1',
    ports: { peer: 0, rpc: 0, metrics: 0 },
  }));
  const plan = { name: 'load-test', dev: true, timeMs: 1, followers: { mode: 'none' as const, nodeIds: [] } };
  await createNetwork(home, { ...plan, chains: devnetChains, members }, async () => {});
  const unlock = members.map(({ name }, i) => {
    const node = nodeHome(join(home, name));
    const info = { name, pid: process.pid, nodeId: '', metrics: '', peer: '', adminSocket: '' };
    writeRunning(node, { ...info, rpc: servers[i]?.rpc ?? '' });
    return lockHome(node.files.lock);
  });
  const psky = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));
  const load = (...words: string[]): Promise<{ code: number; stdout: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [psky, 'load', '--home', home, ...words], (error, stdout) =>
        resolve({ code: Number(error?.code ?? 0), stdout }),
      );
    });
  const run = ['--rate', '2000', '--seconds', '1', '--warm-up', '0'];
  const good = await load(...run, '--json');
  t.equal(good.code, 0);
  const figures = JSON.parse(good.stdout);
  t.match(figures, { offered: 2_000, accepted: 2_000, committed: 2_000, refused: 0, lost: 0, corrected: true });
  t.match(figures, { mode: 'blob', size: 512, clients: 2, chain: 'bench', validators: ['v1', 'v2'], peerTls: 'on' });
  t.match(figures.gapsMs, { standing: Number, reconnected: null, all: Number });
  t.ok(figures.latencyMs.p50 >= 9 && figures.latencyMs.max < 1_000, JSON.stringify(figures.latencyMs));
  const signed = await load(...run, '--mode', 'signed');
  t.equal(signed.code, 0);
  t.match(signed.stdout, /committed +2,000 +100.0 %/);
  t.comment(signed.stdout);
  const big = await load('--mode', 'bundle', '--rate', '1000000', '--seconds', '86400', '--json');
  t.equal(big.code, 73);
  t.match(JSON.parse(big.stdout).error, { name: 'load-needs-disk', message: /GiB over all validators/ });
  t.equal((await load('--mode', 'signed', '--size', '100')).code, 2, 'a signed command is larger');
  for (const each of unlock) each();
  for (const server of servers) server.kill();
});

t.test('the disk that a run may take is bounded by what the shard retains', async (t) => {
  const run = { entries: 10_000_000, entryBytes: 512 };
  const shard = { folder: '', segmentBytes: 256 * MiB, application: 'blob' as const };
  const all = growthOf(run, { ...shard, retainBytes: 'all' }, 0);
  t.ok(all > 5.6e9 && all < 7e9);
  t.equal(growthOf(run, { ...shard, retainBytes: 2 * GiB }, 0), 2 * GiB + 3 * 256 * MiB);
  t.equal(growthOf(run, { ...shard, retainBytes: 2 * GiB }, 4 * GiB), 0, 'recycled');
});
