// How long the chain takes to go on once a quorum is unhindered again: from that instant until a new command is committed.

import { fromUtf8 } from '../../../lib/bytes.ts';
import { nodePlatform } from '../../../sdk/drivers/node-platform.ts';
import { newKey, type Receipt } from '../../../sdk/index.ts';
import { pause } from '../devnet.ts';
import type { Network } from './network.ts';

/** what users expect */
const boundMs = 10_000;
const refusedPauseMs = 100;

export class Recovery {
  /** of those that were measured, the longest */
  longestMs = 0;
  readonly #network: Network;
  readonly #key = newKey(nodePlatform);
  #lastNonce = 0;
  #spell = 0;
  #hadQuorum = true;
  readonly #running = new Set<Promise<void>>();

  constructor(network: Network) {
    this.#network = network;
    network.onChange(() => this.#look());
  }

  #look(): void {
    const hasQuorum = this.#network.unhindered.length >= this.#network.quorum;
    if (hasQuorum && !this.#hadQuorum) this.measure();
    if (!hasQuorum && this.#hadQuorum) this.#spell++;
    this.#hadQuorum = hasQuorum;
  }

  /** One that is hindered again before it ends does not count. */
  measure(): void {
    const measuring = this.#measure(this.#spell);
    this.#running.add(measuring);
    void measuring.finally(() => this.#running.delete(measuring));
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #measure(spell: number): Promise<void> {
    const began = performance.now();
    const client = this.#network.devnet.client(this.#network.unhindered.map(({ name }) => name));
    const put = { kind: 'put', key: fromUtf8('recovered'), value: new Uint8Array(1) } as const;
    const signed = await client.sign(this.#key, [put], ++this.#lastNonce, { expiresInMs: 300_000 });
    let receipt: Receipt | undefined;
    do {
      // one that has just got its space back refuses until it has looked again
      if (receipt !== undefined) await pause(refusedPauseMs);
      receipt = await client.submitAndWait(signed, { timeoutMs: 3 * boundMs }).catch(() => undefined);
    } while (receipt?.status === 'refused' && performance.now() - began < 3 * boundMs);
    if (spell !== this.#spell) return;
    const tookMs = performance.now() - began;
    this.longestMs = Math.max(this.longestMs, tookMs);
    if (receipt?.status !== 'committed' || tookMs > boundMs) {
      const how = `${receipt?.status ?? 'no answer'} after ${Math.round(tookMs)} ms`;
      this.#network.violations.push(
        `a quorum is back, and a new command is ${how}, not committed within ${boundMs} ms`,
      );
    }
  }
}
