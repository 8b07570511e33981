// What a journal is opened with, defaults filled in.

import { assert } from '../lib/assert.ts';
import type { Bytes } from '../lib/bytes.ts';
import { shardIdBytes } from './format.ts';
import type { JournalOptions } from './journal-port.ts';
import * as limits from './limits.ts';

export interface JournalSettings {
  readonly directory: string;
  readonly shardId: Bytes;
  readonly segmentBytes: number;
  readonly retain: 'all' | number;
  readonly groupAlignment: number;
  readonly groupBytes: number;
  readonly congestedBytes: number;
  readonly maxUnsyncedBytes: number;
}

/** Defaults, and beliefs about what the caller gives. */
export function settle(options: JournalOptions): JournalSettings {
  const segmentBytes = options.segmentBytes ?? limits.defaultSegmentBytes;
  const groupAlignment = options.groupAlignment ?? limits.defaultGroupAlignment;
  assert(
    segmentBytes >= limits.minSegmentBytes && segmentBytes <= limits.maxSegmentBytes && segmentBytes % 4096 === 0,
    'a segment has 16 KiB to 512 MiB, in steps of 4 KiB',
  );
  assert(options.shardId.length === shardIdBytes, 'a shard id has 16 bytes');
  assert(groupAlignment >= 64 && 4096 % groupAlignment === 0, 'groups are aligned to 64 to 4,096 bytes');
  return {
    directory: options.directory,
    shardId: options.shardId,
    segmentBytes,
    retain: options.retain ?? 'all',
    groupAlignment,
    // The header's block and one group fit twice, so that a record that does not fit a segment fits the next.
    groupBytes: Math.min(options.groupBytes ?? limits.defaultGroupBytes, segmentBytes / 2 - 4096),
    congestedBytes: options.congestedBytes ?? limits.congestedBytes,
    maxUnsyncedBytes: options.maxUnsyncedBytes ?? limits.maxUnsyncedBytes,
  };
}
