import t from 'tap';
import { KiB, MiB } from '../../../lib/units.ts';
import { encodeHeader, headerBytes, readHeader, wireKind } from '../../../net/frame.ts';
import { backoffMs, peerMachine } from '../../../net/peer-machine.ts';
import { addressOf, chain, counted, createNet, idOf, noCheck, text } from './support.ts';

t.test('tells both chains once that a link is up, and carries frames and bulk between them', async (t) => {
  const net = createNet();
  const a = net.node('a', { knows: 'b' });
  const b = net.node('b', { knows: 'a' });
  net.clock.advance(50);
  t.same([a.heard, b.heard], [['up b'], ['up a']]);
  a.write('b', 'one');
  a.write('b', 'two');
  a.links.outlet(idOf('b'), chain, 'bulk').write([text('batch'), new Uint8Array(100 * KiB), new Uint8Array(7)]);
  a.links.outlet(idOf('b'), chain, 'reply').write([text('reply'), new Uint8Array(3)]);
  b.links.outlet(idOf('a'), chain, 'bulk').write([text('empty')]);
  net.clock.advance(10);
  t.same(b.heard.slice(1).sort(), ['bulk a batch 65536+36871', 'bulk a reply 3', 'frame a one', 'frame a two']);
  t.same(a.heard.slice(1), ['bulk b empty ']);
  net.clock.advance(3000);
  t.match(a.links.peers(), [{ peer: idOf('b'), state: 'ready', linked: true, role: 'validator' }]);
  t.equal(a.links.peers()[0]?.roundTripMs, 0, 'pings came back');
});

t.test('frames of one turn leave as one message', async (t) => {
  const net = createNet();
  const a = net.node('a', { knows: 'b' });
  const b = net.node('b', { knows: 'a' });
  net.clock.advance(50);
  let messages = 0;
  b.tamper = (message) => {
    if (readHeader(message)?.kind === wireKind.frames) messages++;
    return [message];
  };
  for (let i = 0; i < 10; i++) a.write('b', String(i));
  net.clock.advance(10);
  t.same([messages, b.heard.length], [1, 11]);
});

t.test('a link that breaks comes down once at both ends and up again by itself', async (t) => {
  const net = createNet();
  const a = net.node('a', { knows: 'b' });
  const b = net.node('b', { knows: 'a' });
  net.clock.advance(50);
  net.hub.cut(a.id, b.id);
  a.write('b', 'lost');
  net.clock.advance(20);
  t.same(
    [a.heard, b.heard],
    [
      ['up b', 'down b'],
      ['up a', 'down a'],
    ],
  );
  a.write('b', 'lost too');
  net.clock.advance(200);
  t.same([a.heard.slice(2), b.heard.slice(2)], [['up b'], ['up a']]);
});

t.test('a node that comes back is dialled at once, whatever the back-off', async (t) => {
  const net = createNet();
  const a = net.node('a', { knows: 'b' });
  net.clock.advance(60_000);
  t.match(a.links.peers(), [{ state: 'backing-off' }]);
  const b = net.node('b', { knows: 'a' });
  net.clock.advance(1);
  t.same([a.heard, b.heard], [['up b'], ['up a']]);
});

t.test('a restarted peer replaces its old link', async (t) => {
  const net = createNet();
  const b = net.node('b', { knows: 'a' });
  const first = net.node('a', { knows: 'b' });
  net.clock.advance(50);
  first.links.close();
  const second = net.node('a', { knows: 'b' });
  net.clock.advance(300);
  t.same(b.heard, ['up a', 'down a', 'up a']);
  t.same(second.heard, ['up b']);
});

t.test('delivers at most once: a duplicate and a message of an earlier link are dropped', async (t) => {
  for (const [check, expected] of [
    [undefined, 1],
    [noCheck, 3],
  ] as const) {
    const net = createNet();
    const a = net.node('a', { knows: 'b' });
    const b = net.node('b', { knows: 'a', ...(check === undefined ? {} : { frameCheck: check }) });
    net.clock.advance(50);
    let replayed: Uint8Array | undefined;
    b.tamper = (message) => {
      if (readHeader(message)?.kind !== wireKind.frames) return [message];
      replayed = message;
      return [message, message];
    };
    a.write('b', 'vote');
    net.clock.advance(10);
    net.hub.cut(a.id, b.id);
    b.tamper = undefined;
    net.clock.advance(500);
    b.tamper = (message) => {
      const late =
        readHeader(message)?.kind === wireKind.ping && replayed !== undefined ? [replayed, message] : [message];
      if (late.length > 1) replayed = undefined;
      return late;
    };
    net.clock.advance(2000);
    t.equal(b.heard.filter((each) => each === 'frame a vote').length, expected);
    if (check === undefined) {
      t.equal(counted(b, 'psky_p2p_dropped_messages_total', 'duplicate'), 1);
      t.equal(counted(b, 'psky_p2p_dropped_messages_total', 'stale-session'), 1);
      t.same(b.heard.slice(-1), ['up a'], 'the new link stays up');
    }
  }
});

