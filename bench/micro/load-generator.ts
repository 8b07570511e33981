// What the load generator itself costs: building frames alone, and a whole generator process at a given rate against a
// server in another process that answers and notices at once.
//   node dist/bench/micro/load-generator.js [rate] [seconds]

import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { accelerateSha256, type Hash, zeroHash } from '../../lib/hash.ts';
import { decodeClientFrame, encodeNodeFrame, type NodeFrame } from '../../net/gateway/protocol.ts';
import { blobWorkload } from '../load/blob-workload.ts';
import { summarise } from '../load/latency.ts';
import { defaultCoalesceMs } from '../load/limits.ts';
import { type LoadMode, type LoadPlan, Schedule } from '../load/plan.ts';
import { startLoad } from '../load/run-load.ts';
import { signedWorkload } from '../load/signed-workload.ts';
import { SubmitBuffer } from '../load/submit-buffer.ts';
import { tell } from '../support/figures.ts';

const planOf = (mode: LoadMode, rate: number, size: number, seconds: number): LoadPlan => ({
  mode,
  rate,
  size,
  seconds,
  warmUpSeconds: 0,
  clients: 4,
  commandsPerEntry: mode === 'bundle' ? 100 : 1,
  coalesceMs: defaultCoalesceMs,
  createdMs: Date.now(),
  runId: randomBytes(8).toString('hex'),
});

/** Nanoseconds per command of writing entries and heads. */
function buildCost(): number {
  const plan = planOf('blob', 150_000, 512, 10);
  const schedule = new Schedule(plan);
  const workload = blobWorkload(plan, schedule);
  const buffer = new SubmitBuffer(workload.slotBytes);
  workload.prepare(buffer);
  const began = performance.now();
  for (let slot = 0; slot < schedule.slots; slot++) {
    const count = schedule.countOf(slot);
    buffer.seal(slot, workload.kind, count, workload.write(buffer, schedule.firstOf(slot), count));
  }
  return ((performance.now() - began) * 1e6) / schedule.entries;
}

/** Microseconds per entry of signing ahead. */
function signCost(mode: LoadMode, size: number): number {
  const plan = planOf(mode, 5_000 * (mode === 'bundle' ? 10 : 1), size, 1);
  const schedule = new Schedule(plan);
  const began = performance.now();
  signedWorkload(plan, schedule, [0, 1, 2, 3], zeroHash);
  return ((performance.now() - began) * 1000) / schedule.entries;
}

function serve(): void {
  const chain = 'ab'.repeat(32) as Hash;
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/v1/stream', maxPayload: 4 << 20 }, () => {
    process.send?.((server.address() as { port: number }).port);
  });
  let seq = 0;
  server.on('connection', (ws) => {
    const send = (frame: NodeFrame): void => ws.send(encodeNodeFrame(frame));
    ws.on('message', (data: Buffer) => {
      const decoded = decodeClientFrame(data);
      if (!decoded.ok) return ws.terminate();
      const message = decoded.value;
      if (message.type === 'open') send({ type: 'opened', version: 1, chain, height: 0, credit: 4 << 20 });
      if (message.type !== 'submit') return;
      const { frame, count } = message;
      send({ type: 'credit', bytes: data.length });
      const place = { lane: 0, seq: seq++, digest: chain, offset: 0 };
      send({ type: 'answer', frame, accepted: [0, count], refused: [], place });
      send({ type: 'notice', height: seq, timeMs: 1, ranges: [frame, 0, count], exceptions: [] });
    });
  });
  process.on('disconnect', () => process.exit(0));
}

async function measure(rate: number, seconds: number): Promise<void> {
  tell('write a blob of 512 B into its frame', 'ns', [buildCost(), buildCost(), buildCost()]);
  tell('sign a put of 256 B ahead', 'µs', [signCost('signed', 256)]);
  tell('sign a bundle of 100 puts ahead', 'µs', [signCost('bundle', 256)]);
  const server: ChildProcess = fork(fileURLToPath(import.meta.url), ['serve']);
  const port = await new Promise<number>((resolve) => server.once('message', (message) => resolve(message as number)));
  const targets = [{ name: 'sink', rpc: `http://127.0.0.1:${port}` }];
  const plan = planOf('blob', rate, 512, seconds);
  const { outcome } = startLoad({ plan, targets, chain: zeroHash, processes: 1 }, () => {});
  const { counts, latencies, generatorCores, generatorCpuSeconds } = await outcome;
  server.disconnect();
  const facts = { rate, seconds, frames: counts.frames, generatorCores, latencyMs: summarise(latencies) };
  tell(`a blob of 512 B at ${rate}/s, all in all`, 'ns', [(generatorCpuSeconds * 1e9) / counts.committed], facts);
}

accelerateSha256(nativeSha256);
if (process.argv[2] === 'serve') serve();
else await measure(Number(process.argv[2] ?? 150_000), Number(process.argv[3] ?? 3));
