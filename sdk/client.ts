// A client of one chain: signs, submits, waits, reads and, with a light client, believes only what is proved. When a
// validator dies it sends the same signed bytes to another: the ledger executes a command once, however often it comes.

import { defaultExpiryAheadMs, type Operation, type SignedEntry, signCommand } from '../ledger/commands/index.ts';
import {
  type Account,
  decodeAccount,
  decodeReceipt,
  type Receipt as LedgerReceipt,
  unwrapValue,
} from '../ledger/proof/index.ts';
import { toBase64 } from '../lib/base64.ts';
import { type Bytes, concatBytes, fromHex, toHex } from '../lib/bytes.ts';
import { errorRow, errorRowOfCode, PskyError } from '../lib/errors.ts';
import { type Hash, hashToBytes, parseHash } from '../lib/hash.ts';
import type { Result } from '../lib/result.ts';
import type { Receipt, Topic } from '../net/gateway/protocol.ts';
import type { LightClient, LightFault, QueryResult, VerifiedState } from './light-client.ts';
import { attemptMs, defaultTimeoutMs, maxNonceAttempts, retryPauseMs } from './limits.ts';
import type { Platform } from './platform.ts';
import { RpcClient, RpcFailure } from './rpc-client.ts';
import { type Notification, type SubscribeOptions, subscribe } from './subscription.ts';
import type { WalletKey } from './wallet.ts';

export interface ClientOptions {
  /** base URLs of validators, the preferred one first */
  readonly endpoints: readonly string[];
  readonly platform: Platform;
  /** a chain's name or id; the node's first chain where absent */
  readonly chain?: string;
  /** needed for verified reads */
  readonly light?: LightClient;
}

export interface SendOptions {
  /** how long to wait for finality in all, 10 s unless told otherwise */
  readonly timeoutMs?: number;
}

export interface CommandOptions {
  /** false: each operation of a bundle stands for itself */
  readonly atomic?: boolean;
  /** a nonce whose command must have been executed before */
  readonly after?: number;
  /** 60 s unless told otherwise, at most 10 minutes */
  readonly expiresInMs?: number;
}

export interface ReadOptions {
  /** the state must be at least this new */
  readonly minHeight?: number;
  readonly timeoutMs?: number;
}

export class Client {
  readonly rpc: RpcClient;
  readonly #platform: Platform;
  readonly #chain: { readonly chain?: string };
  readonly #light: LightClient | undefined;
  #chainId: Hash | undefined;

  constructor(options: ClientOptions) {
    this.rpc = new RpcClient(options);
    this.#platform = options.platform;
    this.#light = options.light;
    this.#chain = options.chain === undefined ? {} : { chain: options.chain };
    this.#chainId = options.light?.chain ?? (options.chain === undefined ? undefined : parseHash(options.chain));
  }

  /** From the light client where there is one: a node could name another chain. */
  async chainId(): Promise<Hash> {
    this.#chainId ??= (await this.rpc.call('validators', this.#chain)).chain as Hash;
    return this.#chainId;
  }

