// The archive over a simulated disk: what it names it can read back, whenever the process dies.

import t from 'tap';
import { Archive } from '../../../consensus/archive.ts';
import { batchDigest } from '../../../consensus/certificate/hashing.ts';
import { type Batch, signedHeader } from '../../../consensus/core/index.ts';
import { encodeRecord } from '../../../consensus/wire.ts';
import { fromUtf8 } from '../../../lib/bytes.ts';
import { sha256Hex, zeroHash } from '../../../lib/hash.ts';
import { SimStores } from '../../../sim/store.ts';
import type { JournalView, Store } from '../../../storage/index.ts';
import { JournalBench } from '../../support/journal-bench.ts';
import { CoreCluster } from './core-cluster.ts';

/** The first block of a chain. */
function firstBlock() {
  const cluster = new CoreCluster({ n: 1 });
  cluster.run(100);
  cluster.submit(0, 'a');
  cluster.run(200);
  const found = cluster.outputs.map(({ output }) => output).find((output) => output.type === 'execute');
  if (found?.type !== 'execute') throw new Error('nothing was executed');
  return signedHeader(found.block);
}

function batchOf(seq: number, text: string): Batch {
  const body = [fromUtf8(text)];
  const contentHash = sha256Hex(...body);
  const digest = batchDigest(zeroHash, 1, seq, 1, contentHash);
  return { lane: 1, seq, prev: zeroHash, count: 1, size: text.length, contentHash, body, digest };
}

class ArchiveBench extends JournalBench {
  readonly stores = new SimStores(this.disk);

  openArchive(): { readonly archive: Archive; readonly view: JournalView } {
    const view = this.open().view('chain');
    let store: Store | undefined;
    this.stores.port(this.process).open('data/main/store', 'memory', (_, opened) => {
      store = opened.store;
    });
    this.until(() => store !== undefined);
    return { archive: new Archive(store as Store, view), view };
  }

  answer<T>(question: (done: (answer: T) => void) => void): T {
    let answers: readonly [T] | undefined;
    question((answer) => {
      answers = [answer];
    });
    this.until(() => answers !== undefined);
    return (answers as unknown as readonly [T])[0];
  }
}

function journal(view: JournalView, archive: Archive, batch: Batch): void {
  const { kind, parts } = encodeRecord({ type: 'batch', batch, fetched: true });
  archive.journalled(batch.digest, { position: view.append(kind, parts, true) });
}

t.test(
  'a block is archived when its batches are durable: rows never point at what is written there later',
  async (t) => {
    const signed = firstBlock();
    const [batch, other] = [batchOf(1, 'one'), batchOf(2, 'two')];
    const outcomes = new Set<string>();
    for (let steps = 0; steps < 60; steps++) {
      const bench = new ArchiveBench({ seed: steps + 1 });
      const { archive, view } = bench.openArchive();
      journal(view, archive, batch);
      archive.add(signed, [batch], () => {});
      bench.world.run(bench.world.nowMs + steps * 0.05);
      bench.kill();
      bench.stores.crash(true);

      const again = bench.openArchive();
      journal(again.view, again.archive, other);
      bench.until(() => again.view.durable === again.view.appended);
      const block = bench.answer<unknown>((done) => again.archive.block(1, done));
      const read = bench.answer<Batch | undefined>((done) => again.archive.batch(batch.digest, done));
      const found = read === undefined ? 'no batch' : read.digest === batch.digest ? 'its batch' : 'another batch';
      outcomes.add(`${block === undefined ? 'no block' : 'the block'}, ${found}`);
    }
    t.same([...outcomes].sort(), ['no block, no batch', 'the block, its batch']);
  },
);

t.test('archiving does not wait for a lazy group', async (t) => {
  const bench = new ArchiveBench();
  const { archive, view } = bench.openArchive();
  const batch = batchOf(1, 'one');
  const from = bench.world.nowMs;
  journal(view, archive, batch);
  t.equal(
    bench.answer<string | undefined>((done) => archive.add(firstBlock(), [batch], done)),
    undefined,
  );
  t.ok(bench.world.nowMs - from < 5, `${bench.world.nowMs - from} ms`);
  t.equal(bench.answer<Batch | undefined>((done) => archive.batch(batch.digest, done))?.digest, batch.digest);
  t.equal(
    bench.answer<number | undefined>((done) => archive.locate(batch.digest, done)),
    1,
  );
});
