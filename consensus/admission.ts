// The actor at a chain's door (§8): it checks what clients submit, gathers the good entries into batches and answers when
// they are durable. A batch is sealed at 512 KiB, or 4 ms after the one before it: at once where nobody has come for longer.

import type { Address, Asker, Behavior, Effects, Message } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { type Hash, sha256Hex } from '../lib/hash.ts';
import { type Ms, milliseconds } from '../lib/units.ts';
import { AccountQuota, type Charged, chargeRecovered, judgeEntries, measureQuota } from './account-quota.ts';
import type { Admission, Application, ChainContext, Charge } from './application.ts';
import type {
  Accepted,
  ChainAddresses,
  NotSealed,
  OwnRecovered,
  Progress,
  Reappended,
  Refusal,
  Seal,
  Sealing,
  Submit,
  Submitted,
} from './chain-messages.ts';
import { errorCode } from './faults.ts';
import { maxBatchBytes, maxBatchEntries, maxUnsealedBytes, sealBytes, sealPace } from './limits.ts';

export interface AdmissionOptions {
  /** the chain's name in its network, for metrics */
  readonly name: string;
  readonly application: Application;
  readonly chain: ChainContext['chain'];
  readonly addresses: ChainAddresses;
  /** the storage shard, which says whether new work may be taken in */
  readonly shard: Address;
}

type In =
  | Submit
  | Accepted
  | Reappended
  | Sealing
  | NotSealed
  | OwnRecovered
  | Charged
  | {
      readonly type: 'checked';
      readonly submit: Submit;
      readonly offsets: readonly number[];
      readonly verdicts: readonly Admission[] | string;
      readonly asker: Asker | undefined;
    }
  /** the shard's word (storage/shard.ts) */
  | { readonly type: 'admission'; readonly open: boolean; readonly reason: string }
  | Progress
  | { readonly type: 'seal-now' };

interface Waiting {
  readonly asker: Asker | undefined;
  readonly refused: Submitted['refused'];
  readonly offset: number;
}

interface Arena {
  pieces: Bytes[];
  size: number;
  count: number;
  waiting: Waiting[];
  charges: Charge[];
}

/** What was given to the engine as one batch. */
type Sealed = Pick<Arena, 'waiting' | 'charges'>;

interface State {
  /** why storage takes nothing in; undefined while it does */
  storage: string | undefined;
  sealing: Sealing;
  arena: Arena;
  /** full batches that may not be sealed yet, oldest first: each is within the bounds of one, however long that lasts */
  full: Arena[];
  /** batches given to the engine and not yet durable, by content */
  readonly sealed: Map<Hash, Sealed[]>;
  readonly quota: AccountQuota;
  /** batches given to the engine and not yet durable */
  unsynced: number;
  /** when the last batch was sealed */
  sealedAt: Ms;
  checking: number;
  height: number;
  timeMs: number;
}

const emptyArena = (): Arena => ({ pieces: [], size: 0, count: 0, waiting: [], charges: [] });

export function admissionBehavior(options: AdmissionOptions): Behavior<State, In> {
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
        unsyncedBatches: state.unsynced,
        accounts: state.quota.accounts,
      },
    }),
  };
}

function initialState(): State {
  return {
    storage: 'not-ready',
    sealing: { type: 'sealing', allowed: false, reason: 'not-ready' },
    arena: emptyArena(),
    full: [],
    sealed: new Map(),
    quota: new AccountQuota(),
    unsynced: 0,
    sealedAt: -Infinity as Ms,
    checking: 0,
    height: 0,
    timeMs: 0,
  };
}

function receive(options: AdmissionOptions, state: State, message: In, effects: Effects<In>): void {
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

function onSubmit(options: AdmissionOptions, state: State, submit: Submit, effects: Effects<In>): void {
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

/** Nothing is made per entry: an opaque ledger takes a hundred thousand a second. */
function largerThan(maxBytes: number, entries: Bytes, offsets: readonly number[], code: number): Submitted['refused'] {
  const refused: { index: number; code: number }[] = [];
  for (let i = 0; i < offsets.length; i++) {
    const size = (offsets[i + 1] ?? entries.length) - (offsets[i] as number) - 4;
    if (size > maxBytes) refused.push({ index: i, code });
  }
  return refused;
}

function onNotSealed(state: State, { contentHash }: NotSealed, effects: Effects<In>): void {
  const sealed = takeSealed(state, contentHash);
  if (sealed === undefined) return;
  state.quota.giveBack(sealed.charges);
  const refusal: Refusal = { type: 'refusal', code: whyNot(state) ?? errorCode('not-ready') };
  for (const { asker } of sealed.waiting) effects.reply(refusal, asker);
}

function onCharged(state: State, { digest, charges }: Charged, effects: Effects<In>): void {
  if (typeof charges !== 'string') state.quota.recover(digest, charges);
  else effects.note({ log: 'error', message: 'the application could not say who pays', fields: { reason: charges } });
}

function whyNot(state: State): number | undefined {
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

const unsealedBytes = ({ full, arena }: State): number => full.reduce((sum, each) => sum + each.size, arena.size);

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
  state: State,
  checked: Extract<In, { type: 'checked' }>,
  effects: Effects<In>,
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
  state: State,
  { submit, offsets, refused, charges, asker }: Judged,
  effects: Effects<In>,
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
  state: State,
  entries: Bytes | readonly Bytes[],
  count: number,
  { asker, refused, charges }: Pick<Judged, 'asker' | 'refused' | 'charges'>,
  effects: Effects<In>,
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

function sealIfDue(options: AdmissionOptions, state: State, effects: Effects<In>): void {
  const due = state.full.length > 0 || state.arena.size >= sealBytes || untilSeal(state, effects) === 0;
  if (due) seal(options, state, effects);
}

const untilSeal = ({ sealedAt }: State, { now }: Effects<In>): Ms =>
  milliseconds(Math.max(0, sealedAt + sealPace - now));

function seal(options: AdmissionOptions, state: State, effects: Effects<In>): void {
  if (!state.sealing.allowed) return;
  const ready = [...state.full, state.arena].filter(({ count }) => count > 0);
  if (ready.length === 0) return;
  effects.cancel('seal');
  state.sealedAt = effects.now;
  state.full = [];
  state.arena = emptyArena();
  for (const arena of ready) sealOne(options, state, arena, effects);
}

function sealOne(options: AdmissionOptions, state: State, arena: Arena, effects: Effects<In>): void {
  state.unsynced += 1;
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
  state: State,
  { contentHash, lane, seq, digest }: Accepted,
  effects: Effects<In>,
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

function takeSealed(state: State, contentHash: Hash): Sealed | undefined {
  const [first, ...rest] = state.sealed.get(contentHash) ?? [];
  if (first === undefined) return undefined;
  if (rest.length === 0) state.sealed.delete(contentHash);
  else state.sealed.set(contentHash, rest);
  state.unsynced -= 1;
  return first;
}
