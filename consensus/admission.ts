// The actor at a chain's door (§8): it checks what clients submit, gathers the good entries into batches and answers when
// they are durable. A batch is sealed at 512 KiB, or 4 ms after the one before it: at once where nobody has come for longer.

import type { Asker, Behavior, Effects, Message } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { type Hash, sha256Hex } from '../lib/hash.ts';
import { type Ms, milliseconds } from '../lib/units.ts';
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
import { maxBatchBytes, maxBatchEntries, maxUnsealedBytes, sealBytes, sealPace } from './limits.ts';

export function admissionBehavior(options: AdmissionOptions): Behavior<AdmissionState, AdmissionMessage> {
  return {
    kind: 'admission',
    mailbox: { capacity: 16_384 },
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
      if (message.allowed) sealIfDue(options, state, effects);
      break;
    case 'admission':
      state.storage = message.open ? undefined : message.reason;
      break;
    case 'progress':
      state.height = message.height;
      state.timeMs = message.timeMs;
      state.quota.commit(message.ownSeq);
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
  const offsets = entryOffsets(submit.entries, submit.count);
  if (offsets === undefined) {
    effects.reply(allRefused(submit.count, errorCode('malformed-entries')));
    return;
  }
  const { asker } = effects;
  const { opaque } = options.application;
  if (opaque !== undefined) {
    const refused = largerThan(opaque.maxEntryBytes, submit.entries, offsets, opaque.tooLarge);
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
  const entries = offsets.map((at, i) => submit.entries.subarray(at + 4, offsets[i + 1] ?? submit.entries.length));
  effects.request((answer) => {
    options.application.check(entries, context, (error, verdicts) =>
      answer({ type: 'checked', submit, offsets, verdicts: error === undefined ? verdicts : error.message, asker }),
    );
  });
}

/** Makes nothing per entry. */
function largerThan(maxBytes: number, entries: Bytes, offsets: readonly number[], code: number): Submitted['refused'] {
  const refused: { index: number; code: number }[] = [];
  for (let i = 0; i < offsets.length; i++) {
    const size = (offsets[i + 1] ?? entries.length) - (offsets[i] as number) - 4;
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

/** Where each entry's length stands, or undefined when lengths and count do not add up. */
function entryOffsets(entries: Bytes, count: number): readonly number[] | undefined {
  if (count < 1 || count > maxBatchEntries || entries.length > maxBatchBytes) return undefined;
  const offsets: number[] = [];
  let at = 0;
  while (at + 4 <= entries.length) {
    offsets.push(at);
    at +=
      4 +
      ((entries[at] as number) |
        ((entries[at + 1] as number) << 8) |
        ((entries[at + 2] as number) << 16) |
        ((entries[at + 3] as number) * 0x1000000));
    if (offsets.length > count) return undefined;
  }
  return at === entries.length && offsets.length === count ? offsets : undefined;
}

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
  readonly offsets: readonly number[];
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
  const pieces = offsets.flatMap((at, i) =>
    bad.has(i) ? [] : [submit.entries.subarray(at, offsets[i + 1] ?? submit.entries.length)],
  );
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
  if (arena.count === 0) effects.schedule('seal', untilSeal(state, effects), { type: 'seal-now' });
  arena.waiting.push({ asker, refused, offset: arena.count });
  arena.charges.push(...charges);
  arena.pieces.push(...pieces);
  arena.size += size;
  arena.count += count;
  sealIfDue(options, state, effects);
}

function sealIfDue(options: AdmissionOptions, state: AdmissionState, effects: Effects<AdmissionMessage>): void {
  const due = state.full.length > 0 || state.arena.size >= sealBytes || untilSeal(state, effects) === 0;
  if (due) seal(options, state, effects);
}

const untilSeal = ({ sealedAt }: AdmissionState, { now }: Effects<AdmissionMessage>): Ms =>
  milliseconds(Math.max(0, sealedAt + sealPace - now));

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
  state.sealed.set(contentHash, [...(state.sealed.get(contentHash) ?? []), arena]);
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
  state.quota.seal(digest, seq, sealed.charges);
  for (const { asker, refused, offset } of sealed.waiting) {
    const answer: Submitted = { type: 'submitted', refused, place: { lane, seq, digest, offset } };
    effects.reply(answer, asker);
  }
  sealIfDue(options, state, effects);
}

function takeSealed(state: AdmissionState, contentHash: Hash): Sealed | undefined {
  const [first, ...rest] = state.sealed.get(contentHash) ?? [];
  if (first === undefined) return undefined;
  if (rest.length === 0) state.sealed.delete(contentHash);
  else state.sealed.set(contentHash, rest);
  return first;
}
