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
import {
  type Client,
  type Operation as Command,
  fromHex,
  newKey,
  type Receipt,
  unwrapValue,
} from '../../../sdk/index.ts';
import { pause } from '../devnet.ts';
import type { Book } from './book.ts';
import type { Operation, RegisterCall } from './linearizability.ts';
import type { Network } from './network.ts';

const clients = 4;
const registers = ['a', 'b', 'c'];
const commandMs = 10_000;
const readMs = 5_000;
/** what a client that did not hear does: between two questions */
const askAgainMs = 500;
const swapFailed = errorRow('compare-failed').code;

export class Registers {
  readonly history: Operation[] = [];
  /** reads whose proof was wrong */
  readonly badProofs: string[] = [];
  readonly #network: Network;
  readonly #book: Book;
  readonly #key = newKey(nodePlatform);
  /** commands of which no client heard yet, and what to do when one does */
  readonly #unheard = new Map<string, (code: number | null) => void>();
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
      const doing = { client: id, register, startedMs: performance.now() };
      const kind = random.pick(['put', 'compare-and-set', 'read', 'read'] as const);
      const key = fromUtf8(register);
      if (kind === 'read') {
        const seen = await this.#read(client, key, random);
        if (seen !== undefined) {
          known.set(register, seen);
          this.#end(doing, { kind, seen });
        }
      } else {
        const value = `${id}-${count}`;
        const expected = known.get(register) ?? null;
        const command =
          kind === 'put'
            ? { kind, key, value: fromUtf8(value) }
            : { kind, key, value: fromUtf8(value), expected: expected === null ? null : fromUtf8(expected) };
        const ended = (code: number | null): void => {
          if (kind === 'put' && code === 0) this.#end(doing, { kind, value });
          if (kind === 'compare-and-set' && (code === 0 || code === swapFailed)) {
            if (code === 0) known.set(register, value);
            this.#end(doing, { kind, expected, value, swapped: code === 0 });
          }
          // any other code: it had no effect
        };
        const { hash, receipt } = await this.#order(client, command);
        if (receipt !== undefined) {
          this.#heard(receipt.height ?? 0);
          ended(receipt.code);
        } else void this.#follow(client, hash, ended);
      }
      await pause(random.between(10, 150));
    }
  }

  #end(doing: Pick<Operation, 'client' | 'register' | 'startedMs'>, call: RegisterCall): void {
    this.history.push({ ...doing, call, endedMs: performance.now() });
  }

  /** A client that did not hear of its command goes on asking what became of it, beside what it does next. */
  async #follow(client: Client, hash: string, ended: (code: number | null) => void): Promise<void> {
    this.#unheard.set(hash, ended);
    while (!this.#stopped) {
      await pause(askAgainMs);
      await this.#ask(client, hash);
      if (!this.#unheard.has(hash)) return;
    }
  }

  async #ask({ rpc }: Client, hash: string): Promise<void> {
    const receipt = await rpc.call('receipt', { chain: 'main', hash }, readMs).catch(() => undefined);
    if (receipt?.status !== 'committed' || !this.#unheard.has(hash)) return;
    this.#book.committed(hash, 'main', receipt);
    this.#heard(receipt.height ?? 0);
    this.#unheard.get(hash)?.(receipt.code);
    this.#unheard.delete(hash);
  }

  /** Once nobody does anything any more: what is not ordered by now had no effect on any read. */
  async settle(): Promise<void> {
    const client = this.#network.devnet.client(this.#network.intact.map(({ name }) => name));
    for (const hash of [...this.#unheard.keys()]) await this.#ask(client, hash);
  }

  /** @returns what a member proves of all registers; @throws where it does not */
  async provedBy(name: string): Promise<string> {
    const client = this.#network.devnet.client([name]);
    const options = { minHeight: this.#height, timeoutMs: readMs };
    const seen = await Promise.all(registers.map((each) => this.#readProved(client, fromUtf8(each), options)));
    if (seen.includes(undefined)) throw new Error(`${name} proves nothing of the registers at height ${this.#height}`);
    return JSON.stringify(seen);
  }

  /** @returns no receipt where the client did not hear that it is committed */
  async #order(
    client: Client,
    operation: Command,
  ): Promise<{ readonly hash: string; readonly receipt: Receipt | undefined }> {
    const signed = await client.sign(this.#key, [operation], ++this.#lastNonce, { expiresInMs: 300_000 });
    const receipt = await client.submitAndWait(signed, { timeoutMs: commandMs }).catch(() => undefined);
    if (receipt?.status !== 'committed') return { hash: signed.hash, receipt: undefined };
    this.#book.committed(signed.hash, 'main', receipt);
    return { hash: signed.hash, receipt };
  }

  /** At any one member, also one that has been left behind. */
  async #read(client: Client, key: Bytes, random: Random): Promise<string | null | undefined> {
    const minHeight = random.chance(0.5) ? this.#height : await this.#barrier(client);
    if (minHeight === undefined) return undefined;
    const { devnet } = this.#network;
    const reader = devnet.client([random.pick(devnet.names)]);
    const options = { minHeight, timeoutMs: readMs };
    return random.chance(0.5) ? this.#readProved(reader, key, options) : this.#readPlain(reader, key, options);
  }

  /** @returns the height at which a command without effect on the registers was ordered */
  async #barrier(client: Client): Promise<number | undefined> {
    const { receipt } = await this.#order(client, { kind: 'put', key: fromUtf8('barrier'), value: new Uint8Array(1) });
    return receipt?.height ?? undefined;
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
