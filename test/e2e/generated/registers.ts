// Clients that write, swap and read a few registers at once, and what each of them saw. All sign for one account, as values
// belong to accounts.
//
// Which read is linearizable? A node answers from what it has executed, which may be old; a proof shows that a quorum
// committed the state, not that nothing was committed since. So a reader must say how new the state has to be. It either
// knows the height of all that ended before it began (the clients here tell each other), or it has a command of its own
// ordered first: whatever was committed before that lies below its height.

import { type Bytes, concatBytes, fromUtf8, toUtf8 } from '../../../lib/bytes.ts';
import { errorRow } from '../../../lib/errors.ts';
import { hashToBytes } from '../../../lib/hash.ts';
import type { Random } from '../../../lib/random.ts';
import { nodePlatform } from '../../../sdk/drivers/node-platform.ts';
import { type Client, type Operation as Command, fromHex, newKey, unwrapValue } from '../../../sdk/index.ts';
import { pause } from '../devnet.ts';
import type { Book } from './book.ts';
import type { Operation, RegisterCall } from './linearizability.ts';
import type { Network } from './network.ts';

const clients = 4;
const registers = ['a', 'b', 'c'];
const commandMs = 10_000;
const readMs = 5_000;
const swapFailed = errorRow('compare-failed').code;

export class Registers {
  readonly history: Operation[] = [];
  /** reads whose proof was wrong */
  readonly badProofs: string[] = [];
  readonly #network: Network;
  readonly #book: Book;
  readonly #key = newKey(nodePlatform);
  #lastNonce = 0;
  /** of everything that any client was told */
  #height = 0;
  #stopped = false;

  constructor(network: Network, book: Book) {
    this.#network = network;
    this.#book = book;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Until it is stopped. */
  async run(random: Random): Promise<void> {
    await Promise.all(Array.from({ length: clients }, (_, i) => this.#client(i, random.fork(`client ${i}`))));
  }

  async #client(id: number, random: Random): Promise<void> {
    const { names } = this.#network.devnet;
    // each has its own idea of whom to ask first
    const client = this.#network.devnet.client(names.map((_, i) => names[(i + id) % names.length] as string));
    const known = new Map<string, string | null>();
    for (let count = 1; !this.#stopped; count++) {
      const register = random.pick(registers);
      const startedMs = performance.now();
      const call = await this.#perform(client, register, `${id}-${count}`, known, random);
      if (call !== undefined) {
        const endedMs = call.heard ? performance.now() : Number.POSITIVE_INFINITY;
        this.history.push({ client: id, register, call: call.call, startedMs, endedMs });
      }
      await pause(random.between(10, 150));
    }
  }

  async #perform(
    client: Client,
    register: string,
    value: string,
    known: Map<string, string | null>,
    random: Random,
  ): Promise<{ readonly call: RegisterCall; readonly heard: boolean } | undefined> {
    const key = fromUtf8(register);
    const kind = random.pick(['put', 'compare-and-set', 'read', 'read'] as const);
    if (kind === 'read') {
      const seen = await this.#read(client, key, random);
      if (seen === undefined) return undefined; // it says nothing
      known.set(register, seen);
      return { call: { kind, seen }, heard: true };
    }
    if (kind === 'put') {
      const code = await this.#order(client, { kind, key, value: fromUtf8(value) });
      return { call: { kind, value }, heard: code === 0 };
    }
    const expected = known.get(register) ?? null;
    const code = await this.#order(client, {
      ...{ kind, key, value: fromUtf8(value) },
      expected: expected === null ? null : fromUtf8(expected),
    });
    const swapped = code === 0 ? true : code === swapFailed ? false : undefined;
    if (swapped === true) known.set(register, value);
    return { call: { kind, expected, value, swapped }, heard: swapped !== undefined };
  }

  /** @returns the code of its receipt; undefined when the client did not hear of it */
  async #order(client: Client, operation: Command): Promise<number | undefined> {
    const signed = await client.sign(this.#key, [operation], ++this.#lastNonce, { expiresInMs: 300_000 });
    const receipt = await client.submitAndWait(signed, { timeoutMs: commandMs }).catch(() => undefined);
    if (receipt?.status !== 'committed') return undefined;
    this.#book.committed(signed.hash, 'main', receipt);
    this.#heard(receipt.height ?? 0);
    return receipt.code ?? undefined;
  }

  async #read(client: Client, key: Bytes, random: Random): Promise<string | null | undefined> {
    const minHeight = random.chance(0.5) ? this.#height : await this.#barrier(client);
    if (minHeight === undefined) return undefined;
    const options = { minHeight, timeoutMs: readMs };
    return random.chance(0.5) ? this.#readProved(client, key, options) : this.#readPlain(client, key, options);
  }

  /** @returns the height at which a command without effect on the registers was ordered */
  async #barrier(client: Client): Promise<number | undefined> {
    const operation = { kind: 'put', key: fromUtf8('barrier'), value: new Uint8Array(1) } as const;
    const signed = await client.sign(this.#key, [operation], ++this.#lastNonce, { expiresInMs: 300_000 });
    const receipt = await client.submitAndWait(signed, { timeoutMs: commandMs }).catch(() => undefined);
    return receipt?.status === 'committed' ? (receipt.height ?? undefined) : undefined;
  }

  async #readProved(client: Client, key: Bytes, options: ReadOptions): Promise<string | null | undefined> {
    const read = await client.getVerified(this.#key.account, key, options).catch(() => undefined);
    if (read === undefined) return undefined;
    if (!read.ok) {
      this.badProofs.push(`a read at height ${options.minHeight}: ${read.error}`);
      return undefined;
    }
    this.#heard(read.value.height);
    return read.value.value === undefined ? null : toUtf8(read.value.value);
  }

  async #readPlain(client: Client, key: Bytes, options: ReadOptions): Promise<string | null | undefined> {
    const argument = concatBytes([hashToBytes(this.#key.account), key]);
    const answer = await client.query('value', argument, { ...options, prove: false }).catch(() => undefined);
    if (answer === undefined) return undefined;
    this.#heard(answer.height);
    const value = answer.value === null ? undefined : unwrapValue(fromHex(answer.value) ?? new Uint8Array(0));
    return value === undefined ? null : toUtf8(value);
  }

  #heard(height: number): void {
    this.#height = Math.max(this.#height, height);
  }
}

interface ReadOptions {
  readonly minHeight: number;
  readonly timeoutMs: number;
}
