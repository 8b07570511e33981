// Whether the free disk can hold a run. Every validator writes every byte to its journal; what a shard retains is bounded
// on `bench` and not on `main`, where the ledger's state and receipts come on top. A shard holds up to two spare
// segments beyond what it retains.

import { readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GiB } from '../../lib/units.ts';
import { diskReserveShare } from './limits.ts';
import type { LoadPlan, Schedule } from './plan.ts';

export interface ShardHome {
  /** data/<shard> of a validator on this machine */
  readonly folder: string;
  readonly retainBytes: number | 'all';
  readonly segmentBytes: number;
  readonly application: 'key-value' | 'blob';
}

export interface DiskRoom {
  /** what the run may add, over all validators */
  readonly needed: number;
  /** what it must leave */
  readonly kept: number;
  readonly free: number;
  readonly fits: boolean;
}

/** records, headers, certificates and votes beside the entries */
const journalShare = 1.1;
/** values, tree nodes and receipts in the store, before compaction frees what they replaced */
const storeShare = 1.5;

/** Bytes that the run may add on this validator's disk. */
export function growthOf(
  run: { readonly entries: number; readonly entryBytes: number },
  shard: ShardHome,
  held: number,
): number {
  const written = run.entries * (run.entryBytes + 4) * journalShare;
  const journal = written + 2 * shard.segmentBytes;
  const bounded =
    shard.retainBytes === 'all'
      ? journal
      : Math.min(journal, Math.max(0, shard.retainBytes + 3 * shard.segmentBytes - held));
  return Math.ceil(bounded + (shard.application === 'key-value' ? written * storeShare : 0));
}

/**
 * @param runs of the schedule
 * @param shards one per validator of this machine; all are taken to share the file system of the first
 * @param lowDiskBytes of free space, below which nodes stop admitting
 */
export function diskRoomFor(
  schedule: Schedule,
  runs: number,
  shards: readonly ShardHome[],
  lowDiskBytes: number,
): DiskRoom {
  const first = shards[0];
  if (first === undefined) return { needed: 0, kept: 0, free: Number.POSITIVE_INFINITY, fits: true };
  const all = { entries: runs * schedule.entries, entryBytes: schedule.entryBytes };
  const needed = shards.reduce((sum, shard) => sum + growthOf(all, shard, heldBytes(shard.folder)), 0);
  const disk = statfsSync(existing(first.folder));
  const free = disk.bavail * disk.bsize;
  const kept = Math.ceil(lowDiskBytes * diskReserveShare);
  return { needed, kept, free, fits: needed + kept <= free };
}

export function describeShortage(room: DiskRoom, plan: LoadPlan, runs: number): string {
  const gib = (bytes: number): string => `${(bytes / GiB).toFixed(1)} GiB`;
  return (
    `${plan.rate}/s × ${plan.seconds + plan.warmUpSeconds} s × ${plan.size} B${runs > 1 ? ` × ${runs} runs` : ''} ` +
    `may take ${gib(room.needed)} over all validators, ` +
    `${gib(room.kept)} must stay free, and ${gib(room.free)} are.`
  );
}

function heldBytes(folder: string): number {
  let sum = 0;
  let entries: ReturnType<typeof list>;
  try {
    entries = list(folder);
  } catch {
    return 0; // not made yet
  }
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    sum += (file?.blocks ?? 0) * 512;
  }
  return sum;
}

const list = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true });

/** the nearest folder above that is there */
function existing(folder: string): string {
  return statSync(folder, { throwIfNoEntry: false }) === undefined ? existing(join(folder, '..')) : folder;
}
