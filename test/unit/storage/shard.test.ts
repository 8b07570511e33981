import t from 'tap';
import {
  type ActorSystem,
  type Address,
  address,
  type Behavior,
  createActorSystem,
  type Note,
} from '../../../actors/index.ts';
import { fromUtf8, toUtf8 } from '../../../lib/bytes.ts';
import { createMetrics } from '../../../lib/metrics.ts';
import { seconds } from '../../../lib/units.ts';
import { SimDisk } from '../../../sim/disk.ts';
import { Machine, type SimProcess } from '../../../sim/machine.ts';
import { SimStores } from '../../../sim/store.ts';
import { World } from '../../../sim/world.ts';
import {
  type AdmissionMessage,
  type Shard,
  type ShardActorOptions,
  type ShardFault,
  shardBehavior,
  shardSupervision,
  storageMetrics,
} from '../../../storage/index.ts';
import { manifestPath } from '../../../storage/manifest.ts';

const directory = 'data/main';
const shardAddress = address('node', 'shard', 'main');

/** A simulated machine on which one shard lives as an actor. */
class ShardBench {
  readonly world = new World(3);
  readonly machine = new Machine(this.world, 0, 'v1');
  readonly disk = new SimDisk(this.machine);
  readonly stores = new SimStores(this.disk);
  readonly admission: AdmissionMessage[] = [];
  readonly fatal: string[] = [];
  readonly logs: string[] = [];
  process: SimProcess = this.machine.startProcess();
  shard: Shard | undefined;
  refused: ShardFault | undefined;
  ids = 0;

  start(options: Partial<ShardActorOptions> = {}): ActorSystem {
    this.shard = undefined;
    this.refused = undefined;
    const metrics = createMetrics();
    metrics.declare(...storageMetrics);
    const note = (_from: Address, _kind: string, note: Note): void => {
      if ('log' in note) this.logs.push(note.message);
    };
    const system = createActorSystem({
      clock: this.process.clock,
      shards: {},
      notes: { note, metrics },
      onFatal: (reason) => void this.fatal.push(reason),
    });
    const world = {
      disk: this.disk.port(this.process),
      clock: this.process.clock,
      stores: this.stores.port(this.process),
      newShardId: () => new Uint8Array(16).fill(++this.ids),
      note: (note: Note) => {
        if ('observe' in note) metrics.observe(note.observe, note.value, note.labels);
      },
    };
    const journal = { segmentBytes: 65_536 };
    const behavior = shardBehavior(world, {
      name: 'main',
      directory,
      owners: [],
      journal,
      checkEveryMs: seconds(2),
      opened: (shard) => {
        this.shard = shard;
      },
      refused: (fault) => {
        this.refused = fault;
      },
      ...options,
    });
    system.spawn(shardAddress, behavior, { supervision: shardSupervision });
    const listener: Behavior<null, AdmissionMessage> = {
      kind: 'listener',
      mailbox: { capacity: 100 },
      start: () => null,
      receive: (_state, message) => void this.admission.push(message),
    };
    const self = address('node', 'listener', 'one');
    system.spawn(self, listener);
    system.deliver(shardAddress, { type: 'subscribe', subscriber: self } as never);
    this.run(500);
    return system;
  }

  run(ms: number): void {
    this.world.run(this.world.nowMs + ms);
  }

  crash(): void {
    this.machine.end('power-cut');
    this.disk.powerCut('chance');
    this.stores.crash(false);
    this.process = this.machine.startProcess();
  }

  state(system: ActorSystem): string | null | undefined {
    return system.inspect().actors.find((actor) => actor.address === shardAddress)?.state;
  }
}

t.test('a shard opens, serves, closes, and each opening has a new lease epoch', async (t) => {
  const bench = new ShardBench();
  const system = bench.start();
  t.equal(bench.state(system), 'serving');
  t.match(bench.shard, { engine: 'memory', leaseEpoch: 1, isNew: true });
  t.same(
    bench.admission.map(({ reason }) => reason),
    ['not-ready', 'serving'],
  );
  bench.shard?.journal.view('main').append(1, [fromUtf8('kept')]);
  system.deliver(shardAddress, { type: 'close' });
  bench.run(500);
  t.notOk(system.has(shardAddress), 'a closed shard is gone');
  t.equal(bench.admission.at(-1)?.reason, 'closing');

  bench.crash();
  bench.start();
  t.match(bench.shard, { leaseEpoch: 2, isNew: false });
  t.equal(bench.ids, 1, 'the shard keeps its id');
  const texts: (string | undefined)[] = [];
  bench.shard?.journal.view('main').replay(
    ({ body }) => texts.push(toUtf8(body)),
    () => {},
  );
  bench.run(100);
  t.same(texts, ['kept']);
});

