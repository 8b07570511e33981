// Opens stores on this machine. RocksDB is tried in a child process first, because where its binary does not fit it
// aborts the whole process and nothing can catch that.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtemp, rm } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Done, Store, StoreEngine, StoreOpener } from '../ports.ts';
import { openClassicLevel } from './classic-level-store.ts';
import { faultOf } from './node-disk.ts';

export function nodeStores(): StoreOpener {
  let probe: Promise<boolean> | undefined;
  const rocksdbWorks = (): Promise<boolean> => {
    probe ??= probeRocksdb();
    return probe;
  };
  return {
    open(directory, engine, done) {
      const finish =
        (opened: StoreEngine): Done<Store> =>
        (error, store) =>
          done(error, { engine: opened, store });
      const refuse = (name: string): void =>
        done(
          { code: 'unsupported', message: `${name} does not run on Node ${process.versions.node} here` },
          undefined as unknown as { engine: StoreEngine; store: Store },
        );
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
      } catch (error) {
        return done(
          faultOf(error as NodeJS.ErrnoException),
          undefined as unknown as { engine: StoreEngine; store: Store },
        );
      }
      if (engine === 'memory') return refuse('the simulated store');
      if (engine === 'classic-level') return openClassicLevel(directory, finish(engine));
      if (engine === undefined && nodeMajor() >= 22) return openClassicLevel(directory, finish('classic-level'));
      void rocksdbWorks().then(async (works) => {
        if (!works) {
          if (engine === undefined) openClassicLevel(directory, finish('classic-level'));
          else refuse('rocksdb');
          return;
        }
        const { openRocksdb } = await import('./rocksdb-store.ts');
        openRocksdb(directory, finish('rocksdb'));
      });
    },
  };
}

function nodeMajor(): number {
  return Number(process.versions.node.split('.')[0]);
}

const probeScript = `
const database = require(process.argv[1])(process.argv[2]);
database.open({ createIfMissing: true, errorIfExists: false }, (error) => {
  if (error) throw error;
  database.batch([{ type: 'put', key: Buffer.from('k'), value: Buffer.from('v') }], { sync: true }, (failure) => {
    if (failure) throw failure;
    database.close((last) => process.exit(last ? 1 : 0));
  });
});`;

/** Opens, writes and closes a database in a child process. Takes about 0.1 s. */
export function probeRocksdb(): Promise<boolean> {
  let modulePath: string;
  try {
    modulePath = createRequire(import.meta.url).resolve('rocksdb');
  } catch {
    return Promise.resolve(false);
  }
  return new Promise((resolve) => {
    mkdtemp(join(tmpdir(), 'psky-probe-'), (error, directory) => {
      if (error) return resolve(false);
      const settings = { timeout: 10_000, env: {} };
      execFile(process.execPath, ['-e', probeScript, modulePath, join(directory, 'db')], settings, (failure) => {
        rm(directory, { recursive: true, force: true }, () => resolve(failure === null));
      });
    });
  });
}
