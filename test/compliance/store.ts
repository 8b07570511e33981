// What every Store promises, run on every engine.

import type { Test } from 'tap';
import { type Bytes, equalBytes, fromUtf8, toUtf8 } from '../../lib/bytes.ts';
import type { DiskFault, Store, StoreWrite } from '../../storage/index.ts';

export interface StoreUnderTest {
  /** opens the same store again and again; the one before is closed or its process gone */
  open(): Promise<Store>;
  /** a second opening while the first one lives */
  openLocked(): Promise<DiskFault | undefined>;
}

const put = (key: string, value: string): StoreWrite => ({ key: fromUtf8(key), value: fromUtf8(value) });
const remove = (key: string): StoreWrite => ({ key: fromUtf8(key), value: null });
const text = (bytes: Bytes | undefined): string | undefined => bytes && toUtf8(bytes);

/** A callback operation as a promise that rejects with the fault. */
export function call<T>(begin: (done: (fault: DiskFault | undefined, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    begin((fault, value) => (fault ? reject(new Error(`${fault.code}: ${fault.message}`)) : resolve(value)));
  });
}

export async function storeCompliance(t: Test, subject: StoreUnderTest): Promise<void> {
  let store = await subject.open();
  const batch = (...writes: StoreWrite[]): Promise<void> => call((done) => store.batch(writes, { sync: true }, done));
  const get = async (key: string): Promise<string | undefined> =>
    text(await call<Bytes | undefined>((done) => store.get(fromUtf8(key), done)));
  const range = async (from: string, to: string, limit = 100, reverse = false): Promise<string> => {
    const query = { from: fromUtf8(from), to: fromUtf8(to), limit, reverse };
    const found = await call<readonly (readonly [Bytes, Bytes])[]>((done) => store.range(query, done));
    return found.map(([key, value]) => `${text(key)}=${text(value)}`).join(' ');
  };

  await batch(put('b', '2'), put('a', '1'), put('c', '3'), put('empty', ''));
  t.equal(await get('a'), '1');
  t.equal(await get('absent'), undefined);
  t.equal(await get('empty'), '', 'an empty value is a value');
  const found = await call<readonly (Bytes | undefined)[]>((done) =>
    store.getMany([fromUtf8('c'), fromUtf8('absent'), fromUtf8('a')], done),
  );
  t.same(found.map(text), ['3', undefined, '1']);

  t.equal(await range('a', 'd'), 'a=1 b=2 c=3');
  t.equal(await range('a', 'c'), 'a=1 b=2', 'the end is exclusive');
  t.equal(await range('aa', 'd', 1), 'b=2');
  t.equal(await range('a', 'd', 2, true), 'c=3 b=2');
  t.equal(await range('x', 'y'), '');

  await batch(remove('b'), put('a', '4'), put('bb', '5'), remove('never was'));
  t.equal(await range('a', 'd'), 'a=4 bb=5 c=3', 'a batch replaces, adds and deletes');
  await batch(put('twice', '1'), remove('twice'), put('twice', '2'));
  t.equal(await get('twice'), '2', 'the last write of a key in a batch wins');

  const high = Uint8Array.of(0xff, 0x00);
  const low = Uint8Array.of(0x7f, 0xff);
  const wide = new Uint8Array(300_000).map((_, i) => i & 255);
  await call<void>((done) =>
    store.batch(
      [
        { key: high, value: wide },
        { key: low, value: high },
      ],
      { sync: true },
      done,
    ),
  );
  const bytewise = await call<readonly (readonly [Bytes, Bytes])[]>((done) =>
    store.range({ from: Uint8Array.of(0x7f), to: Uint8Array.of(0xff, 0xff), limit: 9 }, done),
  );
  t.same(
    bytewise.map(([key]) => [...key]),
    [[...low], [...high]],
    'keys compare as unsigned bytes',
  );
  t.ok(equalBytes(bytewise[1]?.[1] ?? high, wide), 'large values come back whole');

  await call<void>((done) => store.batch([put('mine', 'unsynced')], { sync: false }, done));
  t.equal(await get('mine'), 'unsynced', 'what was written without sync is read at once');

  await call<void>((done) => store.clear({ from: fromUtf8('b'), to: fromUtf8('d') }, done));
  t.equal(await range('a', 'd'), 'a=4', 'a cleared range is empty, its end is not');

  t.match(await subject.openLocked(), { code: 'locked' }, 'a second opener is refused');
  const many = Array.from({ length: 2_500 }, (_, i) => put(`row ${i}`, `${i}`));
  const last = call<void>((done) => store.batch([...many, put('last', 'words')], { sync: true }, done));
  await call<void>((done) => store.close(done));
  await last;
  store = await subject.open();
  t.equal(await get('last'), 'words', 'what was under way at the close is there');
  t.equal(await get('row 0'), '0');
  t.equal(await get('row 2499'), '2499');
  t.equal(await get('a'), '4');
  await call<void>((done) => store.close(done));
}
