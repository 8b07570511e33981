// The manifest of a shard: what made its files, and which opening of it is the current one. Written atomically, read
// strictly; what this version cannot handle is refused with the way out.

import { type Bytes, fromHex, fromUtf8, toHex, toUtf8 } from '../lib/bytes.ts';
import { shardIdBytes } from './format.ts';
import type { JournalFault } from './journal-port.ts';
import type { Disk, DiskFault, StoreEngine } from './ports.ts';

export const shardFormat = 1;

export interface Manifest {
  readonly format: number;
  readonly engine: StoreEngine;
  /** 16 secret random bytes: they go into every checksum of the journal */
  readonly shardId: Bytes;
  /** grows by one with every opening; moving a shard to another process is closing it here and opening it there */
  readonly leaseEpoch: number;
  /** milliseconds since 1970 */
  readonly createdMs: number;
}

export type ShardFault =
  | JournalFault
  | {
      readonly code:
        | 'shard-locked'
        | 'shard-engine-unavailable'
        | 'shard-engine-mismatch'
        | 'shard-format-newer'
        | 'shard-manifest-bad'
        | 'shard-disk-failed'
        | 'lease-lost';
      readonly message: string;
      readonly disk?: DiskFault;
    };

const engines: readonly string[] = ['rocksdb', 'classic-level', 'memory'] satisfies readonly StoreEngine[];

export const manifestPath = (directory: string): string => `${directory}/manifest.json`;

/** @returns through `done`: undefined for a shard that does not exist yet */
export function readManifest(
  disk: Disk,
  directory: string,
  done: (fault: ShardFault | undefined, manifest: Manifest | undefined) => void,
): void {
  const path = manifestPath(directory);
  disk.readFile(path, (error, bytes) => {
    if (error?.code === 'not-found') return done(undefined, undefined);
    if (error) return done(shardDiskFault(path, error), undefined);
    const manifest = parseManifest(bytes, path);
    if ('code' in manifest) done(manifest, undefined);
    else done(undefined, manifest);
  });
}

export function writeManifest(
  disk: Disk,
  directory: string,
  manifest: Manifest,
  done: (fault: ShardFault | undefined) => void,
): void {
  const path = manifestPath(directory);
  const { format, engine, leaseEpoch, createdMs } = manifest;
  const fields = { format, engine, shardId: toHex(manifest.shardId), leaseEpoch, createdMs };
  disk.writeFile(path, fromUtf8(`${JSON.stringify(fields, undefined, 2)}\n`), (error) =>
    done(error && shardDiskFault(path, error)),
  );
}

export function shardDiskFault(path: string, disk: DiskFault): ShardFault {
  return { code: 'shard-disk-failed', message: `${path}: ${disk.message}`, disk };
}

function parseManifest(bytes: Bytes, path: string): Manifest | ShardFault {
  const bad = (what: string): ShardFault => ({ code: 'shard-manifest-bad', message: `${path}: ${what}.` });
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(toUtf8(bytes) ?? '') as Record<string, unknown>;
  } catch {
    return bad('it is not JSON');
  }
  if (typeof fields !== 'object' || fields === null) return bad('it is not an object');
  const { format, engine, shardId, leaseEpoch, createdMs } = fields;
  if (!isCount(format)) return bad('it has no format');
  // Checked before the rest: a newer format may have other fields.
  if (format > shardFormat) {
    const message = `${path} has format ${format}; this version knows ${shardFormat}.`;
    return { code: 'shard-format-newer', message };
  }
  if (typeof engine !== 'string' || !engines.includes(engine)) return bad(`its engine ${String(engine)} is not known`);
  const id = typeof shardId === 'string' ? fromHex(shardId) : undefined;
  if (id?.length !== shardIdBytes) return bad('its shard id is not 32 hex digits');
  if (!isCount(leaseEpoch) || !isCount(createdMs)) return bad('its lease epoch or its date is missing');
  return { format, engine: engine as StoreEngine, shardId: id, leaseEpoch, createdMs };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
