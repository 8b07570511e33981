import t from 'tap';
import { fromUtf8, toUtf8 } from '../../../lib/bytes.ts';
import { gatheredWritesBytes, gatherWritesMs } from '../../../storage/limits.ts';
import type { DiskFault, Done, Store, StoreWrite } from '../../../storage/ports.ts';
import { WriteBehind } from '../../../storage/write-behind.ts';
import { VirtualClock } from '../actors/support.ts';

interface Written {
  readonly writes: readonly StoreWrite[];
  readonly sync: boolean;
  readonly done: Done;
}

/** An engine whose writes end when the test says so. */
function workshop() {
  const clock = new VirtualClock();
  const engine: Written[] = [];
  const asked: string[] = [];
  const faults: DiskFault[] = [];
  const store: Store = {
    get: (key, done) => {
      asked.push(toUtf8(key) ?? '');
      done(undefined, fromUtf8(`engine's ${toUtf8(key)}`));
    },
    getMany: (keys, done) => {
      asked.push(...keys.map((key) => toUtf8(key) ?? ''));
      done(
        undefined,
        keys.map((key) => fromUtf8(`engine's ${toUtf8(key)}`)),
      );
    },
    batch: (writes, { sync }, done) => void engine.push({ writes, sync, done }),
    range: (_query, done) => {
      asked.push('range');
      done(undefined, []);
    },
    clear: (_range, done) => done(undefined, undefined),
    close: (done) => {
      asked.push('close');
      done(undefined, undefined);
    },
  };
  const behind = new WriteBehind(store, { clock, fatal: (fault) => faults.push(fault) });
  const said: string[] = [];
  const put = (row: string, value: string | null, sync = false): void =>
    behind.batch([{ key: fromUtf8(row), value: value === null ? null : fromUtf8(value) }], { sync }, () =>
      said.push(row),
    );
  const rowsOf = ({ writes }: Written): string =>
    writes.map(({ key, value }) => `${toUtf8(key)}=${value === null ? '-' : toUtf8(value)}`).join(' ');
  const written = (): string[] => engine.map(rowsOf);
  const read = (key: string): string | undefined => {
    let found: string | undefined;
    behind.get(fromUtf8(key), (_fault, value) => {
      found = value && toUtf8(value);
    });
    clock.settle();
    return found;
  };
  return { clock, engine, asked, faults, behind, said, put, written, read };
}

t.test('what comes within the time goes in one write, and is read meanwhile', async (t) => {
  const { clock, asked, said, put, written, read, engine } = workshop();
  put('a', '1');
  put('b', '2');
  put('a', '3');
  put('c', null);
  clock.settle();
  t.same(said, ['a', 'b', 'a', 'c'], 'nobody waits for the engine');
  t.same(written(), [], 'nothing is written yet');
  t.equal(read('a'), '3');
  t.equal(read('c'), undefined, 'what was deleted is gone');
  t.same(asked, [], 'the engine was not asked');
  clock.advance(gatherWritesMs);
  t.same(written(), ['a=3 b=2 c=-'], 'one write, with the last value of each row');
  t.equal(read('b'), '2', 'read while it is written');
  engine[0]?.done(undefined, undefined);
  t.equal(read('b'), "engine's b");
});

t.test('many keys are read from both', async (t) => {
  const { clock, behind, put, asked } = workshop();
  put('b', '2');
  let found: readonly (string | undefined)[] = [];
  behind.getMany(['a', 'b', 'c'].map(fromUtf8), (_fault, values) => {
    found = values.map((value) => value && toUtf8(value));
  });
  clock.settle();
  t.same(found, ["engine's a", '2', "engine's c"]);
  t.same(asked, ['a', 'c']);
});

t.test('a sync takes everything before it along, and only one write is under way', async (t) => {
  const { clock, engine, said, put, written } = workshop();
  put('a', '1');
  put('b', '2', true);
  t.same(written(), ['a=1 b=2']);
  t.equal(engine[0]?.sync, true);
  put('c', '3');
  put('d', '4', true);
  clock.advance(10 * gatherWritesMs);
  t.equal(engine.length, 1, 'the next one waits for the first');
  t.same(said, ['a', 'c']);
  engine[0]?.done(undefined, undefined);
  t.same(said, ['a', 'c', 'b']);
  t.same(written(), ['a=1 b=2', 'c=3 d=4']);
  engine[1]?.done(undefined, undefined);
  t.same(said, ['a', 'c', 'b', 'd']);
});

t.test('a writer that is ahead of the engine waits for it', async (t) => {
  const { clock, engine, said, behind, put } = workshop();
  const large = { key: fromUtf8('large'), value: new Uint8Array(gatheredWritesBytes) };
  behind.batch([large], { sync: false }, () => said.push('large'));
  clock.settle();
  t.same(said, [], 'not done before it is written');
  put('small', '1');
  behind.batch([large], { sync: false }, () => said.push('large again'));
  clock.settle();
  t.same(said, ['small']);
  engine[0]?.done(undefined, undefined);
  t.same(said, ['small', 'large']);
  t.equal(engine[1]?.writes.length, 1, 'what was gathered goes first');
  engine[1]?.done(undefined, undefined);
  t.same(said, ['small', 'large']);
  engine[2]?.done(undefined, undefined);
  t.same(said, ['small', 'large', 'large again']);
});

t.test('ranges and the close come after what was written', async (t) => {
  const { engine, behind, put, asked, written } = workshop();
  put('a', '1');
  behind.range({ from: fromUtf8('a'), to: fromUtf8('b'), limit: 1 }, () => {});
  behind.close(() => {});
  t.same(asked, [], 'not yet');
  t.same(written(), ['a=1']);
  engine[0]?.done(undefined, undefined);
  engine[1]?.done(undefined, undefined);
  t.same(asked, ['range', 'close']);
});

t.test('a write that fails is fatal, and nobody is told that it was done', async (t) => {
  const { engine, faults, said, put } = workshop();
  put('a', '1', true);
  engine[0]?.done({ code: 'no-space', message: 'full' }, undefined);
  t.match(faults, [{ code: 'no-space' }]);
  t.same(said, []);
});
