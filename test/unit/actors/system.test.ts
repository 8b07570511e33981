// Turns, the gate, mailboxes, questions, watching and dead letters.

import t from 'tap';
import type { Asker, Ticket } from '../../../actors/index.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { type Ms, milliseconds } from '../../../lib/units.ts';
import { actor, at, createWorld, FakeLog, FakeOutlet, listener, text } from './support.ts';

const soonMs: Ms = milliseconds(1000);

t.test('the gate', async (t) => {
  t.test('keeps every frame of a turn until what the turn persisted is durable', async (t) => {
    const { clock, log, system } = createWorld();
    const outlet = new FakeOutlet();
    system.spawn(
      at('voter'),
      actor((_, effects) => {
        effects.emit(outlet, [text('before')]); // asked for earlier in the turn, and still bound by its end
        effects.persist(1, [text('vote')], { lazy: true });
        effects.emit(outlet, [text('af'), text('ter')]);
      }),
    );
    system.deliver(at('voter'), { type: 'go' });
    clock.settle();
    t.equal(log.records.length, 1, 'the append does not wait');
    t.same(outlet.frames, []);
    t.same(log.requested, [1], 'the journal hears that someone waits');
    t.equal(system.inspect().gate.waitingFrames, 2);
    log.sync();
    t.same(outlet.frames, ['before', 'after']);
    t.equal(system.inspect().gate.waitingFrames, 0);
  });

  t.test('holds what an actor says after it learnt, by messages, from actors that persisted', async (t) => {
    const { clock, log, system } = createWorld();
    const outlet = new FakeOutlet();
    const other = new FakeOutlet();
    system.spawn(
      at('persists'),
      actor((_, effects) => {
        effects.send(at('passes-on'), { type: 'news' });
        effects.persist(1, [text('record')]);
      }),
    );
    system.spawn(
      at('passes-on'),
      actor((_, effects) => effects.send(at('speaks'), { type: 'news' })),
    );
    system.spawn(
      at('speaks'),
      actor((_, effects) => effects.emit(outlet, [text('news')])),
    );
    system.spawn(
      at('knows-nothing'),
      actor((_, effects) => effects.emit(other, [text('hello')])),
    );
    system.deliver(at('persists'), { type: 'go' });
    system.deliver(at('knows-nothing'), { type: 'go' });
    clock.settle();
    t.same(outlet.frames, [], 'the third actor in the chain waits for the first one');
    t.same(other.frames, ['hello'], 'an actor without such a cause does not');
    log.sync();
    t.same(outlet.frames, ['news']);
  });

  t.test('a spawned child, a reply and the news of a stop carry their causes too', async (t) => {
    const { clock, log, system } = createWorld();
    const outlet = new FakeOutlet();
    system.spawn(
      at('parent'),
      actor((message, effects) => {
        effects.persist(1, [text('record')]);
        if (message.type === 'spawn')
          effects.spawn(
            at('child'),
            actor(() => {}, { start: (own) => own.emit(outlet, [text('child')]) }),
          );
        else if (message.type === 'ask') effects.reply({ type: 'answer' });
        else effects.stop(effects.self);
      }),
    );
    system.spawn(
      at('asker'),
      actor((message, effects) => {
        if (message.type !== 'go') return effects.emit(outlet, [text(message.type)]);
        effects.watch(at('parent'), { type: 'stopped' });
        effects.ask(
          at('parent'),
          { type: 'ask' },
          { deadlineMs: soonMs, onReply: (reply) => reply, onTimeout: () => ({ type: 'late' }) },
        );
      }),
    );
    for (const [to, type, frame] of [
      ['parent', 'spawn', 'child'],
      ['asker', 'go', 'answer'],
      ['parent', 'stop', 'stopped'],
    ] as const) {
      outlet.frames.length = 0;
      system.deliver(at(to), { type });
      clock.settle();
      t.same(outlet.frames, [], `${frame} waits`);
      log.sync();
      t.same(outlet.frames, [frame]);
    }
  });

  t.test('keeps the order of an outlet, lets other outlets pass, and follows a named ticket', async (t) => {
    const { clock, log, system } = createWorld();
    const outlet = new FakeOutlet('a');
    const free = new FakeOutlet('b');
    let entered: Ticket | undefined;
    system.spawn(
      at('leader'),
      actor((message, effects) => {
        if (message.type === 'enter') entered = effects.persist(1, [text('enter')]);
        if (message.type === 'vote') {
          effects.persist(2, [text('vote')]);
          effects.emit(outlet, [text('vote')]);
        }
        if (message.type === 'propose') {
          effects.persist(3, [text('later')]);
          effects.emit(free, [text('proposal')], { after: entered as Ticket });
          effects.emit(outlet, [text('unbound')], { after: 'nothing' });
        }
      }),
    );
    for (const type of ['enter', 'vote', 'propose']) system.deliver(at('leader'), { type });
    clock.settle();
    t.same([outlet.frames, free.frames], [[], []]);
    log.sync(1);
    t.same(free.frames, ['proposal'], 'the proposal waits for its ENTER only');
    t.same(outlet.frames, [], 'an unbound frame does not overtake');
    log.sync(2);
    t.same(outlet.frames, ['vote', 'unbound']);
  });

  t.test('waits for every shard that a frame rests on', async (t) => {
    const { clock, log, system } = createWorld();
    const second = new FakeLog();
    system.addShard('second', second);
    const outlet = new FakeOutlet();
    system.spawn(
      at('one'),
      actor((_, effects) => {
        effects.persist(1, [text('x')]);
        effects.send(at('two'), { type: 'go' });
      }),
    );
    system.spawn(
      at('two'),
      actor((_, effects) => {
        effects.persist(1, [text('y')]);
        effects.emit(outlet, [text('both')]);
      }),
      { shard: 'second' },
    );
    system.deliver(at('one'), { type: 'go' });
    clock.settle();
    second.sync();
    t.same(outlet.frames, []);
    log.sync();
    t.same(outlet.frames, ['both']);

    system.deliver(at('two'), { type: 'go' });
    clock.settle();
    system.removeShard('second');
    t.match(outlet.abandoned, /durable/, 'what a closed shard never made durable can never leave');
  });

  t.test('at its bound abandons the outlet instead of leaving a gap', async (t) => {
    const { clock, log, system } = createWorld({ limits: { gateFramesPerOutlet: 2 } });
    const outlet = new FakeOutlet();
    system.spawn(
      at('a'),
      actor((_, effects) => {
        effects.persist(1, [text('x')]);
        effects.emit(outlet, [text('f')]);
      }),
    );
    for (let i = 0; i < 3; i++) system.deliver(at('a'), { type: 'go' });
    clock.settle();
    t.match(outlet.abandoned, /too much waits/);
    log.sync();
    t.same(outlet.frames, []);
    t.equal(system.inspect().gate.abandonedOutlets, 1);
  });

  t.test('holds the reply to a driver', async (t) => {
    const { clock, log, system } = createWorld();
    const outcomes: unknown[] = [];
    system.spawn(
      at('a'),
      actor((_, effects) => {
        effects.reply({ type: 'accepted' });
        effects.persist(1, [text('x')]);
      }),
    );
    system.ask(at('a'), { type: 'submit' }, soonMs, (outcome) => outcomes.push(outcome));
    clock.settle();
    t.same(outcomes, []);
    log.sync();
    t.same(outcomes, [{ ok: true, value: { type: 'accepted' } }]);
    t.equal(clock.pendingTimers, 0);
  });

  t.test('stays shut when a shard fails, and when an actor says so', async (t) => {
    for (const how of ['shard', 'append', 'actor']) {
      const { clock, log, system, fatal } = createWorld();
      const outlet = new FakeOutlet();
      system.spawn(
        at('a'),
        actor((message, effects) => {
          effects.emit(outlet, [text('frame')]);
          if (message.type === 'persist') effects.persist(1, [text('x')]);
          if (message.type === 'die') effects.fatal('the world would be wrong');
        }),
      );
      system.deliver(at('a'), { type: 'persist' });
      clock.settle();
      if (how === 'append') {
        log.append = () => {
          throw new Error('write failed');
        };
      }
      if (how === 'shard') log.fail();
      else if (how === 'append') system.deliver(at('a'), { type: 'persist' });
      else system.deliver(at('a'), { type: 'die' });
      clock.settle();
      t.equal(fatal.length, 1);
      log.sync();
      t.equal(system.deliver(at('a'), { type: 'more' }), 'refused');
      clock.advance(1000);
      t.same(outlet.frames, [], 'nothing leaves');
      t.match(system.inspect().fatal, /wrong|write failed/);
    }
  });
});

