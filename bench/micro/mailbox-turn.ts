// What a turn costs beyond its behaviour: two actors pass a ball; each turn takes a message and has two effects.
// Arithmetic: one map look-up, one ring slot, two effect objects, two clock readings ≈ 0.2 µs.
// `node dist/bench/micro/mailbox-turn.js`

import { performance } from 'node:perf_hooks';
import {
  address,
  type Behavior,
  type Clock,
  createActorSystem,
  type Message,
  type Position,
  type TurnLog,
} from '../../actors/index.ts';
import { createMetrics } from '../../lib/metrics.ts';
import { type Ms, milliseconds } from '../../lib/units.ts';
import { tell } from '../support/figures.ts';

const turnsPerRound = 500_000;
const rounds = 9;

/** Runs everything at once; what a run leaves is run next. */
function createEagerClock(now: () => Ms): { clock: Clock; drain: () => void } {
  const soon: (() => void)[] = [];
  return {
    clock: {
      now,
      wallMs: () => 0,
      after: () => ({ cancel: () => {} }),
      soon: (run) => void soon.push(run),
      next: (run) => void soon.push(run),
    },
    drain() {
      for (let run = soon.shift(); run !== undefined; run = soon.shift()) run();
    },
  };
}

const idleLog: TurnLog = {
  append: () => 0 as Position,
  request: () => {},
  appended: 0 as Position,
  durable: 0 as Position,
  onDurable: () => {},
};

const outlet = { id: 'nowhere', write: () => {} };
const frame = [new Uint8Array(64)];

function measure(name: string, now: () => Ms, second: 'send' | 'emit' | 'none'): void {
  const { clock, drain } = createEagerClock(now);
  const system = createActorSystem({
    clock,
    shards: { main: idleLog },
    notes: { note: () => {}, metrics: createMetrics() },
    onFatal: (reason) => {
      throw new Error(reason);
    },
  });
  let left = 0;
  const a = address('bench', 'player', 'a');
  const b = address('bench', 'player', 'b');
  const sink = address('bench', 'sink', 's');
  const ball: Message = { type: 'ball' };
  const player = (to: typeof a): Behavior<{ seen: number }, Message> => ({
    kind: 'player',
    mailbox: { capacity: 64 },
    start: () => ({ seen: 0 }),
    receive(state, message, effects) {
      state.seen++;
      if (left-- > 0) effects.send(to, message);
      if (second === 'emit') effects.emit(outlet, frame);
      if (second === 'send') effects.send(sink, message);
    },
  });
  system.spawn(a, player(b));
  system.spawn(b, player(a));
  system.spawn(sink, { kind: 'sink', mailbox: { capacity: 64 }, start: () => 0, receive: () => {} });
  const micros: number[] = [];
  for (let round = 0; round < rounds + 2; round++) {
    left = turnsPerRound;
    const began = performance.now();
    system.deliver(a, ball);
    drain();
    micros.push(((performance.now() - began) * 1000) / turnsPerRound);
  }
  tell(name, 'µs/turn', micros.slice(2)); // the first two warm the compiler
}

const real = (): Ms => milliseconds(performance.now());
measure('one send', real, 'none');
measure('send and emit (durable)', real, 'emit');
measure('two sends (and the turn of a third actor)', real, 'send');
measure('send and emit, virtual clock', () => 0 as Ms, 'emit');
