// How long a network takes to go on once nothing hinders a quorum any more: from that instant until a new command is
// committed; and from the instant at which nothing hinders the follower either, until it is where the validators were.

import { fromUtf8 } from '../../../lib/bytes.ts';
import { nodePlatform } from '../../../sdk/drivers/node-platform.ts';
import { newKey, type Receipt } from '../../../sdk/index.ts';
import { pause } from '../devnet.ts';
import type { Network } from './network.ts';

/** what users expect */
const boundMs = 10_000;
const againMs = 100;

export class Recovery {
  /** of those that were measured, the longest */
  longestMs = 0;
  readonly #network: Network;
  readonly #key = newKey(nodePlatform);
  #lastNonce = 0;
  readonly #quorum = new Condition();
  readonly #followed = new Condition();
  readonly #running = new Set<Promise<void>>();

  constructor(network: Network) {
    this.#network = network;
    network.onChange(() => this.#look());
  }

  #look(): void {
    if (this.#quorum.returns(this.#network.hasQuorum)) this.#track(this.#commit());
    if (this.#followed.returns(this.#network.isFollowed)) this.#track(this.#catchUp());
  }

  /** Whatever was the case before. */
  measure(): void {
    this.#track(this.#commit());
    if (this.#network.isFollowed) this.#track(this.#catchUp());
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  #track(measuring: Promise<void>): void {
    this.#running.add(measuring);
    void measuring.finally(() => this.#running.delete(measuring));
  }

  async #commit(): Promise<void> {
    const { spell } = this.#quorum;
    const began = performance.now();
    const client = this.#network.devnet.client(this.#network.unhindered.map(({ name }) => name));
    const put = { kind: 'put', key: fromUtf8('recovered'), value: new Uint8Array(1) } as const;
    const signed = await client.sign(this.#key, [put], ++this.#lastNonce, { expiresInMs: 300_000 });
    let receipt: Receipt | undefined;
    do {
      // one that has just got its space back refuses until it has looked again
      if (receipt !== undefined) await pause(againMs);
      receipt = await client.submitAndWait(signed, { timeoutMs: 3 * boundMs }).catch(() => undefined);
    } while (receipt?.status === 'refused' && performance.now() - began < 3 * boundMs);
    if (spell !== this.#quorum.spell) return;
    const how = receipt?.status ?? 'no answer';
    this.#judge(began, how === 'committed', `a quorum is back, and a new command is ${how}`);
  }

  async #catchUp(): Promise<void> {
    const { spell } = this.#followed;
    const began = performance.now();
    const { plan, follower, unhindered } = this.#network;
    const goals = await this.#heights(unhindered.map(({ name }) => name));
    let heights: readonly number[] = [];
    let there = false;
    do {
      if (heights.length > 0) await pause(againMs);
      heights = await this.#heights([follower?.name ?? '']);
      there = goals.every((goal, i) => (heights[i] as number) >= goal);
    } while (!there && spell === this.#followed.spell && performance.now() - began < 3 * boundMs);
    if (spell !== this.#followed.spell) return;
    const chains = plan.chains.map(({ name }, i) => `${name} ${heights[i]} of ${goals[i]}`);
    this.#judge(began, there, `the follower can follow, and has executed ${chains.join(', ')}`);
  }

  /** How far any of these has executed each chain. */
  #heights(names: readonly string[]): Promise<readonly number[]> {
    const { devnet, plan } = this.#network;
    return Promise.all(
      plan.chains.map(async (chain) => {
        const told = await Promise.all(names.map((name) => devnet.heightOf(name, chain.name).catch(() => -1)));
        return Math.max(...told);
      }),
    );
  }

  #judge(began: number, done: boolean, how: string): void {
    const tookMs = performance.now() - began;
    this.longestMs = Math.max(this.longestMs, tookMs);
    if (!done || tookMs > boundMs)
      this.#network.violations.push(`${how} after ${Math.round(tookMs)} ms, where ${boundMs} ms are the bound`);
  }
}

/** What holds or does not, in spells: a measurement that outlasts the spell in which it began does not count. */
class Condition {
  spell = 0;
  #holds = true;

  /** @returns whether it holds again */
  returns(holds: boolean): boolean {
    const held = this.#holds;
    this.#holds = holds;
    if (held && !holds) this.spell++;
    return holds && !held;
  }
}