t.test('tells an actor in order what became durable', async (t) => {
  const { clock, log, system } = createWorld();
  const heard: unknown[] = [];
  system.spawn(
    at('a'),
    actor((message, effects) => {
      if (message.type === 'durable') heard.push(message.value);
      else for (const value of [1, 2, 3]) effects.persist(1, [text('x')], { durable: { type: 'durable', value } });
    }),
  );
  system.deliver(at('a'), { type: 'go' });
  clock.settle();
  log.sync(2);
  clock.settle();
  t.same(heard, [1, 2]);
  log.sync(3);
  clock.settle();
  t.same(heard, [1, 2, 3]);
});

t.test('handles messages of one poll phase in the order of arrival, and drivers answer by message', async (t) => {
  const { clock, system } = createWorld();
  const heard: unknown[] = [];
  system.spawn(
    at('a'),
    actor((message, effects) => {
      heard.push(message.type);
      if (message.type === 'first') {
        effects.request((answer) => answer({ type: 'answer' }));
        effects.send(effects.self, { type: 'later-slice' });
      }
    }),
  );
  system.deliver(at('a'), { type: 'first' });
  system.deliver(at('a'), { type: 'second' });
  t.same(heard, [], 'nothing runs before the inputs are in');
  clock.settle();
  t.same(heard, ['first', 'second', 'answer', 'later-slice']);
});