t.test('Hello of an earlier link, delivered late, changes nothing', async (t) => {
  const net = createNet();
  const a = net.node('a', { knows: 'b' });
  const b = net.node('b', { knows: 'a', hears: true });
  const hellos = [a, b].map((node) => {
    const seen: Uint8Array[] = [];
    node.tamper = (message) => {
      if (readHeader(message)?.kind === wireKind.hello) seen.push(message);
      return [message];
    };
    return seen;
  });
  net.clock.advance(50);
  t.same(
    hellos.map((each) => each.length),
    [2, 1],
  );
  for (const [i, node] of [a, b].entries()) {
    const old = [...(hellos[i] ?? [])];
    node.tamper = (message) => (readHeader(message)?.kind === wireKind.hello ? [...old, message, ...old] : [message]);
  }
  net.hub.cut(a.id, b.id);
  net.clock.advance(1000);
  t.same(
    [a.heard, b.heard],
    [
      ['up b', 'down b', 'up b'],
      ['up a', 'down a', 'up a'],
    ],
  );
});

t.test('a missing message ends the link', async (t) => {
  const net = createNet();
  const a = net.node('a', { knows: 'b' });
  const b = net.node('b', { knows: 'a' });
  net.clock.advance(50);
  b.tamper = (message) => (readHeader(message)?.kind === wireKind.frames ? [] : [message]);
  a.write('b', 'lost');
  net.clock.advance(1);
  b.tamper = undefined;
  a.write('b', 'next');
  net.clock.advance(10);
  t.ok(b.heard.includes('down a'));
  t.notOk(b.heard.includes('frame a next'));
});

t.test('a peer that falls silent is let go after 5 s', async (t) => {
  const net = createNet();
  const a = net.node('a', { knows: 'b' });
  const b = net.node('b', { knows: 'a' });
  net.clock.advance(50);
  b.tamper = () => [];
  net.clock.advance(4500);
  t.same(b.heard, ['up a']);
  net.clock.advance(2000);
  t.same(b.heard, ['up a', 'down a']);
  t.same(a.heard.slice(0, 2), ['up b', 'down b']);
});

t.test('chains share a link; each comes and goes by itself', async (t) => {
  const net = createNet();
  const a = net.node('a', { knows: 'b' });
  const b = net.node('b', { knows: 'a', hears: false });
  net.clock.advance(50);
  t.same(a.heard, [], 'b does not serve the chain yet');
  b.links.subscribe(chain, b.receiver);
  net.clock.advance(10);
  t.same([a.heard, b.heard], [['up b'], ['up a']]);
  a.write('b', 'late for the first life');
  b.links.subscribe(chain, b.receiver);
  net.clock.advance(10);
  t.same(b.heard, ['up a', 'up a'], 'a new subscription starts anew and gets no frame of the old one');
  t.same(a.heard, ['up b', 'down b', 'up b']);
  b.links.unsubscribe(chain);
  net.clock.advance(10);
  t.same(a.heard.slice(3), ['down b']);
  t.match(a.links.peers(), [{ linked: true }], 'the link itself stays');
});

t.test('followers: none, listed, open and bounded; a validator is never refused for them', async (t) => {
  for (const [followers, linked] of [
    [{ mode: 'none' }, false],
    [{ mode: 'listed', listed: new Set([idOf('f')]) }, true],
    [{ mode: 'listed', listed: new Set([idOf('e')]) }, false],
    [{ mode: 'open' }, true],
  ] as const) {
    const net = createNet();
    net.node('a', { knows: '', followers });
    const f = net.node('f', { knows: 'a' });
    net.clock.advance(5000);
    t.same(f.heard, linked ? ['up a'] : [], followers.mode);
  }
  const net = createNet();
  const a = net.node('a', { knows: '' });
  const strangers = [...'fghijklmnopqrstuvwxyz'].map((digit) => net.node(digit, { knows: 'a' }));
  net.clock.advance(2000);
  t.equal(strangers.filter((each) => each.heard.length > 0).length, 16);
  const b = net.node('b', { knows: 'a' });
  a.links.setPeers([addressOf('b')], { mode: 'open' });
  net.clock.advance(2000);
  t.same(b.heard, ['up a']);
});

t.test(
  'misbehaviour: a validator is disconnected and tried again, another peer is banned for 10 minutes',
  async (t) => {
    const net = createNet();
    const a = net.node('a', { knows: 'b' });
    net.node('b', { knows: 'a' });
    const f = net.node('f', { knows: 'a' });
    net.clock.advance(50);
    t.same(a.heard, ['up b', 'up f']);
    a.links.misbehaved(idOf('b'), 'forged-certificate');
    a.links.misbehaved(idOf('f'), 'forged-certificate');
    net.clock.advance(5000);
    t.same(a.heard.slice(2).sort(), ['down b', 'down f', 'up b']);
    t.equal(f.heard.at(-1), 'down a');
    t.match(
      a.links.peers().find((each) => each.peer === idOf('f')),
      { state: 'banned', misbehaviour: { 'forged-certificate': 1 } },
    );
    net.clock.advance(12 * 60_000);
    t.equal(a.heard.at(-1), 'up f');
  },
);

