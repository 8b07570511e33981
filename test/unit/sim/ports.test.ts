import t from 'tap';
import type { Bytes } from '../../../lib/bytes.ts';
import { fromUtf8, toUtf8 } from '../../../lib/bytes.ts';
import { milliseconds } from '../../../lib/units.ts';
import type { Connection, NodeId } from '../../../net/ports.ts';
import { SimDisk } from '../../../sim/disk.ts';
import { Machine } from '../../../sim/machine.ts';
import { SimNetwork } from '../../../sim/network.ts';
import { OrderedMap } from '../../../sim/ordered-map.ts';
import { SimStores } from '../../../sim/store.ts';
import { World } from '../../../sim/world.ts';
import type { Disk, DiskFile, Done, Store } from '../../../storage/ports.ts';

function settle<T>(world: World, begin: (done: Done<T>) => void): T {
  // what a callback throws is the simulated program's own failure, so the fault is thrown out here
  let outcome: { value: T } | { fault: string } | undefined;
  begin((error, value) => {
    outcome = error === undefined ? { value } : { fault: error.code };
  });
  world.run(world.nowMs + 10_000, () => outcome !== undefined);
  if (outcome === undefined) throw new Error('no answer');
  if ('fault' in outcome) throw new Error(outcome.fault);
  return outcome.value;
}

interface DiskRig {
  readonly world: World;
  readonly machine: Machine;
  readonly disk: SimDisk;
  readonly port: Disk;
  readonly file: DiskFile;
}

function diskRig(seed: number, direct = false): DiskRig {
  const world = new World(seed);
  const machine = new Machine(world, 0, 'v1');
  const disk = new SimDisk(machine);
  disk.profile = { ...disk.profile, direct };
  const port = disk.port(machine.startProcess());
  const file = settle<DiskFile>(world, (done) => port.open('d/f', { create: true, direct }, done));
  settle<void>(world, (done) => port.syncDirectory('d', done));
  return { world, machine, disk, port, file };
}

function contentAfterPowerCut(rig: DiskRig, fate: 'lost' | 'torn' | 'chance' = 'chance'): Bytes {
  rig.machine.end('power-cut');
  rig.disk.powerCut(fate);
  return settle<Bytes>(rig.world, (done) => rig.disk.port(rig.machine.startProcess()).readFile('d/f', done));
}

t.test('a power cut takes what no sync covered, and never what one did', async (t) => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const rig = diskRig(seed);
    settle<void>(rig.world, (done) => rig.file.write(0, [new Uint8Array(1000).fill(1)], done));
    settle<void>(rig.world, (done) => rig.file.sync(done));
    settle<void>(rig.world, (done) => rig.file.write(1000, [new Uint8Array(3000).fill(2)], done));
    const content = contentAfterPowerCut(rig);
    t.ok(content.length >= 1000 && content.subarray(0, 1000).every((value) => value === 1));
    lengths.add(content.length);
  }
  t.ok(lengths.has(1000) && lengths.size > 3, `lost in some worlds, torn in others: ${[...lengths]}`);
});

t.test('a sync covers the writes completed before it began, not those in flight', async (t) => {
  const rig = diskRig(3);
  let synced = false;
  rig.file.write(0, [new Uint8Array(512).fill(1)], () => {
    rig.file.sync(() => {
      synced = true;
    });
    rig.file.write(512, [new Uint8Array(512).fill(2)], () => undefined);
  });
  rig.world.run(rig.world.nowMs + 100, () => synced);
  t.equal(contentAfterPowerCut(rig, 'lost').length, 512);
});

t.test('a direct file is durable at completion, and torn in flight only by whole sectors', async (t) => {
  for (let seed = 0; seed < 20; seed++) {
    const rig = diskRig(seed, true);
    t.equal(rig.file.alignment, 4096);
    settle<void>(rig.world, (done) => rig.file.write(0, [new Uint8Array(4096).fill(1)], done));
    rig.file.write(4096, [new Uint8Array(8192).fill(2)], () => t.fail('the process is dead'));
    const content = contentAfterPowerCut(rig);
    t.ok(content.length >= 4096 && content.length % 512 === 0);
  }
});

