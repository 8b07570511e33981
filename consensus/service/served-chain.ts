// A chain as the gateway's handlers know it, and how they ask its actors: every question has a deadline, and an answer
// leaves only when all that it rests on is durable (system.ask passes the outbound gate).

import type { ActorSystem, Address, AskFault, Clock, Message } from '../../actors/index.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { type ErrorName, errorRowOfCode } from '../../lib/errors.ts';
import type { Hash } from '../../lib/hash.ts';
import { ok, type Result, refused } from '../../lib/result.ts';
import { milliseconds } from '../../lib/units.ts';
import type { GatewayFault } from '../../net/index.ts';
import type { Archive } from '../archive.ts';
import type { ChainAddresses, ChainStatus, Refusal } from '../chain-messages.ts';
import { askTimeoutMs } from '../limits.ts';
import type { Readiness } from '../readiness.ts';

/** What a receipt of the ledger says of a command. */
export interface KnownReceipt {
  readonly hash: Hash;
  readonly height: number;
  readonly index: number;
  readonly code: number;
  readonly events: readonly { readonly topic: string; readonly data: Bytes }[];
}

/** How to read what a ledger answers to `receipt` (of a hash) and `receipts` (of a height, from an index on). */
export interface ReceiptCodec {
  decode(encoded: Bytes): KnownReceipt | undefined;
  decodeMany(encoded: Bytes): readonly KnownReceipt[] | undefined;
}

export interface ServedChain {
  readonly name: string;
  readonly application: string;
  readonly chain: Hash;
  readonly epoch: number;
  readonly addresses: ChainAddresses;
  /** undefined until the chain has opened */
  readonly archive: () => Archive | undefined;
  /** it was started, and its supervisor has stopped it for good: after two failures within five minutes */
  readonly stopped: () => boolean;
  /** the hash by which clients know an entry */
  readonly hashOf: (entry: Bytes) => Hash;
  /** of a ledger that keeps receipts */
  readonly receipts: ReceiptCodec | undefined;
  readonly readiness: Pick<Readiness, 'ready' | 'onReady'>;
}

export interface ServiceValidator {
  readonly name: string;
  readonly nodeId: string;
  readonly signingKey: Bytes;
}

export interface ServiceOptions {
  readonly system: ActorSystem;
  readonly clock: Clock;
  readonly chains: readonly ServedChain[];
  /** in committee order */
  readonly validators: readonly ServiceValidator[];
  readonly nodeId: string;
  readonly nodeName: string;
  readonly version: string;
  readonly role: 'validator' | 'follower';
}

export type Answer<T> = (outcome: Result<T, GatewayFault>) => void;

/** By name or id; the first chain where none is named. */
export function chainOf({ chains }: ServiceOptions, named: string | undefined): Result<ServedChain, GatewayFault> {
  const found =
    named === undefined || named === ''
      ? chains[0]
      : chains.find(({ name, chain }) => name === named || chain === named);
  return found === undefined ? refused({ name: 'unknown-chain', detail: `${named}` }) : ok(found);
}

/** `timeout` alone leaves open whether the question arrived. */
const faultOfSilence: Readonly<Record<AskFault, ErrorName>> = {
  timeout: 'deadline-passed',
  halted: 'node-not-ready',
  'no-such-actor': 'node-not-ready',
  'mailbox-full': 'gateway-busy',
  'too-many-asks': 'gateway-busy',
};

/** @param want the type of the answer; a `refusal` becomes its error, silence `deadline-passed` */
export function ask<T extends Message>(
  { system }: ServiceOptions,
  to: Address,
  message: Message,
  { want, timeoutMs = askTimeoutMs }: { readonly want: T['type']; readonly timeoutMs?: number },
  done: Answer<T>,
): void {
  system.ask(to, message, milliseconds(timeoutMs), (outcome) => {
    if (!outcome.ok) done(refused({ name: faultOfSilence[outcome.error], detail: outcome.error }));
    else if (outcome.value.type === want) done(ok(outcome.value as T));
    else done(refused(faultOf((outcome.value as Refusal).code)));
  });
}

export function faultOf(code: number | undefined): GatewayFault {
  return { name: (errorRowOfCode(code ?? 0)?.name ?? 'query-failed') as ErrorName };
}

export function askStatus(options: ServiceOptions, chain: ServedChain, done: Answer<ChainStatus>): void {
  ask<ChainStatus>(options, chain.addresses.engine, { type: 'status' }, { want: 'status' }, done);
}

/** Runs `each` for every item and answers with all results in order. */
export function collect<T, R>(
  items: readonly T[],
  each: (item: T, done: (result: R) => void) => void,
  done: (results: readonly R[]) => void,
): void {
  const results: R[] = [];
  let waiting = items.length;
  if (waiting === 0) done(results);
  items.forEach((item, i) => {
    each(item, (result) => {
      results[i] = result;
      waiting -= 1;
      if (waiting === 0) done(results);
    });
  });
}
