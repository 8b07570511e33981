// The run loop and one turn: take a message, run the behaviour, perform what it asked for. All causes of a turn are in its
// actor's stamp before the behaviour runs; all that it persists is in the stamp before anything is sent or emitted.

import type { Ms } from '../lib/units.ts';
import type { Message } from './actor.ts';
import type { ActorAsk } from './asks.ts';
import type { Cell } from './cell.ts';
import { type Effect, type PersistEffect, TurnTicket } from './effects.ts';
import { fromOutside } from './mailbox.ts';
import type { Runtime, Shard } from './runtime.ts';
import { mergeStamps, noStamp, type Stamp, stampOf } from './stamp.ts';
import { fail, relieve, spawn, stop } from './tree.ts';

/** Runs turns until nobody has anything to do, or it is time to look at the inputs again. */
export function run(runtime: Runtime): void {
  const { limits, ready } = runtime;
  const began = runtime.clock.now();
  let now = began;
  let turns = 0;
  while (turns < limits.turnsPerRun && now - began < limits.sliceMs) {
    const cell = ready.shift();
    if (cell === undefined) return;
    for (let visit = 0; visit < limits.turnsPerVisit && cell.ready && !runtime.halted; visit++) {
      const before = now;
      turn(runtime, cell, before);
      turns++;
      now = runtime.clock.now();
      account(runtime, cell, now - before);
      if (now - began >= limits.sliceMs) break;
    }
    if (runtime.halted) return;
    cell.queued = false;
    if (cell.ready) {
      cell.queued = true;
      ready.push(cell);
    }
  }
  if (ready.length > 0) runtime.scheduleRun();
}

function account(runtime: Runtime, cell: Cell, tookMs: number): void {
  cell.turns++;
  cell.turnSeconds.observe(tookMs / 1000);
  if (tookMs > runtime.limits.turnBudgetMs) {
    runtime.metrics.count('psky_actor_slow_turns_total', 1, { kind: cell.behavior.kind });
  }
}

function turn(runtime: Runtime, cell: Cell, now: Ms): void {
  const { effects, behavior } = cell;
  if (cell.phase === 'starting') {
    effects.begin(now, undefined);
    try {
      cell.state = behavior.start(cell.address, effects);
      cell.hasState = true;
      cell.phase = 'running';
    } catch (error) {
      dropTurn(runtime, cell, error, undefined);
      return;
    }
    effects.end();
    perform(runtime, cell);
    return;
  }
  const slot = cell.mailbox.take();
  if (slot === undefined) return;
  const { message, stamp, asker, life } = slot;
  slot.message = undefined;
  slot.asker = undefined;
  if (cell.relief.length > 0 && cell.mailbox.depth * 2 <= cell.mailbox.capacity) relieve(cell);
  if (life !== fromOutside && life !== cell.life) {
    runtime.bury(cell.address, message as Message, 'earlier-life');
    return;
  }
  if (stamp !== cell.stamp) cell.stamp = mergeStamps(cell.stamp, stamp);
  effects.begin(now, asker);
  try {
    behavior.receive(cell.state, message as Message, effects);
  } catch (error) {
    dropTurn(runtime, cell, error, message);
    return;
  }
  effects.end();
  perform(runtime, cell);
}

function dropTurn(runtime: Runtime, cell: Cell, error: unknown, message: Message | undefined): void {
  cell.effects.end();
  cell.effects.clear();
  if (message !== undefined) runtime.bury(cell.address, message, 'turn-failed');
  fail(runtime, cell, error);
}

function perform(runtime: Runtime, cell: Cell): void {
  const { effects, life } = cell;
  const list = effects.list;
  if (list.length === 0) return;
  if (effects.fatals) performFatal(runtime, cell, list);
  if (effects.persists) performPersists(runtime, cell, list);
  try {
    for (let i = 0; i < list.length && !runtime.halted; i++) {
      performOne(runtime, cell, life, list[i] as Effect);
    }
  } catch (error) {
    fail(runtime, cell, error);
  }
  effects.clear();
}

/** The process stops before anything of this turn leaves; only its last words are kept. */
function performFatal(runtime: Runtime, cell: Cell, list: readonly Effect[]): void {
  for (const effect of list) {
    if (effect.do === 'note') runtime.note(cell, effect.note);
    if (effect.do === 'fatal') runtime.fatal(`${cell.address}: ${effect.reason}`);
  }
}

function performPersists(runtime: Runtime, cell: Cell, list: readonly Effect[]): void {
  const shard = cell.shard as Shard; // the recorder refuses to persist without one
  let last = -1;
  try {
    for (let i = 0; i < list.length && !runtime.halted; i++) {
      const effect = list[i] as Effect;
      if (effect.do === 'persist') last = append(runtime, cell, shard, effect);
    }
  } catch (error) {
    // a failed append stops the process before anything that rests on it can leave (D6)
    runtime.fatal(`shard ${shard.name}: ${String(error)}`);
    return;
  }
  cell.stamp = mergeStamps(cell.stamp, stampOf(shard.index, last));
}

