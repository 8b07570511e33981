// A system of actors: picks a mailbox, runs a turn, performs its effects in order. This file joins the parts: the run
// loop (turn.ts), the supervision tree (tree.ts), what they share (runtime.ts) and what observers see (inspect.ts).

import { refused } from '../lib/result.ts';
import type { Behavior, Message } from './actor.ts';
import type { ActorSystem, ActorSystemOptions } from './actor-system.ts';
import type { DriverAsk } from './asks.ts';
import { detailOf, refreshMetrics, reportOf } from './inspect.ts';
import { Runtime } from './runtime.ts';
import { noStamp } from './stamp.ts';
import { spawn, stop } from './tree.ts';
import { run } from './turn.ts';

/** Nothing runs before `clock.soon` calls back, so a composition root can spawn and deliver in any order. */
export function createActorSystem(options: ActorSystemOptions): ActorSystem {
  const runtime = new Runtime(options, run);
  runtime.metrics.collect(() => refreshMetrics(runtime));
  return {
    transitions: runtime.transitions,
    spawn: (address, behavior, spawnOptions) =>
      spawn(runtime, undefined, address, behavior as unknown as Behavior<unknown, Message>, spawnOptions),
    stop(address) {
      const cell = runtime.cells.get(address);
      if (cell !== undefined && !runtime.halted) stop(runtime, cell);
    },
    deliver: (to, message) => (runtime.halted ? 'refused' : runtime.send(to, message, noStamp)),
    onRelief(address, resume) {
      const cell = runtime.cells.get(address);
      if (cell === undefined || cell.mailbox.depth * 2 <= cell.mailbox.capacity) resume();
      else cell.relief.push(resume);
    },
    ask: (to, message, timeoutMs, done) => ask(runtime, { to, message, timeoutMs, done }),
    addShard: (name, log, sharedWith) => runtime.addShard(name, log, sharedWith),
    removeShard: (name) => runtime.removeShard(name),
    fatal: (reason) => runtime.fatal(reason),
    halt: () => runtime.halt(),
    has: (address) => runtime.cells.has(address),
    inspect: () => ({
      actors: [...runtime.cells.values()].map(reportOf),
      deadLetters: runtime.office.report(),
      gate: runtime.gate.report(),
      fatal: runtime.fatalReason,
    }),
    describe(address) {
      const cell = runtime.cells.get(address);
      return cell === undefined ? undefined : detailOf(cell);
    },
  };
}

interface DriverQuestion {
  readonly to: Parameters<ActorSystem['ask']>[0];
  readonly message: Message;
  readonly timeoutMs: Parameters<ActorSystem['ask']>[2];
  readonly done: Parameters<ActorSystem['ask']>[3];
}

function ask(runtime: Runtime, { to, message, timeoutMs, done }: DriverQuestion): void {
  if (runtime.halted) {
    done(refused('halted'));
    return;
  }
  if (runtime.openAsks.size >= runtime.limits.openAsks) {
    done(refused('too-many-asks'));
    return;
  }
  const known = runtime.cells.has(to);
  const record: DriverAsk = { asker: true, by: 'driver', done, timer: undefined, replied: false };
  runtime.openAsks.add(record);
  if (runtime.send(to, message, noStamp, record) === 'refused') {
    runtime.openAsks.delete(record);
    done(refused(known ? 'mailbox-full' : 'no-such-actor'));
    return;
  }
  record.timer = runtime.clock.after(timeoutMs, () => {
    if (runtime.openAsks.delete(record)) done(refused('timeout'));
  });
}
