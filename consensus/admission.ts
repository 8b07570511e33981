// The actor at a chain's door (§8): it checks what clients submit, gathers the good entries into batches and answers when
// they are durable. A batch is sealed at 512 KiB, or a pace after the one before it: at once where nobody has come for longer.

import type { Asker, Behavior, Effects, Message } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { type Hash, sha256Hex } from '../lib/hash.ts';
import { type Ms, milliseconds } from '../lib/units.ts';
import { entryOffsets } from '../net/gateway/protocol.ts';
import { type Charged, chargeRecovered, judgeEntries, measureQuota } from './account-quota.ts';
import {
  type AdmissionMessage,
  type AdmissionOptions,
  type AdmissionState,
  type Arena,
  emptyArena,
  initialState,
  type Sealed,
  unsealedBytes,
  unsyncedBatches,
} from './admission-state.ts';
import type { ChainContext, Charge } from './application.ts';
import type { Accepted, NotSealed, Refusal, Seal, Submit, Submitted } from './chain-messages.ts';
import { errorCode } from './faults.ts';
import {
  mailboxes,
  maxBatchBytes,
  maxBatchEntries,
  maxSealPace,
  maxUnsealedBytes,
  proposalPace,
  sealBytes,
  sealPace,
  sealShare,
} from './limits.ts';

/** of the length before each entry */
const lengthBytes = 4;

export function admissionBehavior(options: AdmissionOptions): Behavior<AdmissionState, AdmissionMessage> {
  return {
    kind: 'admission',
    mailbox: { capacity: mailboxes.admission },
    start: (self, effects) => {
      effects.send(options.shard, { type: 'subscribe', subscriber: self } as Message);
      return initialState();
    },
    receive: (state, message, effects) => receive(options, state, message, effects),
    describe: (state) => ({
      state: state.storage ?? state.sealing.reason,
      context: {
        openBytes: unsealedBytes(state),
        openEntries: state.full.reduce((sum, arena) => sum + arena.count, state.arena.count),
        unsyncedBatches: unsyncedBatches(state),
        accounts: state.quota.accounts,
      },
    }),
  };
}

function receive(
  options: AdmissionOptions,
  state: AdmissionState,
  message: AdmissionMessage,
  effects: Effects<AdmissionMessage>,
): void {
  switch (message.type) {
    case 'submit':
      onSubmit(options, state, message, effects);
      break;
    case 'checked':
      onChecked(options, state, message, effects);
      break;
    case 'accepted':
      onAccepted(options, state, message, effects);
      break;
    case 'not-sealed':
      onNotSealed(state, message, effects);
      break;
    case 'reappended': // its content was answered under its first number
      state.quota.move(message.lost, message.place.digest, message.place.seq);
      break;
    case 'own-recovered':
      chargeRecovered(options.application, state.quota, message, effects);
      break;
    case 'charged':
      onCharged(state, message, effects);
      break;
    case 'sealing':
      state.sealing = message;
      if (message.allowed) sealWhenDue(options, state, effects);
      break;
    case 'admission':
      state.storage = message.open ? undefined : message.reason;
      break;
    case 'progress':
      state.height = message.height;
      state.timeMs = message.timeMs;
      state.lineMs = message.lineMs;
      state.quota.commit(message.ownSeq);
      sealWhenDue(options, state, effects);
      measureQuota(state.quota, [], options.name, effects);
      break;
    case 'seal-now':
      seal(options, state, effects);
      break;
  }
}

function onSubmit(
  options: AdmissionOptions,
  state: AdmissionState,
  submit: Submit,
  effects: Effects<AdmissionMessage>,
): void {
  const refusal = whyNot(state);
  if (refusal !== undefined) {
    effects.reply(allRefused(submit.count, refusal));
    return;
  }
  const offsets = offsetsOf(submit);
  if (offsets === undefined) {
    effects.reply(allRefused(submit.count, errorCode('malformed-entries')));
    return;
  }
  const { asker } = effects;
  const { opaque } = options.application;
  if (opaque !== undefined) {
    const refused = largerThan(opaque.maxEntryBytes, offsets, opaque.tooLarge);
    takeGood(options, state, { submit, offsets, refused, charges: [], asker }, effects);
    return;
  }
  state.checking += submit.entries.length;
  const context: ChainContext = {
    chain: options.chain,
    height: state.height,
    timeMs: state.timeMs,
    wallMs: effects.wallMs,
  };
  const entries = Array.from({ length: submit.count }, (_, i) =>
    packedEntry(submit.entries, offsets, i).subarray(lengthBytes),
  );
  effects.request((answer) => {
    options.application.check(entries, context, (error, verdicts) =>
      answer({ type: 'checked', submit, offsets, verdicts: error === undefined ? verdicts : error.message, asker }),
    );
  });
}