t.test('a full mailbox', async (t) => {
  const { clock, system } = createWorld({ limits: { mailboxHardFactor: 2 } });
  const heard: unknown[] = [];
  const policy = { capacity: 2, overflow: { timer: 'replace', gossip: 'drop' } } as const;
  system.spawn(
    at('busy'),
    actor((message) => void heard.push(message.value), { mailbox: policy }),
  );
  clock.settle();
  const put = (type: string, value: number) => system.deliver(at('busy'), { type, value } as never);
  t.equal(put('timer', 1), 'taken');
  t.equal(put('vote', 2), 'taken');
  t.equal(put('gossip', 3), 'refused', 'drop: the newest is lost');
  t.equal(put('timer', 4), 'taken', 'replace: in the place of the one that waits');
  t.equal(put('vote', 5), 'pause', 'keep: taken, and the driver should wait');
  t.equal(put('vote', 6), 'pause');
  t.equal(put('vote', 7), 'refused', 'keep: the hard bound');
  let relieved = 0;
  system.onRelief(at('busy'), () => relieved++);
  t.equal(relieved, 0);
  clock.settle();
  t.same(heard, [4, 2, 5, 6]);
  t.equal(relieved, 1);
  t.match(system.inspect().deadLetters, { total: 3, byReason: { dropped: 1, replaced: 1, 'mailbox-full': 1 } });
});

t.test('questions', async (t) => {
  t.test('end by the reply, which may come in a later turn, or by the deadline', async (t) => {
    const { clock, system } = createWorld();
    const heard: unknown[] = [];
    let kept: Asker | undefined;
    system.spawn(
      at('oracle'),
      actor((message, effects) => {
        if (message.type === 'question') kept = effects.asker;
        if (message.type === 'think') effects.reply({ type: 'reply', value: 42 } as never, kept);
      }),
    );
    system.spawn(
      at('asker'),
      actor((message, effects) => {
        if (message.type !== 'go') return void heard.push(message.value);
        effects.ask(
          at('oracle'),
          { type: 'question' },
          {
            deadlineMs: soonMs,
            onReply: (reply) => ({ type: 'told', value: (reply as { value?: unknown }).value }),
            onTimeout: () => ({ type: 'told', value: 'timeout' }),
          },
        );
      }),
    );
    system.deliver(at('asker'), { type: 'go' });
    clock.settle();
    system.deliver(at('oracle'), { type: 'think' });
    clock.settle();
    t.same(heard, [42]);
    system.deliver(at('asker'), { type: 'go' });
    clock.advance(1000);
    t.same(heard, [42, 'timeout']);
    system.deliver(at('oracle'), { type: 'think' });
    clock.settle();
    t.match(system.inspect().deadLetters.byReason, { 'late-reply': 1 });
  });

  t.test('of drivers time out, and name what is missing', async (t) => {
    const { clock, system } = createWorld({ limits: { openAsks: 1 } });
    const outcomes: unknown[] = [];
    const ask = (id: string) =>
      system.ask(at(id), { type: 'q' }, soonMs, (outcome) => outcomes.push(outcome.ok ? 'ok' : outcome.error));
    system.spawn(at('mute'), listener([]));
    ask('nobody');
    ask('mute');
    ask('mute');
    clock.advance(1000);
    t.same(outcomes, ['no-such-actor', 'too-many-asks', 'timeout']);
  });
});

