// How long an append takes to be durable, alone and back to back, through the whole journal on a real disk:
// `node dist/bench/micro/journal.js [directory]`. Compare only figures of one run: disks drift (PERFORMANCE).

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealClock } from '../../actors/drivers/real-clock.ts';
import { accelerateCrc32 } from '../../lib/crc32.ts';
import { MiB } from '../../lib/units.ts';
import { nativeCrc32 } from '../../storage/drivers/native-crc32.ts';
import { nodeDisk } from '../../storage/drivers/node-disk.ts';
import { type Disk, type Journal, openJournal } from '../../storage/index.ts';
import { tell } from '../support/figures.ts';

const root = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'psky-journal-'));
const clock = createRealClock({ timersKeepAlive: true });

/** The same disk without O_DIRECT, as on a file system that does not have it. */
function withoutDirect(disk: Disk): Disk {
  return { ...disk, open: (path, options, done) => disk.open(path, { ...options, direct: false }, done) };
}

function open(name: string, disk: Disk): Promise<Journal> {
  return new Promise((resolve, reject) => {
    const stop = (fault: { readonly message: string }): void => reject(new Error(fault.message));
    const world = { disk, clock, note: () => {}, fatal: stop };
    const options = { directory: join(root, name), shardId: randomBytes(16), segmentBytes: 64 * MiB };
    openJournal(world, options, (fault, journal) => (fault ? stop(fault) : resolve(journal)));
  });
}

async function measure(name: string, disk: Disk, bytes: number, rounds: number): Promise<void> {
  const journal = await open(`${name}-${bytes}`, disk);
  const view = journal.view('bench');
  const body = randomBytes(bytes);
  const micros: number[] = [];
  await new Promise<void>((resolve) => {
    let began = 0;
    const next = (): void => {
      if (micros.length === rounds) return resolve();
      began = performance.now();
      view.append(1, [body]);
    };
    journal.onDurable(() => {
      micros.push((performance.now() - began) * 1000);
      setImmediate(next);
    });
    next();
  });
  const { direct } = journal.stats();
  tell(`append ${bytes} B, ${name}`, 'µs', micros, { direct });
  await new Promise<void>((resolve) => journal.close(() => resolve()));
}

if (nativeCrc32) accelerateCrc32(nativeCrc32);
try {
  for (const [bytes, rounds] of [
    [512, 1500],
    [512 * 1024, 100],
  ] as const) {
    await measure('direct', nodeDisk(), bytes, rounds);
    await measure('fdatasync', withoutDirect(nodeDisk()), bytes, rounds);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
