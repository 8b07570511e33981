// What waits in this validator's lane, by batch and by account (§8): one account may fill three quarters of the lane's window,
// and the last one is there for others. Counted from admission to commit; after a restart, from what the journal still holds.

import type { Effects } from '../actors/index.ts';
import type { Hash } from '../lib/hash.ts';
import type { Ms } from '../lib/units.ts';
import type { Admission, Application, Charge } from './application.ts';
import type { OwnRecovered } from './chain-messages.ts';
import { errorCode } from './faults.ts';
import { accountQuotaBytes } from './limits.ts';

interface SealedBatch {
  digest: Hash;
  seq: number;
  charges: readonly Charge[];
  readonly sealedAt: Ms;
}

export class AccountQuota {
  private readonly used = new Map<Hash, number>();
  /** own batches that are sealed and not committed, by digest */
  private readonly sealed = new Map<Hash, SealedBatch>();
  /** those of an earlier life whose charges are still asked for, by the digest that they had then */
  private readonly expected = new Map<Hash, SealedBatch>();

  /** accounts with something uncommitted */
  get accounts(): number {
    return this.used.size;
  }

  /** @returns false, and nothing is counted, when the account would have more than its share */
  take(charge: Charge): boolean {
    if (this.usedBy(charge.account) + charge.bytes > accountQuotaBytes) return false;
    this.add(charge);
    return true;
  }

  giveBack(charges: readonly Charge[]): void {
    for (const { account, bytes } of charges) {
      const rest = this.usedBy(account) - bytes;
      if (rest > 0) this.used.set(account, rest);
      else this.used.delete(account);
    }
  }

  /** when the oldest batch that is not committed was sealed */
  get waitingSince(): Ms | undefined {
    for (const { sealedAt } of this.sealed.values()) return sealedAt;
    return undefined;
  }

  /** Charges that were taken stand in a batch now. */
  seal(digest: Hash, seq: number, charges: readonly Charge[], sealedAt: Ms): void {
    this.sealed.set(digest, { digest, seq, charges, sealedAt });
  }

  /** A batch of an earlier life, whose charges become known later. */
  expect(digest: Hash, seq: number, now: Ms): void {
    this.seal(digest, seq, [], now);
    this.expected.set(digest, this.sealed.get(digest) as SealedBatch);
  }

  /** Counted whatever the sum: it was accepted. A batch that was committed meanwhile costs nothing any more. */
  recover(digest: Hash, charges: readonly Charge[]): void {
    const batch = this.expected.get(digest);
    this.expected.delete(digest);
    if (batch === undefined || this.sealed.get(batch.digest) !== batch) return;
    batch.charges = charges;
    for (const charge of charges) this.add(charge);
  }

  /** L4: what a committed cut left out stands at another place. */
  move(lost: Hash, digest: Hash, seq: number): void {
    const batch = this.sealed.get(lost);
    if (batch === undefined) return;
    this.sealed.delete(lost);
    batch.digest = digest;
    batch.seq = seq;
    this.sealed.set(digest, batch);
  }

  /** The committed cut has reached `seq` on this lane. */
  commit(seq: number): void {
    for (const [digest, batch] of this.sealed) {
      if (batch.seq > seq) continue;
      this.sealed.delete(digest);
      this.giveBack(batch.charges);
    }
  }

  private usedBy(account: Hash): number {
    return this.used.get(account) ?? 0;
  }

  private add({ account, bytes }: Charge): void {
    this.used.set(account, this.usedBy(account) + bytes);
  }
}

/** What the application lets in and its account has room for, entry by entry. */
export function judgeEntries(
  quota: AccountQuota,
  verdicts: readonly Admission[],
): {
  readonly refused: readonly { readonly index: number; readonly code: number }[];
  readonly charges: readonly Charge[];
} {
  const refused: { index: number; code: number }[] = [];
  const charges: Charge[] = [];
  verdicts.forEach((verdict, index) => {
    if (!verdict.ok) refused.push({ index, code: verdict.code });
    else if (verdict.charge === undefined) return;
    else if (quota.take(verdict.charge)) charges.push(verdict.charge);
    else refused.push({ index, code: accountBusy });
  });
  return { refused, charges };
}

const accountBusy = errorCode('account-busy');

/** The application's word on a recovered batch, or what kept it from answering. */
export interface Charged {
  readonly type: 'charged';
  readonly digest: Hash;
  readonly charges: readonly Charge[] | string;
}

/** What an earlier life accepted and nobody has committed yet still fills the shares of its accounts. */
export function chargeRecovered(
  application: Application,
  quota: AccountQuota,
  { batches }: OwnRecovered,
  effects: Effects<Charged>,
): void {
  if (application.charges === undefined) return;
  for (const { digest, lane, seq, count, body } of batches) {
    quota.expect(digest, seq, effects.now);
    effects.request((answer) => {
      application.charges?.({ lane, seq, count, bytes: body }, (error, charges) =>
        answer({ type: 'charged', digest, charges: error === undefined ? charges : error.message }),
      );
    });
  }
}

export function measureQuota(
  quota: AccountQuota,
  refused: readonly { readonly code: number }[],
  chain: string,
  effects: Effects<Charged>,
): void {
  const labels = { chain };
  const busy = refused.filter(({ code }) => code === accountBusy).length;
  if (busy > 0) effects.note({ count: 'psky_mempool_account_busy_total', by: busy, labels });
  effects.note({ gauge: 'psky_mempool_accounts', value: quota.accounts, labels });
}
