// Submitting over JSON-RPC: `accepted` when the entry is durable here, `committed` when it was executed, and what became
// of a command that is known by its hash.

import { fromBase64 } from '../../lib/base64.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { type Hash, hashToBytes } from '../../lib/hash.ts';
import { ok, refused } from '../../lib/result.ts';
import { packEntries, type RpcResult } from '../../net/gateway/protocol.ts';
import type { Gateway } from '../../net/index.ts';
import type { AwaitOutcome, Outcome, Place, Queried, Query, Submit, Submitted } from '../chain-messages.ts';
import { errorCode } from '../faults.ts';
import { outcomeTimeoutMs } from '../limits.ts';
import { type Answer, ask, chainOf, faultOf, type ServedChain, type ServiceOptions } from './served-chain.ts';

type Receipt = RpcResult<'submit'>;

export function registerCommands(gateway: Gateway, options: ServiceOptions): void {
  gateway.registerMethod('submit', (params, _context, answer) => {
    withEntry(options, params, answer, (chain, entry) =>
      submit(options, chain, entry, (receipt) => answer(ok(receipt))),
    );
  });
  gateway.registerMethod('submitAndWait', (params, _context, answer) => {
    const timeoutMs = params.timeoutMs ?? outcomeTimeoutMs;
    withEntry(options, params, answer, (chain, entry) => {
      submit(options, chain, entry, (receipt, place) => {
        if (place === undefined) answer(ok(receipt));
        else awaitOutcome(options, chain, { place, timeoutMs, accepted: receipt }, answer);
      });
    });
  });
  gateway.registerMethod('receipt', (params, _context, answer) => {
    const chain = chainOf(options, params.chain);
    if (!chain.ok) answer(chain);
    else findReceipt(options, chain.value, params.hash as Hash, answer);
  });
}

function withEntry(
  options: ServiceOptions,
  params: { readonly chain?: string; readonly entry: string },
  answer: Answer<Receipt>,
  run: (chain: ServedChain, entry: Bytes) => void,
): void {
  const chain = chainOf(options, params.chain);
  const entry = fromBase64(params.entry);
  if (!chain.ok) answer(chain);
  else if (entry === undefined || entry.length === 0) answer(refused({ name: 'malformed-entries' }));
  else run(chain.value, entry);
}

function submit(
  options: ServiceOptions,
  chain: ServedChain,
  entry: Bytes,
  done: (receipt: Receipt, place: Place | undefined) => void,
): void {
  const hash = chain.hashOf(entry);
  const message: Submit = { type: 'submit', count: 1, entries: packEntries([entry]) };
  ask<Submitted>(options, chain.addresses.admission, message, { want: 'submitted' }, (outcome) => {
    const blank = { hash, height: null, index: null };
    if (!outcome.ok) {
      // after a timeout it may still be ordered; in all other cases it was not taken
      const { name } = outcome.error;
      if (name === 'deadline-passed') done({ ...blank, status: 'pending', code: null }, undefined);
      else done({ ...blank, status: 'refused', code: errorCode(name) }, undefined);
      return;
    }
    const [refusal] = outcome.value.refused;
    const { place } = outcome.value;
    const by = acceptedBy(options, place);
    if (refusal === undefined) done({ ...blank, status: 'accepted', code: null, ...by }, place);
    else done({ ...blank, status: 'refused', code: refusal.code }, undefined);
  });
}

/** A follower says which validator has the command: until it is committed it is nowhere else. */
function acceptedBy({ role, validators }: ServiceOptions, place: Place | undefined): Pick<Receipt, 'acceptedBy'> {
  const validator = role === 'follower' && place !== undefined ? validators[place.lane] : undefined;
  return validator === undefined ? {} : { acceptedBy: validator.name };
}

interface Awaited {
  readonly place: Place;
  readonly timeoutMs: number;
  readonly accepted: Receipt;
}

function awaitOutcome(
  options: ServiceOptions,
  { addresses }: ServedChain,
  { place, timeoutMs, accepted }: Awaited,
  answer: Answer<Receipt>,
): void {
  const message: AwaitOutcome = { type: 'await-outcome', place };
  ask<Outcome>(options, addresses.executor, message, { want: 'outcome', timeoutMs }, (outcome) => {
    if (!outcome.ok) return answer(ok({ ...accepted, status: 'pending' }));
    const { height, index, code } = outcome.value;
    answer(ok({ ...accepted, status: 'committed', height, index, code }));
  });
}

function findReceipt(options: ServiceOptions, chain: ServedChain, hash: Hash, answer: Answer<Receipt>): void {
  const unknown: Receipt = { hash, status: 'unknown', height: null, index: null, code: null };
  const { receipts } = chain;
  if (receipts === undefined) {
    answer(ok(unknown));
    return;
  }
  const query: Query = {
    type: 'query',
    request: { path: 'receipt', argument: hashToBytes(hash), prove: false },
    minHeight: 0,
    timeoutMs: outcomeTimeoutMs,
  };
  ask<Queried>(options, chain.addresses.executor, query, { want: 'queried' }, (outcome) => {
    if (!outcome.ok) {
      answer(outcome);
      return;
    }
    const { value, code } = outcome.value;
    const known = value === undefined ? undefined : receipts.decode(value);
    if (code !== undefined) answer(refused(faultOf(code)));
    else if (known === undefined) answer(ok(unknown));
    else answer(ok({ hash, status: 'committed', height: known.height, index: known.index, code: known.code }));
  });
}
