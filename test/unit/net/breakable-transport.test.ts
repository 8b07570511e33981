// The switch that makes links long, on a virtual clock: when things come, in which order, and what never does.

import t from 'tap';
import type { Bytes } from '../../../lib/bytes.ts';
import { type BreakableTransport, breakableTransport } from '../../../net/drivers/breakable-transport.ts';
import { maxDelayedBytes } from '../../../net/drivers/limits.ts';
import { type Connection, type ConnectionEvents, createMemoryHub, type NodeId } from '../../../net/index.ts';
import { VirtualClock } from '../actors/support.ts';

const idOf = (digit: string): NodeId => digit.repeat(64) as NodeId;

interface End extends BreakableTransport {
  readonly connection: () => Connection;
  /** `12 a`: the instant and what came */
  readonly heard: string[];
}

interface Joined {
  readonly clock: VirtualClock;
  readonly near: End;
  readonly far: End;
}

/** Two ends of one connection; neither is delayed yet. */
function join(): Joined {
  const clock = new VirtualClock();
  const hub = createMemoryHub(clock);
  const endOf = (digit: string): End & { connect(connection: Connection | undefined): ConnectionEvents } => {
    let connection: Connection | undefined;
    const heard: string[] = [];
    return {
      ...breakableTransport(hub.transport(idOf(digit), 'here', Number(digit)), clock),
      heard,
      connection: () => connection as Connection,
      connect(given) {
        connection = given;
        return {
          message: (bytes) => void heard.push(`${clock.now()} ${String.fromCharCode(bytes[0] as number)}`),
          closed: (reason) => void heard.push(`${clock.now()} closed: ${reason}`),
        };
      },
    };
  };
  const [near, far] = [endOf('1'), endOf('2')];
  far.transport.listen(
    (connection) => far.connect(connection),
    () => {},
  );
  const target = { nodeId: idOf('2'), host: 'here', port: 2 };
  const events = near.connect(undefined);
  near.transport.dial(target, 'bulk', (_, connection) => void near.connect(connection), events);
  clock.settle();
  return { clock, near, far };
}

const letter = (text: string, length = 1): Bytes => new Uint8Array(length).fill(text.charCodeAt(0));

t.test('what is not delayed comes at once', async (t) => {
  const { clock, near, far } = join();
  near.connection().send([letter('a')]);
  far.connection().send([letter('b')]);
  clock.settle();
  t.same([near.heard, far.heard], [['0 b'], ['0 a']]);
  t.equal(clock.pendingTimers, 0);
});

t.test('each direction takes the delay of whoever receives, once', async (t) => {
  const { clock, near, far } = join();
  near.delay(50);
  far.delay(50);
  near.connection().send([letter('a')]);
  clock.advance(49);
  t.same(far.heard, []);
  clock.advance(1);
  t.same(far.heard, ['50 a']);
  far.connection().send([letter('b')]);
  clock.advance(49);
  t.same(near.heard, []);
  clock.advance(1);
  t.same(near.heard, ['100 b'], 'there and back is twice the delay');
});

t.test('the order is kept, also where the delay becomes shorter', async (t) => {
  const { clock, near, far } = join();
  far.delay(50);
  near.connection().send([letter('a')]);
  clock.advance(10);
  near.connection().send([letter('b')]);
  clock.advance(10);
  far.delay(0);
  near.connection().send([letter('c')]);
  near.connection().send([letter('d')]);
  clock.advance(100);
  t.same(far.heard, ['50 a', '60 b', '60 c', '60 d']);
  near.connection().send([letter('e')]);
  clock.settle();
  t.equal(far.heard.at(-1), '120 e');
});

t.test('closing drops what waits; the other side’s goodbye comes behind what it sent before', async (t) => {
  const { clock, near, far } = join();
  near.delay(50);
  far.delay(50);
  far.connection().send([letter('x')]);
  near.connection().send([letter('a')]);
  clock.advance(20);
  near.connection().close('enough');
  clock.advance(100);
  t.same(near.heard, ['20 closed: enough'], 'x was on its way to the side that closed');
  t.same(far.heard, ['50 a', '70 closed: enough']);
  t.equal(clock.pendingTimers, 0);
});

t.test('a close that crosses the other side’s is told once', async (t) => {
  const { clock, near, far } = join();
  far.delay(50);
  near.connection().send([letter('a')]);
  near.connection().close('enough');
  clock.advance(20);
  far.connection().close('too');
  far.connection().close('again');
  clock.advance(100);
  t.same(far.heard, ['20 closed: enough'], 'a waited, and was dropped');
});

t.test('a transport that closes drops what waits on all its connections', async (t) => {
  const { clock, near, far } = join();
  far.delay(50);
  near.connection().send([letter('a')]);
  clock.settle();
  far.transport.close();
  clock.advance(100);
  t.same(far.heard, ['0 closed: transport closed']);
  t.equal(clock.pendingTimers, 0);
});

t.test('while paused nothing comes, and afterwards all of it', async (t) => {
  const { clock, near, far } = join();
  far.delay(50);
  near.connection().send([letter('a')]);
  clock.settle();
  far.connection().pause();
  near.connection().send([letter('b')]);
  clock.advance(100);
  t.same(far.heard, []);
  far.connection().resume();
  clock.advance(100);
  t.same(far.heard, ['100 a', '150 b'], 'b was not read before');
});

t.test('what waits is bounded: more stays at the sender until half was delivered', async (t) => {
  const { clock, near, far } = join();
  far.delay(50);
  const piece = maxDelayedBytes / 4;
  for (const each of 'abcdefgh') near.connection().send([letter(each, piece)]);
  clock.settle();
  t.equal(near.connection().bufferedBytes, 3 * piece, 'five were taken, one of them beyond the bound');
  clock.advance(50);
  t.same(far.heard, ['50 a', '50 b', '50 c', '50 d', '50 e']);
  t.equal(near.connection().bufferedBytes, 0);
  clock.advance(50);
  t.same(far.heard.slice(5), ['100 f', '100 g', '100 h']);
});