t.test('a killed process loses nothing that it wrote; a failed sync loses it and says so', async (t) => {
  const killed = diskRig(5);
  settle<void>(killed.world, (done) => killed.file.write(0, [new Uint8Array(700)], done));
  killed.machine.end('killed');
  killed.disk.processKilled();
  const port = killed.disk.port(killed.machine.startProcess());
  t.equal(settle<Bytes>(killed.world, (done) => port.readFile('d/f', done)).length, 700);

  const failing = diskRig(6);
  settle<void>(failing.world, (done) => failing.file.write(0, [new Uint8Array(700)], done));
  failing.disk.failingSyncs = 1;
  t.throws(() => settle<void>(failing.world, (done) => failing.file.sync(done)), /io/);
  settle<void>(failing.world, (done) => failing.file.sync(done));
  t.equal(contentAfterPowerCut(failing).length, 0, 'a later sync does not bring it back');
});

t.test('names last from the sync of their directory; whole files are replaced at once', async (t) => {
  let vanished = 0;
  for (let seed = 0; seed < 20; seed++) {
    const rig = diskRig(seed);
    settle<DiskFile>(rig.world, (done) => rig.port.open('d/new', { create: true }, done));
    settle<void>(rig.world, (done) => rig.port.rename('d/new', 'd/renamed', done));
    settle<void>(rig.world, (done) => rig.port.writeFile('e/manifest', fromUtf8('whole'), done));
    rig.machine.end('power-cut');
    rig.disk.powerCut('chance');
    const port = rig.disk.port(rig.machine.startProcess());
    const names = settle<readonly string[]>(rig.world, (done) => port.list('d', done));
    t.ok(names.includes('f'));
    if (!names.includes('renamed')) vanished++;
    t.equal(toUtf8(settle<Bytes>(rig.world, (done) => port.readFile('e/manifest', done))), 'whole');
  }
  t.ok(vanished > 3);
});

t.test('a full disk refuses growth and takes it again when there is space', async (t) => {
  const rig = diskRig(8);
  rig.disk.capacityBytes = 1000;
  t.throws(() => settle<void>(rig.world, (done) => rig.file.write(0, [new Uint8Array(2000)], done)), /no-space/);
  rig.disk.capacityBytes = 5000;
  settle<void>(rig.world, (done) => rig.file.write(0, [new Uint8Array(2000)], done));
  t.equal(
    settle<number>(rig.world, (done) => rig.port.freeBytes('d', done)),
    3000,
  );
});

t.test('a store undoes unsynced batches newest first, never synced ones', async (t) => {
  const key = (text: string) => fromUtf8(text);
  const seen = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const { world, machine, disk } = diskRig(seed);
    const stores = new SimStores(disk);
    const open = () =>
      settle<{ store: Store }>(world, (done) => stores.port(machine.process as never).open('s', undefined, done)).store;
    const store = open();
    for (const [name, sync] of [
      ['a', false],
      ['b', true],
      ['c', false],
      ['d', false],
    ] as const)
      settle<void>(world, (done) => store.batch([{ key: key(name), value: key(name) }], { sync }, done));
    t.throws(open, /locked/);
    machine.end('power-cut');
    stores.crash(false);
    machine.startProcess();
    const found = settle(world, open().range.bind(null, { from: key('a'), to: key('z'), limit: 9 }) as never) as [
      Bytes,
      Bytes,
    ][];
    seen.add(found.map(([name]) => toUtf8(name)).join(''));
  }
  t.strictSame([...seen].sort(), ['ab', 'abc', 'abcd']);
});

t.test('an ordered map ranges both ways like a sorted array', async (t) => {
  const random = new World(1).random.workload;
  const map = new OrderedMap<number>();
  const mirror = new Set<string>();
  for (let i = 0; i < 5000; i++) {
    const key = String(random.below(3000));
    if (random.chance(0.3)) {
      map.delete(key);
      mirror.delete(key);
    } else {
      map.set(key, i);
      mirror.add(key);
    }
  }
  const expected = [...mirror].filter((key) => key >= '12' && key < '27').sort();
  t.strictSame(map.keys('12', '27', 1e9, false), expected);
  t.strictSame(map.keys('12', '27', 20, true), [...expected].reverse().slice(0, 20));
});

interface Peer {
  readonly machine: Machine;
  readonly received: string[];
  readonly closed: string[];
  accepted: Connection | undefined;
}

