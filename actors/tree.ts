// The supervision tree: actors start as children, fail, restart and stop here. `start` itself is a turn (turn.ts), so
// nothing in this file runs a behaviour's code but `discard`.

import { assert } from '../lib/assert.ts';
import type { Ms } from '../lib/units.ts';
import type { Behavior, Message, SpawnOptions, Supervision } from './actor.ts';
import type { Address } from './address.ts';
import { Cell } from './cell.ts';
import { TurnEffects } from './effects.ts';
import { defaultSupervision } from './limits.ts';
import { Mailbox } from './mailbox.ts';
import type { Runtime, Shard } from './runtime.ts';
import { noStamp, nothing } from './stamp.ts';
import { judgeFailure } from './supervisor.ts';

export function spawn(
  runtime: Runtime,
  parent: Cell | undefined,
  address: Address,
  behavior: Behavior<unknown, Message>,
  options: SpawnOptions = {},
): void {
  assert(!runtime.cells.has(address), `the address ${address} is free`);
  assert(runtime.cells.size < runtime.limits.actors, 'there is room for one more actor');
  const shard = shardFor(runtime, parent, options.shard);
  const cell = new Cell({
    address,
    behavior,
    parent,
    shard,
    supervision: options.supervision ?? (defaultSupervision as Supervision),
    mailbox: new Mailbox(behavior.mailbox, runtime.limits.mailboxHardFactor),
    effects: new TurnEffects(address, shard?.index ?? nothing, runtime.clock),
    turnSeconds: runtime.metrics.series('psky_actor_turn_seconds', { kind: behavior.kind }),
  });
  cell.stamp = parent?.stamp ?? noStamp;
  runtime.cells.set(address, cell);
  parent?.children.add(cell);
  runtime.wake(cell);
}

function shardFor(runtime: Runtime, parent: Cell | undefined, named: string | undefined): Shard | undefined {
  if (named !== undefined) return runtime.shard(named);
  return parent === undefined ? runtime.shardsByName.values().next().value : parent.shard;
}

/** Stops the actor and all below it for good: children first, the youngest before the oldest. */
export function stop(runtime: Runtime, cell: Cell): void {
  if (cell.phase === 'stopped') return;
  endLife(runtime, cell);
  cell.phase = 'stopped';
  runtime.cells.delete(cell.address);
  cell.parent?.children.delete(cell);
  for (let slot = cell.mailbox.take(); slot !== undefined; slot = cell.mailbox.take()) {
    runtime.bury(cell.address, slot.message as Message, 'stopped');
  }
  relieve(cell);
  for (const { cell: watcher, life, message } of cell.watchers) {
    // the watcher learns from the stop what its cause had persisted
    if (watcher.life === life) runtime.post(watcher, message, cell.stamp, undefined, life);
  }
}

/** A turn, or what it asked for, threw. */
export function fail(runtime: Runtime, cell: Cell, error: unknown): void {
  if (cell.phase === 'stopped' || runtime.halted) return;
  const message = error instanceof Error ? error.message : String(error);
  const kind = cell.behavior.kind;
  cell.lastError = { message, wallMs: runtime.clock.wallMs() };
  runtime.metrics.count('psky_actor_failures_total', 1, { kind });
  const stack = error instanceof Error ? error.stack : undefined;
  runtime.note(cell, {
    log: 'error',
    message: `turn failed: ${message}`,
    fields: { strategy: cell.supervision.strategy, stack },
  });

  const shared = cell.supervision.strategy === 'rest-for-one' ? cell.parent?.groupFailures : undefined;
  const shorten = runtime.random?.next() ?? 0;
  const verdict = judgeFailure(shared ?? cell.failures, cell.supervision, runtime.clock.now(), shorten);
  switch (verdict.do) {
    case 'stop':
      stop(runtime, cell);
      return;
    case 'escalate':
      escalate(runtime, cell, message);
      return;
    case 'restart':
      restart(runtime, groupOf(cell), verdict.delayMs);
  }
}

function escalate(runtime: Runtime, cell: Cell, message: string): void {
  const reason = `${cell.address} failed: ${message}`;
  const parent = cell.parent;
  stop(runtime, cell);
  if (parent === undefined) runtime.fatal(reason);
  else fail(runtime, parent, new Error(reason));
}

/** The actors that restart with `cell`, oldest first. */
function groupOf(cell: Cell): readonly Cell[] {
  if (cell.supervision.strategy !== 'rest-for-one' || cell.parent === undefined) return [cell];
  const siblings = [...cell.parent.children];
  const later = siblings.slice(siblings.indexOf(cell) + 1);
  return [cell, ...later.filter((sibling) => sibling.supervision.strategy === 'rest-for-one')];
}

function restart(runtime: Runtime, group: readonly Cell[], delayMs: Ms): void {
  for (const cell of group.toReversed()) {
    endLife(runtime, cell);
    cell.phase = 'failed';
  }
  for (const cell of group) {
    if (delayMs === 0) beginAgain(runtime, cell);
    else cell.restartTimer = runtime.clock.after(delayMs, () => beginAgain(runtime, cell));
  }
}

function beginAgain(runtime: Runtime, cell: Cell): void {
  cell.restartTimer = undefined;
  cell.restarts++;
  runtime.metrics.count('psky_actor_restarts_total', 1, { kind: cell.behavior.kind });
  cell.phase = 'starting';
  runtime.wake(cell);
}

/** Ends what belongs to the current life: children, timers, state. Open questions and requests find it gone. */
function endLife(runtime: Runtime, cell: Cell): void {
  for (const child of [...cell.children].toReversed()) stop(runtime, child);
  cell.life++;
  cell.restartTimer?.cancel();
  cell.restartTimer = undefined;
  for (const timer of cell.timers.values()) timer.cancel();
  cell.timers.clear();
  cell.groupFailures.times = [];
  if (cell.hasState) discard(runtime, cell);
}

function discard(runtime: Runtime, cell: Cell): void {
  const state = cell.state;
  cell.state = undefined;
  cell.hasState = false;
  try {
    cell.behavior.discard?.(state);
  } catch (error) {
    runtime.note(cell, { log: 'error', message: `discard failed: ${String(error)}` });
  }
}

/** Tells the drivers that were asked to pause that they may go on. */
export function relieve(cell: Cell): void {
  const waiting = cell.relief;
  cell.relief = [];
  for (const resume of waiting) resume();
}