t.test('watchers hear of a stop once it is for good, at once where there is nobody', async (t) => {
  const { clock, system } = createWorld();
  const heard: unknown[] = [];
  system.spawn(
    at('watcher'),
    actor((message, effects) => {
      if (message.type === 'watch') effects.watch(at(String(message.value)), { type: 'gone', value: message.value });
      else heard.push(message.value);
    }),
  );
  system.spawn(
    at('fragile'),
    actor(() => {
      throw new Error('bug');
    }),
    {
      supervision: { strategy: 'one-for-one', restarts: 5, withinMs: soonMs },
    },
  );
  for (const value of ['nobody', 'fragile']) system.deliver(at('watcher'), { type: 'watch', value } as never);
  system.deliver(at('fragile'), { type: 'crash' });
  clock.settle();
  t.same(heard, ['nobody'], 'a restart is not a stop');
  system.stop(at('fragile'));
  clock.settle();
  t.same(heard, ['nobody', 'fragile']);
});

t.test('stopping an actor stops all below it, children first, and buries what they had not read', async (t) => {
  const { clock, system } = createWorld();
  const gone: string[] = [];
  const family = (name: string, below: string[]): ReturnType<typeof actor> =>
    actor(() => {}, {
      discard: () => void gone.push(name),
      start: (effects) => {
        for (const child of below) effects.spawn(at(child), family(child, child === 'son' ? ['grandson'] : []));
      },
    });
  system.spawn(at('father'), family('father', ['daughter', 'son']));
  clock.settle();
  t.equal(system.describe(at('grandson'))?.parent, at('son'));
  t.same(system.describe(at('father'))?.children, [at('daughter'), at('son')]);
  system.deliver(at('son'), { type: 'unread' });
  system.stop(at('father'));
  t.same(gone, ['grandson', 'son', 'daughter', 'father']);
  t.same(system.inspect().actors, []);
  t.equal(system.deliver(at('son'), { type: 'to nobody' }), 'refused');
  t.match(system.inspect().deadLetters, {
    byReason: { stopped: 1, 'no-such-actor': 1 },
    newest: [{ type: 'unread' }, { type: 'to nobody' }],
  });
});

t.test('timers: one per key, cancelled by key, and none after a halt', async (t) => {
  const { clock, system } = createWorld();
  const heard: unknown[] = [];
  system.spawn(
    at('a'),
    actor((message, effects) => {
      if (message.type === 'tick') return void heard.push(message.value);
      effects.schedule('x', milliseconds(10), { type: 'tick', value: 'old' });
      effects.schedule('x', milliseconds(20), { type: 'tick', value: 'new' });
      effects.schedule('y', milliseconds(10), { type: 'tick', value: 'never' });
      effects.cancel('y');
    }),
  );
  system.deliver(at('a'), { type: 'go' });
  clock.advance(100);
  t.same(heard, ['new']);
  system.deliver(at('a'), { type: 'go' });
  clock.settle();
  system.halt();
  t.equal(clock.pendingTimers, 0);
});

t.test('a turn above the budget is counted, and the loop gives way to inputs', async (t) => {
  const metrics = createMetrics();
  const notes = { note: () => {}, metrics };
  const { clock, system } = createWorld({ notes, limits: { turnsPerRun: 3, turnsPerVisit: 1 } });
  let now = 0;
  clock.now = () => now as Ms;
  const heard: number[] = [];
  system.spawn(
    at('slow'),
    actor(() => void (now += 6)),
  );
  system.spawn(
    at('chatty'),
    actor((message, effects) => {
      heard.push(heard.length);
      if (heard.length < 10) effects.send(effects.self, message);
    }),
  );
  system.deliver(at('slow'), { type: 'go' });
  system.deliver(at('chatty'), { type: 'go' });
  clock.settle();
  t.equal(heard.length, 10);
  t.equal(metrics.value('psky_actor_slow_turns_total', { kind: 'test' }), 1);
  t.match(metrics.render(), /psky_actor_turn_seconds_count\{kind="test"\} 13/);
  t.match(metrics.render(), /psky_actor_actors\{kind="test"\} 2/);
});
