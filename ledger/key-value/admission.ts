// May these entries be ordered? A courtesy to senders and a shield for the lane: execution decides again.

import type { Admission, ChainContext, Charge, Entry, OrderedBatch } from '../../consensus/application.ts';
import { type ErrorName, errorRow } from '../../lib/errors.ts';
import { commandHash, decodeCommand, jobOf, type ReceivedCommand } from '../commands/index.ts';
import { entriesOf, lengthBytes } from '../entries.ts';
import { workUs } from '../limits.ts';
import { type Defer, inSlices, runSliced } from '../slices.ts';
import { accountKey } from '../state/keys.ts';
import { type AuthenticatedState, nameOf } from '../state/state.ts';
import type { StateAnswer } from '../state/state-fault.ts';
import type { SignatureVerifier, VerifiedHashes } from '../verification.ts';
import { judgeEnvelope, judgeSender, type LedgerRules } from './rules.ts';

export interface AdmissionDesk {
  readonly rules: LedgerRules;
  readonly state: AuthenticatedState;
  readonly verifier: SignatureVerifier;
  readonly verified: VerifiedHashes;
  readonly defer: Defer;
}

type Verdict = { readonly command: ReceivedCommand } | { readonly refused: ErrorName };

/** Cheap checks first: form, chain and time, then account and nonce, signatures last. */
export function admit(
  desk: AdmissionDesk,
  entries: readonly Entry[],
  context: ChainContext,
  done: StateAnswer<readonly Admission[]>,
): void {
  const timeMs = Math.max(context.timeMs, context.wallMs);
  const verdicts: Verdict[] = [];
  const read = inSlices(entries, (entry) => {
    verdicts.push(readEntry(desk.rules, entry, timeMs));
    return workUs.decodeCommand + entry.length * workUs.perByte;
  });
  runSliced(desk.defer, read, () =>
    judgeSenders(desk, verdicts, (fault) => {
      if (fault !== undefined) return done(fault, []);
      verifyAll(desk, verdicts, () => markCopies(desk, entries, verdicts, done));
    }),
  );
}

function readEntry(rules: LedgerRules, entry: Entry, timeMs: number): Verdict {
  const decoded = decodeCommand(entry);
  if (!decoded.ok) return { refused: decoded.error };
  const misplaced = judgeEnvelope(rules, decoded.value, timeMs);
  return misplaced === undefined ? { command: decoded.value } : { refused: misplaced };
}

function judgeSenders(desk: AdmissionDesk, verdicts: Verdict[], done: StateAnswer<void>): void {
  const open = openVerdicts(verdicts);
  const names = open.map(({ command }) => nameOf(accountKey(command.actor)));
  desk.state.readAccounts(names, (fault, accounts) => {
    if (fault !== undefined) return done(fault, undefined);
    open.forEach(({ command, index }, i) => {
      const unfit = judgeSender(desk.rules, command, accounts[i]);
      if (unfit !== undefined) verdicts[index] = { refused: unfit };
    });
    done(undefined, undefined);
  });
}

function verifyAll(desk: AdmissionDesk, verdicts: Verdict[], done: () => void): void {
  const open = openVerdicts(verdicts).filter(({ command }) => !desk.verified.has(command.hash));
  desk.verifier.verify(
    open.map(({ command }) => jobOf(command)),
    (valid) => {
      open.forEach(({ command, index }, i) => {
        if (valid[i] === true) desk.verified.add(command.hash);
        else verdicts[index] = { refused: 'bad-signature' };
      });
      done();
    },
  );
}

/** A command that has a receipt already is not in conflict with another one: it is a copy, and the receipt stands. */
function markCopies(
  desk: AdmissionDesk,
  entries: readonly Entry[],
  verdicts: Verdict[],
  done: StateAnswer<readonly Admission[]>,
): void {
  const suspects = verdicts.flatMap((verdict, index) =>
    'refused' in verdict && lateRefusals.has(verdict.refused) ? [index] : [],
  );
  const answer = (): void => done(undefined, verdicts.map(admissionOf));
  if (suspects.length === 0) return answer();
  const places = suspects.map((index) => desk.state.layout.located(commandHash(entries[index] as Entry)));
  desk.state.readRecords(places, (fault, found) => {
    if (fault !== undefined) return done(fault, []);
    suspects.forEach((index, i) => {
      if (found[i] !== undefined) verdicts[index] = { refused: 'duplicate-command' };
    });
    answer();
  });
}

/** What a command that was executed earlier meets. */
const lateRefusals: ReadonlySet<ErrorName> = new Set(['nonce-used', 'nonce-too-old', 'expired']);

function openVerdicts(verdicts: readonly Verdict[]): readonly { command: ReceivedCommand; index: number }[] {
  return verdicts.flatMap((verdict, index) => ('command' in verdict ? [{ command: verdict.command, index }] : []));
}

function admissionOf(verdict: Verdict): Admission {
  if ('refused' in verdict) return { ok: false, code: errorRow(verdict.refused).code };
  return { ok: true, charge: chargeOf(verdict.command) };
}

/** An account pays for the bytes of its command and of the length before it. */
const chargeOf = ({ actor, size }: ReceivedCommand): Charge => ({ account: actor, bytes: size + lengthBytes });

/** The same for a batch that was admitted in an earlier life: what does not decode now was not admitted then. */
export function chargesIn(defer: Defer, batch: OrderedBatch, done: (charges: readonly Charge[]) => void): void {
  const charges: Charge[] = [];
  const read = inSlices(entriesOf(batch), (entry) => {
    const decoded = entry === undefined ? undefined : decodeCommand(entry);
    if (decoded?.ok === true) charges.push(chargeOf(decoded.value));
    return workUs.decodeCommand + (entry?.length ?? 0) * workUs.perByte;
  });
  runSliced(defer, read, () => done(charges));
}