function append(runtime: Runtime, cell: Cell, shard: Shard, effect: PersistEffect): number {
  const position = shard.log.append(effect.kind, effect.parts, effect.lazy);
  effect.ticket.position = position;
  if (effect.durable !== undefined) {
    shard.notices.push({ position, cell, life: cell.life, message: effect.durable });
    if (shard.log.durable >= position) runtime.deliverNotices(shard);
  }
  return position;
}

function performOne(runtime: Runtime, cell: Cell, life: number, effect: Effect): void {
  switch (effect.do) {
    case 'send':
      if (effect.to === cell.address) runtime.postOwn(cell, life, effect.message);
      else runtime.send(effect.to, effect.message, cell.stamp);
      return;
    case 'emit':
      runtime.gate.emit(effect.outlet, effect.frame, stampFor(cell, effect.after));
      return;
    case 'note':
      runtime.note(cell, effect.note);
      return;
    case 'reply':
      reply(runtime, cell, effect.to, effect.message);
      return;
    case 'ask':
      ask(runtime, cell, life, effect);
      return;
    case 'request':
      effect.begin((message) => runtime.postOwn(cell, life, message));
      return;
    case 'schedule':
      schedule(runtime, cell, life, effect);
      return;
    case 'cancel':
      cell.timers.get(effect.key)?.cancel();
      cell.timers.delete(effect.key);
      return;
    case 'spawn':
      if (cell.life === life) spawn(runtime, cell, effect.address, effect.behavior, effect.options);
      return;
    case 'stop': {
      const stopped = runtime.cells.get(effect.address);
      if (stopped !== undefined) stop(runtime, stopped);
      return;
    }
    case 'watch': {
      const watched = runtime.cells.get(effect.address);
      if (watched === undefined) runtime.postOwn(cell, life, effect.onStopped);
      else watched.watchers.push({ cell, life, message: effect.onStopped });
      return;
    }
    case 'persist': // done before the rest of the turn
    case 'fatal': // likewise
      return;
  }
}

function stampFor(cell: Cell, after: unknown): Stamp {
  if (after === undefined) return cell.stamp;
  return after instanceof TurnTicket ? after.stamp() : noStamp;
}

function schedule(runtime: Runtime, cell: Cell, life: number, effect: Extract<Effect, { do: 'schedule' }>): void {
  const { key, message, delayMs } = effect;
  cell.timers.get(key)?.cancel();
  if (cell.life !== life) return;
  const timer = runtime.clock.after(delayMs, () => {
    if (cell.timers.get(key) !== timer) return;
    cell.timers.delete(key);
    runtime.postOwn(cell, life, message);
  });
  cell.timers.set(key, timer);
}

function ask(runtime: Runtime, cell: Cell, life: number, effect: Extract<Effect, { do: 'ask' }>): void {
  const { to, message, options } = effect;
  const record: ActorAsk = { asker: true, by: 'actor', cell, life, options, timer: undefined };
  if (runtime.openAsks.size >= runtime.limits.openAsks) {
    answer(runtime, record, options.onTimeout);
    return;
  }
  runtime.openAsks.add(record);
  record.timer = runtime.clock.after(options.deadlineMs, () => {
    if (runtime.openAsks.delete(record)) answer(runtime, record, options.onTimeout);
  });
  runtime.send(to, message, cell.stamp, record);
}

function reply(runtime: Runtime, from: Cell, record: Extract<Effect, { do: 'reply' }>['to'], message: Message): void {
  if (!runtime.openAsks.has(record) || (record.by === 'driver' && record.replied)) {
    runtime.bury(record.by === 'actor' ? record.cell.address : from.address, message, 'late-reply');
    return;
  }
  if (record.by === 'driver') {
    record.replied = true;
    const finish = (): void => {
      if (!runtime.openAsks.delete(record)) return;
      record.timer?.cancel();
      record.done({ ok: true, value: message });
    };
    runtime.gate.emit({ id: 'reply', write: finish }, [], from.stamp);
    return;
  }
  runtime.openAsks.delete(record);
  record.timer?.cancel();
  answer(runtime, record, () => record.options.onReply(message), from.stamp);
}

/** Turns a reply or a timeout into the asker's message. Its functions are the asker's code, so what they throw fails the asker. */
function answer(runtime: Runtime, { cell, life }: ActorAsk, make: () => Message, stamp: Stamp = noStamp): void {
  let message: Message;
  try {
    message = make();
  } catch (error) {
    if (cell.life === life) fail(runtime, cell, error);
    return;
  }
  if (cell.life === life) runtime.post(cell, message, stamp, undefined, life);
  else runtime.bury(cell.address, message, 'earlier-life');
}
