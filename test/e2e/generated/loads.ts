// Commands beside the registers, sent to any member and left there: the one that answers `accepted` has promised that each
// will be ordered, whatever happens to it.

import { fromUtf8 } from '../../../lib/bytes.ts';
import type { Random } from '../../../lib/random.ts';
import { nodePlatform } from '../../../sdk/drivers/node-platform.ts';
import { newKey, type Operation, toBase64 } from '../../../sdk/index.ts';
import { type LoadResult, pause } from '../devnet.ts';
import { type Book, someValidator } from './book.ts';
import type { Member } from './member.ts';
import type { Network } from './network.ts';
import type { LoadKind } from './plan.ts';

/** so many a second, about: what two busy cores bear of seven validators */
const perSecond: Readonly<Record<LoadKind, number>> = { puts: 25, bundles: 5, blobs: 50 };
const bundleSize = 8;
/** a member that is down or paused is not waited for */
const patienceMs = 2_000;
/** never reached by a run: then all are ordered, and none expires */
const expiresInMs = 540_000;

export interface Load {
  /** until it is stopped, and every answer is in or not coming */
  run(random: Random): Promise<void>;
  stop(): void;
}

export function loadsOf(network: Network, book: Book): readonly Load[] {
  const { chains, loads } = network.plan;
  return loads.flatMap((kind) =>
    chains.flatMap(({ name, application }): Load[] => {
      if (kind === 'blobs') return application === 'blob' ? [new BlobLoad(network, name)] : [];
      return application === 'key-value' ? [new CommandLoad(network, book, kind, name)] : [];
    }),
  );
}

/** Over streams, by `psky load`, which follows each batch of blobs to its block. */
class BlobLoad implements Load {
  readonly #network: Network;
  readonly #chain: string;

  constructor(network: Network, chain: string) {
    this.#network = network;
    this.#chain = chain;
  }

  async run(): Promise<void> {
    const { devnet, plan, violations } = this.#network;
    const seconds = String(Math.ceil(plan.forMs / 1_000));
    const words = ['--mode', 'blob', '--rate', String(perSecond.blobs), '--seconds', seconds, '--warm-up', '0'];
    const { status, json } = await devnet.ask<LoadResult>('load', ...words, '--processes', '1', '--size', '300');
    if (status !== 0 || json.lost !== 0)
      violations.push(`psky load on ${this.#chain} ended with ${status}: ${JSON.stringify(json)}`);
  }

  stop(): void {
    // it ends when its time is over, and what it sent is final
  }
}

class CommandLoad implements Load {
  readonly #network: Network;
  readonly #book: Book;
  readonly #kind: 'puts' | 'bundles';
  readonly #chain: string;
  readonly #sent = new Set<Promise<void>>();
  #stopped = false;

  constructor(network: Network, book: Book, kind: 'puts' | 'bundles', chain: string) {
    this.#network = network;
    this.#book = book;
    this.#kind = kind;
    this.#chain = chain;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(random: Random): Promise<void> {
    const client = this.#network.devnet.client(this.#network.devnet.names, this.#chain);
    const key = newKey(nodePlatform);
    for (let nonce = 1; !this.#stopped; nonce++) {
      const signed = await client.sign(key, operationsOf(this.#kind, nonce), nonce, { expiresInMs });
      const sending = this.#send(signed.hash, toBase64(signed.entry), random.pick(this.#network.members));
      this.#sent.add(sending);
      void sending.finally(() => this.#sent.delete(sending));
      await pause((1_000 / perSecond[this.#kind]) * random.between(0.5, 1.5));
    }
    await Promise.all(this.#sent);
  }

  async #send(hash: string, entry: string, { name, index, votes }: Member): Promise<void> {
    const receipt = await this.#network.devnet
      .rpc(name)
      .call('submit', { chain: this.#chain, entry }, patienceMs)
      .catch(() => undefined);
    if (receipt?.status === 'accepted') this.#book.accepted(hash, this.#chain, votes ? index : someValidator);
  }
}

function operationsOf(kind: 'puts' | 'bundles', nonce: number): readonly Operation[] {
  const put = (name: string): Operation => ({ kind: 'put', key: fromUtf8(name), value: fromUtf8(`value of ${nonce}`) });
  return kind === 'puts'
    ? [put(`k${nonce}`)]
    : Array.from({ length: bundleSize }, (_, i) => put(`k${nonce % 50}.${i}`));
}
