import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { createRealClock } from '../../../actors/drivers/real-clock.ts';
import { fastDisk, SimDisk } from '../../../sim/disk.ts';
import { Machine } from '../../../sim/machine.ts';
import { SimStores } from '../../../sim/store.ts';
import { World } from '../../../sim/world.ts';
import { nodeDisk } from '../../../storage/drivers/node-disk.ts';
import { nodeStores } from '../../../storage/drivers/node-stores.ts';
import type { DiskFault, Store, StoreEngine, StoreOpener } from '../../../storage/index.ts';
import { WriteBehind } from '../../../storage/write-behind.ts';
import { diskCompliance } from '../../compliance/disk.ts';
import { storeCompliance } from '../../compliance/store.ts';

/** Virtual time goes on whenever real callbacks have nothing left to do. */
function simulated(): { readonly machine: Machine; readonly disk: SimDisk; stop(): void } {
  const world = new World(1);
  const machine = new Machine(world, 0, 'v1');
  const disk = new SimDisk(machine, { ...fastDisk, direct: true });
  let running = true;
  const pump = (): void => {
    world.run(world.nowMs + 10);
    if (running) setImmediate(pump);
  };
  setImmediate(pump);
  return {
    machine,
    disk,
    stop: () => {
      running = false;
    },
  };
}

function opening(opener: StoreOpener, directory: string, engine: StoreEngine | undefined) {
  const attempt = (): Promise<Store | DiskFault> =>
    new Promise((done) => opener.open(directory, engine, (fault, opened) => done(fault ?? opened.store)));
  return {
    open: async () => {
      const outcome = await attempt();
      if ('code' in outcome) throw new Error(`${outcome.code}: ${outcome.message}`);
      return outcome;
    },
    openLocked: async () => {
      const outcome = await attempt();
      return 'code' in outcome ? outcome : undefined;
    },
  };
}

const rocksdbRuns = Number(process.versions.node.split('.')[0]) < 22;

t.test('classic-level is a store', async (t) => {
  await storeCompliance(t, opening(nodeStores(), `${t.testdir()}/db`, 'classic-level'));
});

t.test('rocksdb is a store', { skip: rocksdbRuns ? false : 'rocksdb 5.2.1 aborts Node 22 and newer' }, async (t) => {
  await storeCompliance(t, opening(nodeStores(), `${t.testdir()}/db`, 'rocksdb'));
});

t.test('the simulated store is a store', async (t) => {
  const { machine, disk, stop } = simulated();
  t.teardown(stop);
  await storeCompliance(t, opening(new SimStores(disk).port(machine.startProcess()), 'data/db', undefined));
});

t.test('a store that gathers its writes is a store', async (t) => {
  const clock = createRealClock({ timersKeepAlive: true });
  const fatal = (fault: DiskFault): void => void t.fail(fault.message);
  const engine = opening(nodeStores(), `${t.testdir()}/db`, 'classic-level');
  await storeCompliance(t, { ...engine, open: async () => new WriteBehind(await engine.open(), { clock, fatal }) });
});

t.test('an engine is chosen by the Node that runs, and refused where it does not run', async (t) => {
  const stores = nodeStores();
  const outcome = await new Promise<{ engine: StoreEngine; store: Store }>((done) =>
    stores.open(`${t.testdir()}/db`, undefined, (_fault, opened) => done(opened)),
  );
  t.equal(outcome.engine, rocksdbRuns ? 'rocksdb' : 'classic-level');
  await new Promise((done) => outcome.store.close(done));
  t.match(await opening(stores, `${t.testdir()}/db`, 'memory').openLocked(), { code: 'unsupported' });
});

t.test('the node disk is a disk', async (t) => {
  await diskCompliance(t, nodeDisk(), t.testdir());
});

t.test(
  'the node disk without O_DIRECT is a disk',
  { skip: existsSync('/dev/shm') ? false : 'no /dev/shm' },
  async (t) => {
    const disk = nodeDisk();
    await diskCompliance(
      t,
      { ...disk, open: (path, options, done) => disk.open(path, { ...options, direct: false }, done) },
      t.testdir(),
    );
  },
);

t.test('the simulated disk is a disk', async (t) => {
  const { machine, disk, stop } = simulated();
  t.teardown(stop);
  await diskCompliance(t, disk.port(machine.startProcess()), 'data');
});

t.test('a journal on a real disk survives kill -9', async (t) => {
  const directory = `${t.testdir()}/journal`;
  const script = `
    import { nodeDisk } from ${JSON.stringify(pathToFileURL(resolve('dist/storage/drivers/node-disk.js')).href)};
    import { openJournal } from ${JSON.stringify(pathToFileURL(resolve('dist/storage/index.js')).href)};
    const clock = { now: () => performance.now(), wallMs: () => 0, soon: (run) => setImmediate(run), next: (run) => process.nextTick(run),
      after: (ms, run) => { const timer = setTimeout(run, ms); return { cancel: () => clearTimeout(timer) }; } };
    const world = { disk: nodeDisk(), clock, note() {}, fatal: (fault) => { throw new Error(fault.message); } };
    const options = { directory: process.argv[1], shardId: new Uint8Array(16), segmentBytes: 1 << 20 };
    openJournal(world, options, (fault, journal) => {
      if (fault) throw new Error(fault.message);
      const view = journal.view('main');
      let texts = '';
      view.replay(({ body }) => { texts += new TextDecoder().decode(body); }, () => {
        console.log(texts);
        view.append(1, [new TextEncoder().encode(String(texts.length))]);
        journal.onDurable(() => process.kill(process.pid, 'SIGKILL'));
      });
    });`;
  const life = (): string => {
    try {
      return execFileSync(process.execPath, ['--input-type=module', '-e', script, directory], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    } catch (error) {
      return (error as { readonly stdout: string }).stdout;
    }
  };
  t.same([life(), life(), life()], ['\n', '0\n', '01\n']);
});