  /** Signs a command; one operation, or a bundle of up to 1,000. */
  async sign(
    key: WalletKey,
    operations: readonly Operation[],
    nonce: number,
    options: CommandOptions = {},
  ): Promise<SignedEntry> {
    const command = {
      chain: await this.chainId(),
      account: null,
      nonce,
      expiryMs: this.#platform.wallMs() + (options.expiresInMs ?? defaultExpiryAheadMs),
      after: options.after ?? null,
      atomic: options.atomic ?? true,
      operations,
    };
    return signCommand(command, this.#platform.suite, key.keys);
  }

  /** @returns once a validator has synced it, or says why not */
  submit(signed: SignedEntry): Promise<Receipt> {
    return this.rpc.call('submit', { ...this.#chain, entry: toBase64(signed.entry) });
  }

  /**
   * Sends until the command is final, refused, or the time is over (`pending`). A validator that dies, stays silent or
   * takes nothing now is replaced by the next one, which gets the same bytes. What would be refused everywhere, or by each
   * of them for its own reason, is `refused`.
   */
  async submitAndWait(signed: SignedEntry, options: SendOptions = {}): Promise<Receipt> {
    const deadline = this.#platform.wallMs() + (options.timeoutMs ?? defaultTimeoutMs);
    const entry = toBase64(signed.entry);
    let resent = false;
    let last: unknown;
    let pending: Receipt = { hash: signed.hash, status: 'pending', height: null, index: null, code: null };
    let unwilling: Receipt | undefined;
    let unwillingForLong = 0;
    for (;;) {
      const left = deadline - this.#platform.wallMs();
      if (left <= 0) break;
      try {
        const timeoutMs = Math.max(1, Math.min(left, this.rpc.endpoints.length === 1 ? left : attemptMs, 60_000));
        const params = { ...this.#chain, entry, timeoutMs };
        const receipt = await this.rpc.callOne(this.rpc.endpoint, 'submitAndWait', params, timeoutMs + 1_000);
        const slug = receipt.status === 'refused' ? errorRowOfCode(receipt.code ?? 0)?.name : undefined;
        if (slug !== undefined && (busySlugs.has(slug) || closedSlugs.has(slug))) {
          unwilling = receipt;
          unwillingForLong = closedSlugs.has(slug) ? unwillingForLong + 1 : 0;
          if (unwillingForLong >= this.rpc.endpoints.length) break;
          await this.#platform.delay(Math.min(retryPauseMs, Math.max(0, deadline - this.#platform.wallMs())));
          this.rpc.moveOn();
          continue;
        }
        if (receipt.status === 'committed' || receipt.status === 'refused')
          return await this.#settle(signed, receipt, resent);
        pending = receipt;
        last = undefined;
      } catch (error) {
        if (error instanceof RpcFailure && isFinal(error)) throw error;
        last = error;
        await this.#platform.delay(Math.min(retryPauseMs, Math.max(0, deadline - this.#platform.wallMs())));
      }
      resent = true;
      this.rpc.moveOn();
    }
    // nobody took it, as far as we were told
    if (unwilling !== undefined && !resent) return unwilling;
    if (last !== undefined && !(last instanceof RpcFailure) && !resent) throw last;
    return pending;
  }

  /**
   * The answer to a copy may be about the copy: the first one's receipt is what counts. A node that follows may have sent
   * the same bytes twice too, and then says `duplicate-command`.
   */
  async #settle(signed: SignedEntry, receipt: Receipt, resent: boolean): Promise<Receipt> {
    const isCopy = receipt.code === duplicate || (resent && copyCodes.has(receipt.code ?? 0));
    if (!isCopy) return receipt;
    const first = await this.rpc.call('receipt', { ...this.#chain, hash: signed.hash });
    return first.status === 'committed' && !copyCodes.has(first.code ?? 0) ? first : receipt;
  }

  /** Signs with the account's next nonce and waits; should another client take that nonce meanwhile, takes a new one. */
  async execute(
    key: WalletKey,
    operations: readonly Operation[],
    options: CommandOptions & SendOptions = {},
  ): Promise<Receipt> {
    for (let attempt = 1; ; attempt++) {
      const nonce = await this.nextNonce(key.account);
      const receipt = await this.submitAndWait(await this.sign(key, operations, nonce, options), options);
      if (receipt.code !== nonceUsed || attempt === maxNonceAttempts) return receipt;
    }
  }

  /** One above the highest that the answering node has executed. */
  async nextNonce(account: Hash): Promise<number> {
    return ((await this.account(account))?.highestNonce ?? 0) + 1;
  }

  /** Commits, blocks or events of the chain, as they come; see subscription.ts. */
  subscribe<T extends Topic>(topic: T, options: SubscribeOptions = {}): AsyncGenerator<Notification<T>, never, void> {
    const source = { endpoints: this.rpc.endpoints, platform: this.#platform, ...this.#chain };
    return subscribe(source, topic, options);
  }

  /** An unproved read. */
  async account(account: Hash, options: ReadOptions = {}): Promise<Account | undefined> {
    const { value } = await this.query('account', hashToBytes(account), { ...options, prove: false });
    return value === null ? undefined : decodeAccount(fromHex(value) ?? new Uint8Array(0));
  }

  /** An unproved read of what an account put under a key. */
  async get(account: Hash, key: Bytes, options: ReadOptions = {}): Promise<Bytes | undefined> {
    const { value } = await this.query('value', concatBytes([hashToBytes(account), key]), { ...options, prove: false });
    return value === null ? undefined : unwrapValue(fromHex(value) ?? new Uint8Array(0));
  }

  /** A read that needs no trust in who answers. */
  async getVerified(account: Hash, key: Bytes, options: ReadOptions = {}): Promise<Result<VerifiedState, LightFault>> {
    if (this.#light === undefined) throw new PskyError('bad-configuration', 'A verified read needs the genesis.');
    const answer = await this.query('value', concatBytes([hashToBytes(account), key]), { ...options, prove: true });
    return this.#light.verifyValue(answer, account, key, options.minHeight);
  }

  /** The ledger's full receipt: failures inside a bundle, events. */
  async ledgerReceipt(hash: Hash): Promise<LedgerReceipt | undefined> {
    const { value } = await this.query('receipt', hashToBytes(hash), { prove: false });
    return value === null ? undefined : decodeReceipt(fromHex(value) ?? new Uint8Array(0));
  }

  query(path: string, argument: Bytes, options: ReadOptions & { readonly prove: boolean }): Promise<QueryResult> {
    const { minHeight, timeoutMs } = options;
    return this.rpc.call('query', {
      ...this.#chain,
      path,
      argument: toHex(argument),
      prove: options.prove,
      ...(minHeight === undefined ? {} : { minHeight }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }
}

const nonceUsed = errorRow('nonce-used').code;
const duplicate = errorRow('duplicate-command').code;
const copyCodes = new Set([nonceUsed, duplicate, errorRow('expired').code]);

/** What a validator says of itself at this moment; it, or another one, takes the command soon. */
const busySlugs: ReadonlySet<string> = new Set([
  'not-ready',
  'overloaded',
  'too-many-waiting',
  'account-busy',
  'node-not-ready',
  'gateway-busy',
  'no-validator',
]);
/** What a validator says of itself until someone mends it. */
const closedSlugs: ReadonlySet<string> = new Set(['fenced', 'chain-stopped', 'low-disk']);

/** Errors that no other validator would spare us. */
const finalSlugs = new Set(['bad-request', 'unknown-method', 'not-authorized', 'too-large', 'unknown-chain']);
const isFinal = (failure: RpcFailure): boolean => finalSlugs.has(failure.slug ?? '');