function networkRig(seed: number): { world: World; network: SimNetwork; a: Peer; b: Peer; dial: () => Connection } {
  const world = new World(seed);
  const network = new SimNetwork(world, { delayMs: [1, 5], jitter: 0.5, bytesPerMs: 1e6 });
  const peer = (index: number): Peer => ({
    machine: new Machine(world, index, `v${index}`),
    received: [],
    closed: [],
    accepted: undefined,
  });
  const [a, b] = [peer(0), peer(1)];
  const events = (who: Peer) => ({
    message: (bytes: Bytes) => void who.received.push(toUtf8(bytes) ?? ''),
    closed: (reason: string) => void who.closed.push(reason),
  });
  const id = (index: number) => `${index}` as NodeId;
  const from = network.transport(a.machine.startProcess(), id(0));
  const to = network.transport(b.machine.startProcess(), id(1));
  to.listen(
    (connection) => {
      b.accepted = connection;
      return events(b);
    },
    () => undefined,
  );
  world.run(10);
  const dial = () => {
    let made: Connection | undefined;
    from.dial({ nodeId: id(1), host: '', port: 0 }, 'control', (_error, connection) => (made = connection), events(a));
    world.run(world.nowMs + 10_000, () => made !== undefined);
    return made as Connection;
  };
  return { world, network, a, b, dial };
}

t.test('a connection delivers in order; a cut holds it back and loses nothing', async (t) => {
  const { world, network, b, dial } = networkRig(1);
  const connection = dial();
  const expected = Array.from({ length: 50 }, (_, i) => String(i));
  expected.slice(0, 25).forEach((text) => connection.send([fromUtf8(text)]));
  network.cut(0, 1);
  world.run(world.nowMs + 500);
  t.strictSame(b.received, []);
  expected.slice(25).forEach((text) => connection.send([fromUtf8(text)]));
  network.mend(0, 1);
  world.run(world.nowMs + 500);
  t.strictSame(b.received, expected);
});

t.test(
  'the tail of a broken connection arrives beside the new one, and frames sent into the break are lost',
  async (t) => {
    const { world, network, a, b, dial } = networkRig(2);
    const old = dial();
    old.send([fromUtf8('tail')]);
    network.disconnect(0, 1, { detectMs: [50, 60] });
    old.send([fromUtf8('lost')]);
    const fresh = dial();
    fresh.send([fromUtf8('new')]);
    world.run(world.nowMs + 500);
    t.strictSame([...b.received].sort(), ['new', 'tail']);
    t.strictSame([a.closed.length, b.closed.length], [1, 1]);
  },
);

t.test('a reader that pauses fills the sender; close comes behind what was sent', async (t) => {
  const { world, a, b, dial } = networkRig(3);
  const connection = dial();
  b.accepted?.pause();
  connection.send([new Uint8Array(1 << 20)]);
  connection.send([fromUtf8('last')]);
  world.run(world.nowMs + 500);
  t.ok(connection.bufferedBytes > 500_000);
  b.accepted?.resume();
  world.run(world.nowMs + 500);
  t.equal(connection.bufferedBytes, 0);
  connection.send([fromUtf8('bye')]);
  connection.close('done');
  world.run(world.nowMs + 500);
  t.equal(b.received.at(-1), 'bye');
  t.strictSame([a.closed, b.closed], [['done'], ['done']]);
});

t.test('a paused process gets everything later; a dead one nothing, and its peers hear of it', async (t) => {
  const { world, a, b, dial } = networkRig(4);
  const connection = dial();
  let fired = 0;
  b.machine.process?.clock.after(milliseconds(5), () => fired++);
  b.machine.process?.pause();
  connection.send([fromUtf8('while paused')]);
  world.run(world.nowMs + 500);
  t.strictSame([b.received, fired], [[], 0]);
  b.machine.process?.resume();
  world.run(world.nowMs + 500);
  t.strictSame([b.received, fired], [['while paused'], 1]);
  b.machine.end('killed');
  world.run(world.nowMs + 500);
  t.strictSame(a.closed, ['connection reset']);
});

t.test('clocks drift and jump one by one, and half a million events take less than a second', async (t) => {
  const world = new World(1);
  const machine = new Machine(world, 0, 'v1');
  const { clock } = machine.startProcess();
  machine.setClockRate(1.01);
  machine.wallOffsetMs = -5000;
  const wall = clock.wallMs();
  let firedAt = 0;
  clock.after(milliseconds(1010), () => {
    firedAt = world.nowMs;
  });
  world.run(2000);
  t.match(firedAt, 1000.001);
  t.equal(clock.wallMs() - wall, 2020);

  const started = process.hrtime.bigint();
  let left = 500_000;
  const tick = () => {
    if (left-- > 0) clock.after(milliseconds(1), tick);
  };
  for (let i = 0; i < 100; i++) tick();
  world.run(1e9);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  t.ok(seconds < 2, `${seconds} s`);
  t.comment(`${Math.round(500 / seconds)} k timers/s`);
});
