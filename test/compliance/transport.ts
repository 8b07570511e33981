// What every transport does, whatever carries it. Run by transport.test.ts on each driver.

import type t from 'tap';
import type { Bytes } from '../../lib/bytes.ts';
import type { Connection, ConnectionEvents, NodeId, PeerAddress, Transport, TransportFault } from '../../net/index.ts';

type Tap = typeof t;

export interface TransportUnderTest {
  readonly transport: Transport;
  /** where it listens, known once it does */
  readonly address: () => PeerAddress;
}

export interface TransportPair {
  readonly a: TransportUnderTest;
  readonly b: TransportUnderTest;
  readonly strangerId: NodeId;
}

/** An end of a connection that remembers what it saw. */
class Recorder implements ConnectionEvents {
  readonly messages: Bytes[] = [];
  readonly closes: string[] = [];
  connection: Connection | undefined;
  #wake: () => void = () => {};

  message(bytes: Bytes): void {
    this.messages.push(bytes);
    this.#wake();
  }

  closed(reason: string): void {
    this.closes.push(reason);
    this.#wake();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

interface Joined {
  readonly near: Recorder;
  readonly far: Recorder;
}

const listen = (side: TransportUnderTest, accept: (connection: Connection) => ConnectionEvents | undefined) =>
  new Promise<TransportFault | undefined>((resolve) => side.transport.listen(accept, resolve));

const dial = (side: TransportUnderTest, target: PeerAddress, events: ConnectionEvents) =>
  new Promise<{ error: TransportFault | undefined; connection: Connection | undefined }>((resolve) =>
    side.transport.dial(target, 'bulk', (error, connection) => resolve({ error, connection }), events),
  );

const message = (length: number, fill: number): Bytes => new Uint8Array(length).fill(fill);
const bytesOf = (bytes: Bytes): string => `${bytes.length}×${bytes[0]}…${bytes.at(-1)}`;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function testTransport(tap: Tap, name: string, make: () => Promise<TransportPair>): void {
  const withPair = (what: string, run: (test: Tap, pair: TransportPair) => Promise<void>): void =>
    void tap.test(`${name}: ${what}`, { timeout: 10_000 }, async (test) => {
      const pair = await make();
      await run(test as unknown as Tap, pair);
      pair.a.transport.close();
      pair.b.transport.close();
    });

  const join = async (pair: TransportPair, greet?: (connection: Connection) => void): Promise<Joined> => {
    const near = new Recorder();
    const far = new Recorder();
    await listen(pair.b, (connection) => {
      far.connection = connection;
      greet?.(connection);
      return far;
    });
    near.connection = (await dial(pair.a, pair.b.address(), near)).connection;
    return { near, far };
  };

  withPair('gives both ends the other’s identity, and messages whole and in order', async (test, pair) => {
    await listen(pair.a, () => undefined);
    const { near, far } = await join(pair, (connection) => connection.send([message(3, 9)]));
    test.equal(near.connection?.peer, pair.b.address().nodeId);
    test.equal(far.connection?.peer, pair.a.address().nodeId);
    test.equal(far.connection?.channel, 'bulk');
    for (const [sender, receiver] of [
      [near, far],
      [far, near],
    ] as const) {
      const before = receiver === near ? 1 : 0;
      sender.connection?.send([message(13, 1), message(65_536, 2)]);
      sender.connection?.send([message(5, 3)]);
      sender.connection?.send([message(40, 4), message(200, 5), message(100_000, 6), message(1, 7)]);
      await receiver.until(() => receiver.messages.length >= before + 3);
      test.same(receiver.messages.map(bytesOf), [...(before ? ['3×9…9'] : []), '65549×1…2', '5×3…3', '100241×4…7']);
    }
  });

  withPair('tells the dialler why there is no connection', async (test, pair) => {
    await listen(pair.a, () => undefined);
    const nobody = await dial(pair.a, { ...pair.a.address(), port: 1 }, new Recorder());
    test.equal(nobody.error?.code, 'unreachable');
    await listen(pair.b, () => undefined);
    const refused = await dial(pair.a, pair.b.address(), new Recorder());
    test.match([refused.error?.code, refused.connection], ['refused', undefined]);
    const wrong = await dial(pair.a, { ...pair.b.address(), nodeId: pair.strangerId }, new Recorder());
    test.ok(['wrong-identity', 'refused'].includes(wrong.error?.code ?? ''), 'another node than the one asked for');
  });

  withPair('never gives the dialler another node than it asked for', async (test, pair) => {
    await listen(pair.b, () => new Recorder());
    const wrong = await dial(pair.a, { ...pair.b.address(), nodeId: pair.strangerId }, new Recorder());
    test.match([wrong.error?.code, wrong.connection], ['wrong-identity', undefined]);
  });

  withPair('delivers what was sent before a close, then tells both ends once', async (test, pair) => {
    await listen(pair.a, () => undefined);
    const { near, far } = await join(pair);
    near.connection?.send([message(70_000, 1)]);
    near.connection?.close('enough');
    near.connection?.close('again');
    near.connection?.send([message(1, 2)]);
    await Promise.all([near.until(() => near.closes.length > 0), far.until(() => far.closes.length > 0)]);
    await pause(20);
    test.same(far.messages.map(bytesOf), ['70000×1…1']);
    test.same([near.closes, far.closes], [['enough'], ['enough']]);
  });

  withPair('stops reading while paused, and loses nothing', async (test, pair) => {
    await listen(pair.a, () => undefined);
    const { near, far } = await join(pair);
    far.connection?.pause();
    for (let i = 0; i < 200; i++) near.connection?.send([message(65_536, i)]);
    await pause(100);
    test.ok(far.messages.length < 100, 'reading stopped');
    test.ok((near.connection?.bufferedBytes ?? 0) > 0, 'the sender can see it');
    far.connection?.resume();
    await far.until(() => far.messages.length === 200);
    test.same(
      far.messages.map((each) => each[0]),
      Array.from({ length: 200 }, (_, i) => i),
    );
    await pause(20);
    test.equal(near.connection?.bufferedBytes, 0);
  });
}
