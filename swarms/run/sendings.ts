// What is sent until it is answered: at once, then again after pauses that double, until the other side is given up.

import { giveUpMs, resendFirstMs, resendMaxMs } from './limits.ts';

interface Sending {
  readonly sinceMs: number;
  attempt: number;
  nextMs: number;
  /** how much was sent */
  mark: number;
}

export class Sendings {
  readonly #open = new Map<string, Sending>();

  /** Whether to send it now. @param mark where it has grown since, it goes at once */
  isDue(what: string, mark: number, nowMs: number): boolean {
    const sending = this.#open.get(what);
    if (sending === undefined) {
      this.#open.set(what, { sinceMs: nowMs, attempt: 0, nextMs: nowMs + resendFirstMs, mark });
      return true;
    }
    if (mark > sending.mark) {
      sending.mark = mark;
      return true;
    }
    if (sending.nextMs > nowMs) return false;
    sending.attempt++;
    const pause = Math.min(resendMaxMs, resendFirstMs * 2 ** sending.attempt);
    sending.nextMs = nowMs - sending.sinceMs > giveUpMs ? Number.POSITIVE_INFINITY : nowMs + pause;
    return true;
  }

  /** The next instant at which something is due; infinite where nothing is. */
  get nextMs(): number {
    return Math.min(...[...this.#open.values()].map(({ nextMs }) => nextMs));
  }

  /** somebody is given up */
  get parked(): boolean {
    return [...this.#open.values()].some(({ nextMs }) => nextMs === Number.POSITIVE_INFINITY);
  }

  answered(what: string): void {
    this.#open.delete(what);
  }

  keepOnly(isOpen: (what: string) => boolean): void {
    for (const what of this.#open.keys()) if (!isOpen(what)) this.#open.delete(what);
  }
}