t.test('what is under way in the store ends before the shard closes, and nothing begins any more', async (t) => {
  const bench = new ShardBench();
  bench.start();
  const { store } = bench.shard as Shard;
  const ends: string[] = [];
  const write = (name: string): void =>
    store.batch([{ key: fromUtf8(name), value: fromUtf8('v') }], { sync: true }, () => void ends.push(name));
  write('under way');
  bench.shard?.close(() => void ends.push('closed'));
  write('closing');
  bench.run(500);
  write('closed');
  store.get(fromUtf8('under way'), () => void ends.push('read'));
  bench.run(500);
  t.same(ends, ['under way', 'closed']);
  t.same(bench.fatal, []);
});

t.test('admission waits until every owner has replayed', async (t) => {
  const bench = new ShardBench();
  const system = bench.start({ owners: ['a', 'b'] });
  t.equal(bench.state(system), 'replaying');
  system.deliver(shardAddress, { type: 'replayed', owner: 'a' } as never);
  bench.run(10);
  t.equal(bench.state(system), 'replaying');
  system.deliver(shardAddress, { type: 'replayed', owner: 'b' } as never);
  bench.run(10);
  t.equal(bench.state(system), 'serving');
});

t.test('low disk closes admission and says so; space above the threshold opens it again', async (t) => {
  const bench = new ShardBench();
  const lowDiskBytes = 10_000_000;
  const system = bench.start({ lowDiskBytes });
  bench.disk.capacityBytes = bench.disk.usedBytes() + lowDiskBytes - 1;
  bench.run(3000);
  t.equal(bench.state(system), 'low-disk');
  t.match(bench.admission.at(-1), { open: false, reason: 'low-disk', freeBytes: lowDiskBytes - 1 });
  t.ok(bench.logs.some((line) => /almost full/.test(line)));
  bench.disk.capacityBytes += 1000;
  bench.run(3000);
  t.equal(bench.state(system), 'low-disk', 'a little more is not enough');
  bench.disk.capacityBytes += lowDiskBytes;
  bench.run(3000);
  t.equal(bench.state(system), 'serving');
  t.match(bench.admission.at(-1), { open: true, reason: 'serving' });
  t.same(bench.fatal, []);
});

t.test('a failed write of journal or store stops the process, and is never answered', async (t) => {
  for (const which of ['journal', 'store'] as const) {
    const bench = new ShardBench();
    const system = bench.start();
    bench.disk.failingSyncs = 1;
    let answered = false;
    if (which === 'journal') {
      bench.shard?.journal.onDurable(() => {
        answered = true;
      });
      bench.shard?.journal.view('main').append(1, []);
    } else {
      bench.shard?.store.batch([{ key: fromUtf8('k'), value: fromUtf8('v') }], { sync: true }, () => {
        answered = true;
      });
    }
    bench.run(100);
    t.equal(bench.fatal.length, 1, which);
    t.match(bench.fatal[0], /shard main/);
    t.equal(answered, false);
    system.halt();
  }
});

t.test('a shard that cannot be opened says why, and nothing else stops', async (t) => {
  const bench = new ShardBench();
  const first = bench.start();
  bench.start();
  t.match(bench.refused, { code: 'shard-locked', message: /data\/main/ });
  t.equal(bench.state(first), 'serving');
  t.same(bench.fatal, []);
  const image = bench.disk.names.find(manifestPath(directory));
  const manifest = toUtf8(image?.read(0, 1000) ?? new Uint8Array(0)) ?? '';
  const refusal = (text: string): ShardFault | undefined => {
    bench.crash();
    bench.disk.port(bench.process).writeFile(manifestPath(directory), fromUtf8(text), () => {});
    bench.run(100);
    bench.start();
    return bench.refused;
  };
  t.match(refusal(manifest.replace('"format": 1', '"format": 2')), { code: 'shard-format-newer' });
  t.match(refusal(manifest.replace('memory', 'tape')), { code: 'shard-manifest-bad', message: /tape/ });
  t.match(refusal('{'), { code: 'shard-manifest-bad' });
  bench.crash();
  bench.disk.port(bench.process).writeFile(manifestPath(directory), fromUtf8(manifest), () => {});
  bench.run(100);
  bench.start({ engine: 'rocksdb' });
  t.match(bench.refused, { code: 'shard-engine-mismatch' });
  bench.start();
  t.notOk(bench.refused, 'what was refused left the store unlocked');
});

t.test('a shard that another opening took over stops writing', async (t) => {
  const bench = new ShardBench();
  bench.start();
  const image = bench.disk.names.find(manifestPath(directory));
  const manifest = toUtf8(image?.read(0, 1000) ?? new Uint8Array(0)) ?? '';
  const taken = manifest.replace('"leaseEpoch": 1', '"leaseEpoch": 2');
  bench.disk.port(bench.process).writeFile(manifestPath(directory), fromUtf8(taken), () => {});
  bench.run(5000);
  t.match(bench.fatal[0], /lease-lost/);
});