/** Makes nothing per entry. */
function largerThan(maxBytes: number, offsets: Uint32Array, code: number): Submitted['refused'] {
  const refused: { index: number; code: number }[] = [];
  for (let i = 0; i + 1 < offsets.length; i++) {
    const size = (offsets[i + 1] as number) - (offsets[i] as number) - lengthBytes;
    if (size > maxBytes) refused.push({ index: i, code });
  }
  return refused;
}

function onNotSealed(state: AdmissionState, { contentHash }: NotSealed, effects: Effects<AdmissionMessage>): void {
  const sealed = takeSealed(state, contentHash);
  if (sealed === undefined) return;
  state.quota.giveBack(sealed.charges);
  const refusal: Refusal = { type: 'refusal', code: whyNot(state) ?? errorCode('not-ready') };
  for (const { asker } of sealed.waiting) effects.reply(refusal, asker);
}

function onCharged(state: AdmissionState, { digest, charges }: Charged, effects: Effects<AdmissionMessage>): void {
  if (typeof charges !== 'string') state.quota.recover(digest, charges);
  else effects.note({ log: 'error', message: 'the application could not say who pays', fields: { reason: charges } });
}

function whyNot(state: AdmissionState): number | undefined {
  if (state.storage !== undefined)
    return errorCode(
      state.storage === 'low-disk' ? 'low-disk' : state.storage === 'congested' ? 'overloaded' : 'not-ready',
    );
  const { allowed, reason } = state.sealing;
  if (reason === 'fenced') return errorCode('fenced');
  if (reason === 'stopped') return errorCode('chain-stopped');
  if (!allowed && reason !== 'window-full') return errorCode('not-ready');
  return unsealedBytes(state) + state.checking > maxUnsealedBytes ? errorCode('overloaded') : undefined;
}

function allRefused(count: number, code: number): Submitted {
  return {
    type: 'submitted',
    refused: Array.from({ length: count }, (_, index) => ({ index, code })),
    place: undefined,
  };
}

/** Where entries begin, and where the last one ends; undefined when lengths and count do not add up, or are too many for a batch. */
function offsetsOf({ entries, count }: Submit): Uint32Array | undefined {
  const fits = count >= 1 && count <= maxBatchEntries && entries.length <= maxBatchBytes;
  return fits ? entryOffsets(entries, count) : undefined;
}

/** An entry, with its length before it. */
const packedEntry = (entries: Bytes, offsets: Uint32Array, index: number): Bytes =>
  entries.subarray(offsets[index], offsets[index + 1]);

function onChecked(
  options: AdmissionOptions,
  state: AdmissionState,
  checked: Extract<AdmissionMessage, { type: 'checked' }>,
  effects: Effects<AdmissionMessage>,
): void {
  const { submit, offsets, verdicts, asker } = checked;
  state.checking -= submit.entries.length;
  if (typeof verdicts === 'string') {
    effects.note({
      log: 'error',
      message: 'the application could not check a submission',
      fields: { reason: verdicts },
    });
    effects.reply(allRefused(submit.count, errorCode('query-failed')), asker);
    return;
  }
  const { refused, charges } = judgeEntries(state.quota, verdicts);
  measureQuota(state.quota, refused, options.name, effects);
  takeGood(options, state, { submit, offsets, refused, charges, asker }, effects);
}

interface Judged {
  readonly submit: Submit;
  readonly offsets: Uint32Array;
  readonly refused: Submitted['refused'];
  readonly charges: readonly Charge[];
  readonly asker: Asker | undefined;
}

/** What is not refused goes into the open batch; where that is nothing, the answer is ready. */
function takeGood(
  options: AdmissionOptions,
  state: AdmissionState,
  { submit, offsets, refused, charges, asker }: Judged,
  effects: Effects<AdmissionMessage>,
): void {
  if (refused.length === 0) {
    take(options, state, submit.entries, submit.count, { asker, refused, charges }, effects);
    return;
  }
  if (refused.length === submit.count) {
    const answer: Submitted = { type: 'submitted', refused, place: undefined };
    effects.reply(answer, asker);
    return;
  }
  const bad = new Set(refused.map(({ index }) => index));
  const pieces: Bytes[] = [];
  for (let i = 0; i < submit.count; i++) if (!bad.has(i)) pieces.push(packedEntry(submit.entries, offsets, i));
  take(options, state, pieces, submit.count - refused.length, { asker, refused, charges }, effects);
}

