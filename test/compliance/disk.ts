// What every Disk promises, run on the real one and on the simulated one.

import type { Test } from 'tap';
import { type Bytes, fromUtf8, toUtf8 } from '../../lib/bytes.ts';
import type { Disk, DiskFault, DiskFile } from '../../storage/index.ts';
import { call } from './store.ts';

/** @param root an existing directory, or one that needs no making */
export async function diskCompliance(t: Test, disk: Disk, root: string): Promise<void> {
  const fault = (begin: (done: (fault: DiskFault | undefined) => void) => void): Promise<DiskFault | undefined> =>
    new Promise((resolve) => begin(resolve));
  const open = (path: string, options: Parameters<Disk['open']>[1]): Promise<DiskFile> =>
    call((done) => disk.open(path, options, done));
  const close = (file: DiskFile): Promise<void> => call((done) => file.close(done));
  const read = (file: DiskFile, offset: number, length: number): Promise<Bytes> =>
    call((done) => file.read(offset, length, done));

  const folder = `${root}/one/two`;
  await call<void>((done) => disk.makeDirectory(folder, done));
  await call<void>((done) => disk.makeDirectory(folder, done));
  t.same(await call((done) => disk.list(folder, done)), [], 'a directory that exists may be made again');

  t.match(await fault((done) => disk.open(`${folder}/absent`, { create: false }, done)), { code: 'not-found' });
  t.match(await fault((done) => disk.readFile(`${folder}/absent`, done)), { code: 'not-found' });
  t.match(await fault((done) => disk.remove(`${folder}/absent`, done)), { code: 'not-found' });

  const plain = await open(`${folder}/plain`, { create: true });
  t.equal(plain.size, 0);
  t.equal(plain.alignment, 1);
  t.equal(plain.writesAreSynced, false);
  await call<void>((done) => plain.write(3, [fromUtf8('abc'), fromUtf8('def')], done));
  await call<void>((done) => plain.sync(done));
  t.equal(plain.size, 9, 'a write beyond the end grows the file');
  t.same([...(await read(plain, 0, 5))], [0, 0, 0, 97, 98], 'what was never written is zero');
  t.equal(toUtf8(await read(plain, 6, 100)), 'def', 'a read ends at the end of the file');
  t.equal((await read(plain, 50, 10)).length, 0);
  await close(plain);

  const direct = await open(`${folder}/direct`, { create: true, direct: true });
  const block = disk.allocate(2 * 4096);
  block.fill(7);
  await call<void>((done) => direct.write(4096, [block], done));
  block.fill(9);
  await call<void>((done) => direct.write(0, [block.subarray(0, 4096)], done));
  if (!direct.writesAreSynced) await call<void>((done) => direct.sync(done));
  await close(direct);
  const reader = await open(`${folder}/direct`, { create: false, readOnly: true });
  t.equal(reader.size, 3 * 4096);
  t.same([...(await read(reader, 4094, 4))], [9, 9, 7, 7], 'unaligned reads of a file that was written directly');
  await close(reader);

  await call<void>((done) => disk.writeFile(`${folder}/small`, fromUtf8('one'), done));
  await call<void>((done) => disk.writeFile(`${folder}/small`, fromUtf8('second'), done));
  t.equal(toUtf8(await call<Bytes>((done) => disk.readFile(`${folder}/small`, done))), 'second');
  t.same(await call((done) => disk.list(folder, done)), ['direct', 'plain', 'small'], 'sorted, nothing temporary left');

  await call<void>((done) => disk.rename(`${folder}/small`, `${folder}/plain`, done));
  await call<void>((done) => disk.syncDirectory(folder, done));
  t.equal(toUtf8(await call<Bytes>((done) => disk.readFile(`${folder}/plain`, done))), 'second', 'renaming replaces');
  await call<void>((done) => disk.remove(`${folder}/plain`, done));
  t.same(await call((done) => disk.list(folder, done)), ['direct']);
  t.ok((await call<number>((done) => disk.freeBytes(folder, done))) > 0);
}
