// Opaque entries for the chain that orders and executes nothing: random bytes behind the run's id and the entry's number.
// All but the number stands in the buffer from the start, so an entry costs 12 bytes of writing.

import { randomFillSync } from 'node:crypto';
import { entryKind } from '../../net/gateway/protocol.ts';
import type { LoadPlan, Schedule } from './plan.ts';
import type { SubmitBuffer } from './submit-buffer.ts';
import type { Workload } from './workload.ts';

export function blobWorkload(plan: LoadPlan, schedule: Schedule): Workload {
  const stride = plan.size + 4;
  const runId = Buffer.from(plan.runId, 'hex');
  const slotBytes = schedule.run * stride;
  const writePrefix = (buffer: SubmitBuffer, index: number): void => {
    const at = buffer.entriesAt + index * stride;
    buffer.bytes.writeUInt32LE(plan.size, at);
  };
  return {
    kind: entryKind.blob,
    slotBytes,
    maxEntriesInFlight: undefined,
    prepare(buffer) {
      randomFillSync(buffer.bytes);
      for (let i = 0; i < schedule.run; i++) {
        writePrefix(buffer, i);
        buffer.bytes.set(runId, buffer.entriesAt + i * stride + 4);
      }
    },
    write(buffer, first, count) {
      for (let i = 0; i < count; i++) {
        writePrefix(buffer, i); // a shorter frame in this buffer may have ended where it stands
        writeNumber(buffer.bytes, buffer.entriesAt + i * stride + 12, first + i);
      }
      return count * stride;
    },
    hashOf: () => undefined,
  };
}

/** 8 bytes, little-endian */
function writeNumber(view: Buffer, at: number, value: number): void {
  let low = value >>> 0;
  let high = Math.floor(value / 2 ** 32);
  for (let i = 0; i < 4; i++) {
    view[at + i] = low & 0xff;
    view[at + 4 + i] = high & 0xff;
    low >>>= 8;
    high >>>= 8;
  }
}
