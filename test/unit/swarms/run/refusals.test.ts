import t from 'tap';
import { echo } from '../../../../examples/echo/echo.swarm.ts';
import { type Bytes, fromUtf8 } from '../../../../lib/bytes.ts';
import { sha256Hex } from '../../../../lib/hash.ts';
import { describe } from '../../../../swarms/describe.ts';
import type { Instance } from '../../../../swarms/run/instance.ts';
import { decodeEnvelope, type Envelope, messageText, type News } from '../../../../swarms/run/message.ts';
import {
  decodeRecord,
  encodeRecord,
  encodeTurn,
  recordHash,
  signedText,
  type Turn,
} from '../../../../swarms/run/record.ts';
import { Tape } from '../../../model/swarms/tape.ts';
import { CoreWorld, instanceId } from './core-world.ts';

const calm = { lost: 0, twice: 0, dies: 0, throws: 0, silent: 0 };
const caller = 'a/agent/caller';
const mirror = 'a/agent/mirror';
const sign = (agent: string, text: Bytes): Bytes => fromUtf8(`${agent} ${sha256Hex(text)}`);

/** An echo in which the mirror's turn is due. */
function atMirror(): { readonly world: CoreWorld; readonly keeper: Instance; readonly turn: Turn } {
  const world = new CoreWorld(describe(echo as never), Tape.ofNumbers([]), calm);
  world.begin();
  while (world.keeper.book.tokens.run(2) === undefined) world.step();
  const run = world.keeper.book.tokens.run(2);
  const turn: Turn = {
    ...{ instance: instanceId, description: world.hash, role: 'mirror', run: 2, after: run?.openedHash ?? world.hash },
    ...{ to: 'hear', branches: [], gives: false, shared: [], sealed: [], own: [], letters: [], fault: null },
  };
  return { world, keeper: world.keeper, turn };
}

function offer(world: CoreWorld, turn: Turn, signer = mirror): void {
  const body = encodeTurn(turn);
  const message = { type: 'offer', kind: 'turn', body } as const;
  const envelope: Envelope = {
    instance: instanceId,
    from: mirror,
    message,
    signature: sign(signer, signedText('turn', body)),
  };
  world.event(caller, { type: 'arrived', envelope });
}

const wrong: Readonly<
  Record<string, { readonly change: Partial<Turn>; readonly signer?: string; readonly name: string }>
> = {
  'signed by another agent': { change: {}, signer: caller, name: 'swarm-hop-forged' },
  'of another instance': { change: { instance: 'other' }, name: 'swarm-hop-forged' },
  'of another description': { change: { description: sha256Hex(fromUtf8('x')) }, name: 'swarm-hop-forged' },
  'of a role that is not bound': { change: { role: 'nobody' }, name: 'swarm-hop-forged' },
  'to a phase that is not declared': { change: { to: 'call' }, name: 'swarm-hop-out-of-graph' },
  'after another record': { change: { after: sha256Hex(fromUtf8('x')) }, name: 'swarm-hop-out-of-graph' },
  'for a run that there is not': { change: { run: 7 }, name: 'swarm-hop-out-of-graph' },
  'writing what it does not have': {
    change: { shared: [{ name: 'secret', value: fromUtf8('x') }] },
    name: 'swarm-hop-out-of-graph',
  },
  'sealing what is shared': { change: { sealed: ['words'] }, name: 'swarm-hop-out-of-graph' },
  'forking to where nothing joins': {
    change: { branches: [{ branch: 'a', to: 'hear' }] },
    name: 'swarm-hop-out-of-graph',
  },
};

t.test('a hop that is forged or out of the graph is refused, recorded and changes nothing', async (t) => {
  for (const [what, { change, signer, name }] of Object.entries(wrong)) {
    const { world, keeper, turn } = atMirror();
    const { head } = keeper.book;
    offer(world, { ...turn, ...change }, signer);
    t.match(keeper.own.refusals, [{ name, from: mirror }], what);
    t.equal(keeper.book.head, head, `${what}: the chain is as it was`);
    offer(world, turn);
    t.not(keeper.book.head, head, `${what}: and the right one is taken`);
  }
});

