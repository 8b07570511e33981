// What the network has promised: which member accepted which command, and every receipt that anybody showed. At the end
// each promise must have been kept.

/** A follower says `accepted` when a validator has, and does not say which. */
export const someValidator = -1;

export interface Promised {
  readonly hash: string;
  readonly chain: string;
  /** who answered `accepted`, or `committed` */
  readonly members: Map<number, number>;
  /** `height index code` */
  receipt: string | undefined;
}

export class Book {
  readonly #promised = new Map<string, Promised>();
  readonly #wiped = new Map<number, number>();
  /** receipts that say something else than an earlier one */
  readonly changed: string[] = [];

  get promised(): readonly Promised[] {
    return [...this.#promised.values()];
  }

  /** commands whose receipt nobody has shown yet */
  get open(): readonly Promised[] {
    return this.promised.filter(({ receipt }) => receipt === undefined);
  }

  accepted(hash: string, chain: string, member: number): void {
    this.#of(hash, chain).members.set(member, performance.now());
  }

  wiped(member: number): void {
    this.#wiped.set(member, performance.now());
  }

  committed(hash: string, chain: string, { height, index, code }: ReceiptFields): void {
    const promised = this.#of(hash, chain);
    const receipt = `height ${height} index ${index} code ${code}`;
    if (promised.receipt !== undefined && promised.receipt !== receipt)
      this.changed.push(`${chain} ${hash}: ${promised.receipt}, then ${receipt}`);
    promised.receipt ??= receipt;
  }

  /** Whether all who accepted it were wiped later, so that nobody has it any more. */
  isDestroyed({ members }: Promised): boolean {
    return [...members].every(([member, atMs]) => {
      const wipedMs = member === someValidator ? Math.max(0, ...this.#wiped.values()) : (this.#wiped.get(member) ?? 0);
      return wipedMs >= atMs;
    });
  }

  #of(hash: string, chain: string): Promised {
    const known = this.#promised.get(hash) ?? { hash, chain, members: new Map(), receipt: undefined };
    this.#promised.set(hash, known);
    return known;
  }
}

interface ReceiptFields {
  readonly height: number | null;
  readonly index: number | null;
  readonly code: number | null;
}
