// How long clients went without a finality: the time from one commit notice of a client to its next one. Such a gap is the
// network's only where the client's stream stood all along; a client whose validator died connects to another one first,
// which is told apart. In a gap during which nothing was due a client waited for nothing: gaps mean something where the
// rate keeps every client busy.

export interface Gap {
  /** the instants of the two finalities, in milliseconds */
  readonly fromMs: number;
  readonly toMs: number;
}

/** The longest gaps that ended within some time; null where none did. */
export interface Gaps {
  /** of a client whose stream stood from one finality to the next */
  readonly standing: Gap | null;
  /** of a client that lost its stream meanwhile */
  readonly reconnected: Gap | null;
  /** of all clients of one generator process together: as long as its count of committed commands stood still */
  readonly all: Gap | null;
}

export const noGaps: Gaps = { standing: null, reconnected: null, all: null };

export const gapMs = (gap: Gap | null): number | null => (gap === null ? null : gap.toMs - gap.fromMs);

/** Of each kind the longer one. */
export function longerGaps(a: Gaps, b: Gaps): Gaps {
  return gapsBy((kind) => ((gapMs(a[kind]) ?? -1) >= (gapMs(b[kind]) ?? -1) ? a[kind] : b[kind]));
}

/** The same gaps on a clock that began `ms` later. */
export function gapsSince(gaps: Gaps, ms: number): Gaps {
  return gapsBy((kind) => {
    const gap = gaps[kind];
    return gap === null ? null : { fromMs: gap.fromMs - ms, toMs: gap.toMs - ms };
  });
}

/**
 * The longest gaps of the seconds that ended after `fromMs`. Where sending ends nobody waits for more, so what lasts beyond
 * counts up to there.
 */
export function longestGaps(
  series: readonly { readonly toMs: number; readonly gaps: Gaps }[],
  { fromMs, sentMs }: { readonly fromMs: number; readonly sentMs: number },
): Gaps {
  return series
    .filter(({ toMs }) => toMs > fromMs)
    .map(({ gaps }) => gapsUntil(gaps, sentMs))
    .reduce(longerGaps, noGaps);
}

function gapsUntil(gaps: Gaps, ms: number): Gaps {
  return gapsBy((kind) => {
    const gap = gaps[kind];
    return gap === null || gap.fromMs >= ms ? null : { fromMs: gap.fromMs, toMs: Math.min(gap.toMs, ms) };
  });
}

function gapsBy(of: (kind: keyof Gaps) => Gap | null): Gaps {
  return { standing: of('standing'), reconnected: of('reconnected'), all: of('all') };
}

/** Watches the clients of one generator process. */
export class GapWatch {
  readonly #clients = new Map<number, { lastMs: number; stood: boolean }>();
  #lastMs: number | undefined;
  #longest: Gaps = noGaps;

  /** Something of the client's became final. */
  final(client: number, nowMs: number): void {
    const last = this.#clients.get(client);
    if (last === undefined) this.#clients.set(client, { lastMs: nowMs, stood: true });
    else {
      this.#take(last.stood ? 'standing' : 'reconnected', last.lastMs, nowMs);
      last.lastMs = nowMs;
      last.stood = true;
    }
    if (this.#lastMs !== undefined) this.#take('all', this.#lastMs, nowMs);
    this.#lastMs = nowMs;
  }

  /** The client's stream ended. */
  lost(client: number): void {
    const last = this.#clients.get(client);
    if (last !== undefined) last.stood = false;
  }

  /** What ended since the last call. */
  take(): Gaps {
    const longest = this.#longest;
    this.#longest = noGaps;
    return longest;
  }

  #take(kind: keyof Gaps, fromMs: number, toMs: number): void {
    if (toMs - fromMs > (gapMs(this.#longest[kind]) ?? -1)) {
      this.#longest = { ...this.#longest, [kind]: { fromMs, toMs } };
    }
  }
}