t.test('a hop that is repeated changes nothing, another one for the same run is late', async (t) => {
  const { world, keeper, turn } = atMirror();
  offer(world, turn);
  const { head } = keeper.book;
  offer(world, turn);
  t.same(keeper.own.refusals, [], 'a repetition is no fault');
  offer(world, { ...turn, fault: 'swarm-phase-threw', to: '' });
  t.match(keeper.own.refusals, [{ name: 'swarm-hop-late', from: mirror }]);
  t.equal(keeper.book.head, head);
});

t.test('a hop after the deadline is late', async (t) => {
  const { world, keeper, turn } = atMirror();
  world.nowMs += 61_000;
  world.event(caller, { type: 'wake' });
  t.equal(keeper.book.end, 'unheard');
  offer(world, turn);
  t.match(keeper.own.refusals, [{ name: 'swarm-hop-late' }]);
});

/** The news of the first records, as the keeper sends them; changed on the way. */
function newsTo(world: CoreWorld, change: (news: News) => News, signer = caller): Instance {
  while (!world.sent.some(({ to }) => to === mirror)) world.step();
  const sent = world.sent.find(({ to }) => to === mirror);
  const message = change((decodeEnvelope(sent?.bytes ?? fromUtf8('')) as Envelope).message as News);
  const party = new CoreWorld(describe(echo as never), Tape.ofNumbers([]), calm);
  const signature = sign(signer, messageText(instanceId, message));
  party.event(mirror, { type: 'arrived', envelope: { instance: instanceId, from: caller, message, signature } });
  return party.agents.get(mirror)?.instance as Instance;
}

t.test('a party believes the keeper nothing that does not follow', async (t) => {
  const same = newsTo(atMirror().world, (news) => news);
  t.equal(same.book.length, 2);
  const unsigned = newsTo(atMirror().world, (news) => news, mirror);
  t.match(unsigned.own.refusals, [{ name: 'swarm-hop-forged' }]);
  t.equal(unsigned.book.length, 0);
  const swapped = newsTo(atMirror().world, (news) => ({ ...news, records: [...news.records].reverse() }));
  t.equal(swapped.book.length, 0);
  const changed = newsTo(atMirror().world, (news) => {
    const second = decodeRecord(news.records[1] as Bytes);
    if (second === undefined) return news;
    // the keeper signs it, but the caller's turn is no longer what the caller signed
    const raw = encodeRecord({ ...second, body: encodeTurn({ ...turnIn(second.body), to: 'hear' }) });
    return { ...news, records: [news.records[0] as Bytes, raw], head: recordHash(raw) };
  });
  t.match(changed.own.refusals, [{ name: 'swarm-hop-forged' }]);
  t.equal(changed.book.length, 1, 'what was right before it stands');
});

function turnIn(_: Bytes): Turn {
  return { ...atMirror().turn, role: 'caller', run: 1 };
}

t.test('a party that cannot take part fails its phase at once', async (t) => {
  const { world, keeper } = atMirror();
  const message = { type: 'refuse', code: 'swarm-description-unknown' } as const;
  const signature = sign(mirror, messageText(instanceId, message));
  world.event(caller, { type: 'arrived', envelope: { instance: instanceId, from: mirror, message, signature } });
  t.match(keeper.book, {
    life: 'failed',
    failure: { code: 'swarm-description-unknown', phase: 'reflect', role: 'mirror' },
  });
});

t.test('an agent that there is not fails its phase at once', async (t) => {
  const { world, keeper } = atMirror();
  world.event(caller, { type: 'unreachable', agent: mirror, code: 'swarm-agent-unknown' });
  t.match(keeper.book.failure, { code: 'swarm-agent-unknown', phase: 'reflect', role: 'mirror' });
});

t.test('cancelling reaches every party, and what was done is undone', async (t) => {
  const { world, keeper } = atMirror();
  world.event(caller, { type: 'cancel', reason: 'changed our mind' });
  t.equal(world.run(100), undefined);
  t.match(keeper.book, { life: 'cancelled', cancelReason: 'changed our mind' });
  t.equal(world.agents.get(mirror)?.instance?.book.life, 'cancelled');
});