/** Adds entries to the open batch by reference; a batch that would grow too large is sealed first, or set aside until it may be. */
function take(
  options: AdmissionOptions,
  state: AdmissionState,
  entries: Bytes | readonly Bytes[],
  count: number,
  { asker, refused, charges }: Pick<Judged, 'asker' | 'refused' | 'charges'>,
  effects: Effects<AdmissionMessage>,
): void {
  const pieces = entries instanceof Uint8Array ? [entries] : entries;
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const full = state.arena.size + size > maxBatchBytes || state.arena.count + count > maxBatchEntries;
  if (full) seal(options, state, effects);
  if (full && state.arena.count > 0) {
    state.full.push(state.arena);
    state.arena = emptyArena();
  }
  const { arena } = state;
  const first = arena.count === 0;
  arena.waiting.push({ asker, refused, offset: arena.count });
  arena.charges.push(...charges);
  arena.pieces.push(...pieces);
  arena.size += size;
  arena.count += count;
  if (first) sealWhenDue(options, state, effects);
  else if (isDue(state, effects)) seal(options, state, effects);
}

const isDue = (state: AdmissionState, effects: Effects<AdmissionMessage>): boolean =>
  state.full.length > 0 || state.arena.size >= sealBytes || untilSeal(state, effects) === 0;

function sealWhenDue(options: AdmissionOptions, state: AdmissionState, effects: Effects<AdmissionMessage>): void {
  if (isDue(state, effects)) seal(options, state, effects);
  else if (state.arena.count > 0) effects.schedule('seal', untilSeal(state, effects), { type: 'seal-now' });
}

function untilSeal(
  { sealedAt, lineMs, quota: { waitingSince } }: AdmissionState,
  { now }: Effects<AdmissionMessage>,
): Ms {
  const queuedMs = waitingSince === undefined ? 0 : Math.max(0, now - waitingSince - lineMs - proposalPace);
  const pace = Math.min(sealPace + queuedMs / sealShare, maxSealPace);
  return milliseconds(Math.max(0, sealedAt + pace - now));
}

function seal(options: AdmissionOptions, state: AdmissionState, effects: Effects<AdmissionMessage>): void {
  if (!state.sealing.allowed) return;
  const ready = [...state.full, state.arena].filter(({ count }) => count > 0);
  if (ready.length === 0) return;
  effects.cancel('seal');
  state.sealedAt = effects.now;
  state.full = [];
  state.arena = emptyArena();
  for (const arena of ready) sealOne(options, state, arena, effects);
}

function sealOne(
  options: AdmissionOptions,
  state: AdmissionState,
  arena: Arena,
  effects: Effects<AdmissionMessage>,
): void {
  const contentHash = sha256Hex(...arena.pieces);
  const { waiting, charges } = arena;
  const sealed: Sealed = { waiting, charges, sealedAt: effects.now };
  state.sealed.set(contentHash, [...(state.sealed.get(contentHash) ?? []), sealed]);
  const message: Seal = {
    type: 'seal',
    content: { count: arena.count, size: arena.size, contentHash, body: arena.pieces },
  };
  effects.send(options.addresses.engine, message as Message);
}

function onAccepted(
  options: AdmissionOptions,
  state: AdmissionState,
  { contentHash, lane, seq, digest }: Accepted,
  effects: Effects<AdmissionMessage>,
): void {
  const sealed = takeSealed(state, contentHash);
  if (sealed === undefined) return; // appended again (L4), or of an earlier life
  state.quota.seal(digest, seq, sealed.charges, sealed.sealedAt);
  for (const { asker, refused, offset } of sealed.waiting) {
    const answer: Submitted = { type: 'submitted', refused, place: { lane, seq, digest, offset } };
    effects.reply(answer, asker);
  }
  sealWhenDue(options, state, effects);
}

function takeSealed(state: AdmissionState, contentHash: Hash): Sealed | undefined {
  const [first, ...rest] = state.sealed.get(contentHash) ?? [];
  if (first === undefined) return undefined;
  if (rest.length === 0) state.sealed.delete(contentHash);
  else state.sealed.set(contentHash, rest);
  return first;
}
