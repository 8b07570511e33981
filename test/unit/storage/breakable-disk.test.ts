// The switch that breaks a real disk: sound it is a disk like any other, and each breakage does what it says.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { Bytes } from '../../../lib/bytes.ts';
import { breakableDisk, soundDisk } from '../../../storage/drivers/breakable-disk.ts';
import { nodeDisk } from '../../../storage/drivers/node-disk.ts';
import { nodeStores } from '../../../storage/drivers/node-stores.ts';
import type { DiskFault, DiskFile, Store } from '../../../storage/index.ts';
import { diskCompliance } from '../../compliance/disk.ts';
import { call } from '../../compliance/store.ts';

const made = () => breakableDisk({ disk: nodeDisk(), stores: nodeStores() });
const bytes = new Uint8Array(4096).fill(7);
const fault = (begin: (done: (fault: DiskFault | undefined) => void) => void): Promise<DiskFault | undefined> =>
  new Promise((resolve) => begin(resolve));

t.test('sound it keeps what a disk promises', async (t) => {
  await diskCompliance(t, made().disk, t.testdir());
});

t.test('broken it fails as it is told, and is sound again afterwards', async (t) => {
  const { disk, stores, break: breakAs } = made();
  const folder = t.testdir();
  const file = await call<DiskFile>((done) => disk.open(`${folder}/file`, { create: true }, done));
  const held = () => call<Bytes>((done) => file.read(0, 4096, done));

  breakAs({ ...soundDisk, failure: 'no-space' });
  t.match(await fault((done) => file.write(0, [bytes], done)), { code: 'no-space' });
  t.match(await fault((done) => disk.writeFile(`${folder}/small`, bytes, done)), { code: 'no-space' });
  t.equal((await held()).length, 0, 'nothing arrived');

  breakAs({ ...soundDisk, failure: 'io' });
  t.match(await fault((done) => file.sync(done)), { code: 'io' });
  t.match(await fault((done) => file.write(0, [bytes], done)), { code: 'io' });
  t.same(await held(), bytes, 'it arrived, and nobody may rely on it');

  breakAs({ ...soundDisk, freeBytes: 5 });
  t.equal(await call((done) => disk.freeBytes(folder, done)), 5);
  breakAs({ ...soundDisk, delayMs: 50 });
  const began = performance.now();
  await call<void>((done) => file.sync(done));
  t.ok(performance.now() - began >= 49, 'slow');

  breakAs(soundDisk);
  const { store } = await call<{ readonly store: Store }>((done) =>
    stores.open(`${folder}/store`, 'classic-level', done),
  );
  const writes = [{ key: Uint8Array.of(1), value: Uint8Array.of(2) }];
  breakAs({ ...soundDisk, failure: 'no-space' });
  t.match(await fault((done) => store.batch(writes, { sync: true }, done)), { code: 'no-space' });
  breakAs(soundDisk);
  t.equal(await call((done) => store.get(Uint8Array.of(1), done)), undefined);
  await call<void>((done) => store.batch(writes, { sync: true }, done));
  t.same(await call((done) => store.get(Uint8Array.of(1), done)), Uint8Array.of(2));
  t.not(await call((done) => disk.freeBytes(folder, done)), 5);
  await call<void>((done) => store.close(done));
  await call<void>((done) => file.close(done));
});

t.test('a torn write leaves whole sectors of its beginning, and no process', async (t) => {
  const path = `${t.testdir()}/file`;
  writeFileSync(path, new Uint8Array(8192));
  const here = (name: string) => JSON.stringify(new URL(`../../../storage/drivers/${name}.js`, import.meta.url).href);
  const script = `
    const { breakableDisk, soundDisk } = await import(${here('breakable-disk')});
    const { nodeDisk } = await import(${here('node-disk')});
    const { disk, break: breakAs } = breakableDisk({ disk: nodeDisk(), stores: {} });
    breakAs({ ...soundDisk, failure: 'torn', tornShare: 0.4 });
    disk.open(process.argv[1], { create: false }, (_, file) =>
      file.write(4096, [new Uint8Array(4096).fill(7)], () => console.log('returned')));`;
  const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], {
    encoding: 'utf8',
  });
  t.equal(signal, 'SIGKILL');
  t.equal(stdout, '');
  const left = readFileSync(path);
  const arrived = left.filter((each) => each === 7).length;
  t.equal(arrived, 1536, 'three of eight sectors: 0.4 of them, rounded down');
  t.ok(left.subarray(4096, 4096 + arrived).every((each) => each === 7));
});