t.test('bytes that no honest peer sends end the link with a counted reason', async (t) => {
  const cases: readonly [string, number, (session: number, seq: number) => Uint8Array][] = [
    ['bad-header', wireKind.frames, () => new Uint8Array([0, 1, 2])],
    ['bad-header', wireKind.frames, () => new Uint8Array([99, ...new Uint8Array(20)])],
    ['wrong-kind', wireKind.frames, (session, seq) => encodeHeader(wireKind.bound, session, seq)],
    ['bad-frames', wireKind.frames, (session, seq) => encodeHeader(wireKind.frames, session, seq)],
    [
      'bad-frames',
      wireKind.frames,
      (session, seq) => Uint8Array.of(...encodeHeader(wireKind.frames, session, seq), 0, 0, 0, 1, 0, 0, 0, 9, 1),
    ],
    ['slice-without-head', wireKind.frames, (session, seq) => encodeHeader(wireKind.slice, session, seq)],
    [
      'too-large',
      wireKind.frames,
      (session, seq) => Uint8Array.of(...encodeHeader(wireKind.head, session, seq), 0, 0, 0, 1, 0, 0x20, 0, 0),
    ],
    [
      'bad-chains',
      wireKind.frames,
      (session, seq) => Uint8Array.of(...encodeHeader(wireKind.chains, session, seq), 0xdd, 0xff, 0xff, 0xff, 0xff),
    ],
    ['second-ready', wireKind.frames, (session, seq) => encodeHeader(wireKind.ready, session, seq)],
  ];
  for (const [reason, kind, forge] of cases) {
    const net = createNet();
    const a = net.node('a', { knows: 'b' });
    const b = net.node('b', { knows: 'a' });
    net.clock.advance(50);
    b.tamper = (message) => {
      const header = readHeader(message);
      b.tamper = undefined;
      return header?.kind === kind ? [forge(header.session, header.seq)] : [message];
    };
    a.write('b', 'x');
    net.clock.advance(10);
    t.equal(counted(b, 'psky_p2p_misbehaviour_total', reason), 1, reason);
    t.equal(b.heard.at(-1), 'down a');
  }
});

t.test('a full outbound queue ends the link; pauseBulk holds bulk, not replies', async (t) => {
  const net = createNet();
  const a = net.node('a', { knows: 'b' });
  const b = net.node('b', { knows: 'a' });
  net.clock.advance(50);
  b.links.pauseBulk(a.id);
  const batch = [text('h'), new Uint8Array(MiB)];
  for (let i = 0; i < 4; i++) a.links.outlet(b.id, chain, 'bulk').write(batch);
  a.links.outlet(b.id, chain, 'reply').write(batch);
  net.clock.advance(10);
  t.equal(b.heard.length, 2, 'the reply only');
  b.links.resumeBulk(a.id);
  net.clock.advance(10);
  t.equal(b.heard.length, 6);
  b.links.pauseBulk(a.id);
  for (let i = 0; i < 40; i++) a.links.outlet(b.id, chain, 'bulk').write(batch);
  t.match(a.links.peers(), [{ linked: false, bufferedBytes: 0 }]);
  net.clock.advance(10);
  t.same([a.heard.at(-1), b.heard.at(-1)], ['down b', 'down a']);

  // a node that only follows may let half as much wait
  const f = net.node('f', { knows: 'a' });
  net.clock.advance(2_000);
  f.links.pauseBulk(a.id);
  const linked = () => a.links.peers().find(({ peer }) => peer === f.id)?.linked;
  for (let i = 0; i < 15; i++) a.links.outlet(f.id, chain, 'bulk').write(batch);
  t.ok(linked());
  for (let i = 0; i < 2; i++) a.links.outlet(f.id, chain, 'bulk').write(batch);
  t.notOk(linked());
});

t.test('back-off doubles to its bound, by role; jitter takes up to a quarter off', async (t) => {
  t.same(
    [1, 2, 3, 6, 60].map((failures) => backoffMs('validator', failures, 0)),
    [100, 200, 400, 2000, 2000],
  );
  t.same(
    [1, 2, 7, 60].map((failures) => backoffMs('follower', failures, 0)),
    [1000, 2000, 60_000, 60_000],
  );
  t.equal(backoffMs('validator', 1, 1), 75);
  t.same(Object.keys(peerMachine.config.states ?? {}).sort(), [
    'backing-off',
    'banned',
    'deciding',
    'dialing',
    'greeting',
    'idle',
    'ready',
    'stopped',
  ]);
  t.equal(headerBytes, 13);
});
