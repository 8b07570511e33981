// Entry of a generator process: takes a plan from its parent, drives its clients, reports, ends. The terminal's signals go
// to the whole group; the parent decides, so they are ignored here, and a dead parent ends this process.

import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { accelerateSha256 } from '../../lib/hash.ts';
import { openNodeStreamSocket } from '../../sdk/drivers/node-stream-socket.ts';
import { Generator } from './generator.ts';
import type { FromGenerator, ToGenerator } from './messages.ts';
import { Schedule } from './plan.ts';
import { workloadOf } from './workloads.ts';

accelerateSha256(nativeSha256);

let generator: Generator | undefined;

/** A parent that is gone hears nothing; the timer below ends this process then. */
const tell = (message: FromGenerator): void => {
  if (process.connected) process.send?.(message);
};

async function prepare({ options }: Extract<ToGenerator, { type: 'prepare' }>): Promise<void> {
  const schedule = new Schedule(options.plan);
  const workload = workloadOf(options.plan, schedule, options.clients, options.chain);
  generator = new Generator(options, workload, openNodeStreamSocket);
  tell({ type: (await generator.connect()) ? 'ready' : 'unconnected' });
}

async function go({ startAt }: Extract<ToGenerator, { type: 'go' }>): Promise<void> {
  const before = process.cpuUsage();
  const last = await generator?.run(startAt, (report) => tell({ type: 'report', report }));
  const used = process.cpuUsage(before);
  if (last !== undefined) tell({ type: 'done', report: last, cpuSeconds: (used.user + used.system) / 1e6 });
  process.disconnect();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => setTimeout(() => process.exit(0), 1_000).unref());
process.on('message', (message: ToGenerator) => {
  switch (message.type) {
    case 'prepare':
      return void prepare(message);
    case 'go':
      return void go(message);
    case 'stop':
      return generator?.stop();
  }
});
