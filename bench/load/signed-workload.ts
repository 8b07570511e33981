// Signed puts, one account per client: each command signed by itself, or a hundred puts under one signature. Entries are
// signed ahead of the run as far as memory allows, so that the generator takes little of the machine that it measures;
// a client's own computer would do the signing.

import { randomBytes } from 'node:crypto';
import { accountQuotaBytes } from '../../consensus/limits.ts';
import { type Command, type Operation, type SignedEntry, signCommand } from '../../ledger/commands/index.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import { type Hash, hashToBytes, sha256, zeroHash } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import type { KeyPair } from '../../lib/suites/suite.ts';
import { entryKind } from '../../net/gateway/protocol.ts';
import { maxCommandBytes, maxPresignedBytes, maxSignedInFlight } from './limits.ts';
import type { LoadPlan, Schedule } from './plan.ts';
import { type Workload, writeEntry } from './workload.ts';

/** Keys that the bundles of a run put to, over all clients. */
const bundleKeys = 10_000;
const expiryAheadMs = 150_000; // sendGraceMs + settleMs and a term change or two; the ledger takes at most ten minutes

export function signedWorkload(
  plan: LoadPlan,
  schedule: Schedule,
  clients: readonly number[],
  chain: string,
): Workload {
  const signer = new Signer(plan, schedule, chain);
  const ahead = new Map<number, Buffer>();
  let budget = maxPresignedBytes;
  for (let slot = 0; slot < schedule.slots && budget > 0; slot++) {
    if (!clients.includes(schedule.clientOf(slot))) continue;
    for (let i = 0; i < schedule.countOf(slot) && budget > 0; i++) {
      const entry = Buffer.from(signer.sign(schedule.firstOf(slot) + i).entry);
      ahead.set(schedule.firstOf(slot) + i, entry);
      budget -= entry.length;
    }
  }
  // what one account may have uncommitted at one validator: more would be refused
  const share = Math.floor(accountQuotaBytes / (schedule.entryBytes + 4));
  return {
    kind: plan.mode === 'bundle' ? entryKind.bundle : entryKind.command,
    slotBytes: schedule.run * (schedule.entryBytes + 4),
    maxEntriesInFlight: Math.max(schedule.run, Math.min(maxSignedInFlight, share)),
    prepare() {},
    write(buffer, first, count) {
      let at = buffer.entriesAt;
      for (let i = first; i < first + count; i++)
        at = writeEntry(buffer.bytes, at, ahead.get(i) ?? signer.sign(i).entry);
      return at - buffer.entriesAt;
    },
    hashOf: (entry) => signer.sign(entry).hash,
  };
}

/** Signs entry i of the run: the same bytes each time. */
class Signer {
  readonly #plan: LoadPlan;
  readonly #schedule: Schedule;
  readonly #chain: Hash;
  readonly #keys = new Map<number, KeyPair>();
  readonly #filler = randomBytes(2 * maxCommandBytes);
  /** nonces of one width leave the same room for values */
  readonly #shapes = new Map<number, ValueShape>();

  constructor(plan: LoadPlan, schedule: Schedule, chain: string) {
    this.#plan = plan;
    this.#schedule = schedule;
    this.#chain = chain as Hash;
  }

  sign(entry: number): SignedEntry {
    const nonce = this.#schedule.ordinalOf(entry) + (this.#plan.accounts?.firstNonce ?? 1);
    return this.#signed(entry, nonce, this.#shapeOf(entry, nonce));
  }

  #signed(entry: number, nonce: number, shape: ValueShape): SignedEntry {
    const client = this.#schedule.clientOf(Math.floor(entry / this.#schedule.run));
    const dueMs = this.#schedule.intendedMs(entry);
    const operations = Array.from({ length: this.#plan.commandsPerEntry }, (_, i) => this.#put(entry, nonce, i, shape));
    const command: Command = {
      chain: this.#chain,
      account: null,
      nonce,
      expiryMs: Math.ceil(this.#plan.createdMs + dueMs) + expiryAheadMs,
      after: null,
      atomic: false,
      operations,
    };
    return signCommand(command, sodiumSuite, this.#keysOf(client));
  }

  #put(entry: number, nonce: number, index: number, shape: ValueShape): Operation {
    const { commandsPerEntry, clients } = this.#plan;
    const number = entry * commandsPerEntry + index;
    const keysOfClient = Math.max(1, Math.ceil(bundleKeys / clients));
    const own = commandsPerEntry === 1 ? 0 : ((nonce - 1) * commandsPerEntry + index) % keysOfClient;
    const length = shape.valueBytes + (index === 0 ? shape.spareBytes : 0);
    const value = Buffer.from(this.#filler.subarray(number % maxCommandBytes).subarray(0, length));
    if (length >= 8) value.writeDoubleLE(number, 0);
    return { kind: 'put', key: fromUtf8(`load/${String(own).padStart(5, '0')}`), value };
  }

  #seedOf(client: number): Uint8Array {
    const { accounts } = this.#plan;
    return accounts === undefined
      ? randomBytes(32)
      : sha256(fromUtf8(`load account ${client}`), hashToBytes(accounts.seed as Hash));
  }

  #keysOf(client: number): KeyPair {
    const known = this.#keys.get(client);
    if (known !== undefined) return known;
    const keys = sodiumSuite.keyPairOf(this.#seedOf(client));
    this.#keys.set(client, keys);
    return keys;
  }

  #shapeOf(entry: number, nonce: number): ValueShape {
    const width = nonce < 0x80 ? 1 : nonce < 0x100 ? 2 : nonce < 0x10000 ? 3 : 5;
    let shape = this.#shapes.get(width);
    if (shape === undefined) {
      shape = this.#fit((candidate) => this.#signed(entry, nonce, candidate).entry.length);
      this.#shapes.set(width, shape);
    }
    return shape;
  }

  /** The longest values with which the entry does not exceed its size; heads of byte strings grow on the way. */
  #fit(measure: (shape: ValueShape) => number): ValueShape {
    const { commandsPerEntry, size } = this.#plan;
    const smallest = measure({ valueBytes: 0, spareBytes: 0 });
    const room = this.#schedule.entryBytes - smallest;
    if (room < 0) {
      const least = Math.ceil(smallest / commandsPerEntry);
      throw new PskyError('bad-usage', `--size ${size}: a signed command of this mode has at least ${least} bytes.`);
    }
    for (let valueBytes = Math.floor(room / commandsPerEntry); ; valueBytes--) {
      const spareBytes = this.#schedule.entryBytes - measure({ valueBytes, spareBytes: 0 });
      if (spareBytes < 0) continue;
      const exact = measure({ valueBytes, spareBytes }) <= this.#schedule.entryBytes;
      return { valueBytes, spareBytes: exact ? spareBytes : 0 };
    }
  }
}

interface ValueShape {
  readonly valueBytes: number;
  /** more in the first value, so that the entry has its size to the byte */
  readonly spareBytes: number;
}

/** @throws PskyError `bad-usage` when no signed command is as small as the plan wants it */
export function checkSignedSize(plan: LoadPlan, schedule: Schedule): void {
  new Signer(plan, schedule, zeroHash).sign(schedule.entries - 1);
}
