// Every method of the public interface, declared once: what it takes and gives, what right it needs, and the REST route
// that offers it. JSON-RPC, the routes, the OpenAPI file and docs/api.md all follow from this table.

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { type ErrorName, errorRowOfCode } from '../../lib/errors.ts';
import type { Action } from './authorize.ts';
import {
  block,
  blocks,
  chain,
  checkpoint,
  closed,
  entry,
  evidence,
  flag,
  hash,
  height,
  queryArgument,
  queryPath,
  queryResult,
  type Receipt,
  receipt,
  status,
  timeoutMs,
  traceparent,
  validators,
} from './schemas.ts';

export interface MethodDeclaration<P extends TSchema, R extends TSchema> {
  readonly action: Action;
  readonly summary: string;
  /** more than the summary, for those who implement a client */
  readonly description: string;
  /** an object; REST takes its fields from the path, the query (GET) or the body (POST) */
  readonly params: P;
  readonly result: R;
  readonly rest: RestDeclaration<Static<R>>;
  /** what may go wrong beside what may go wrong with any request */
  readonly errors: readonly ErrorName[];
}

interface RestDeclaration<R> {
  readonly verb: 'GET' | 'POST';
  /** as OpenAPI writes it: `/v1/blocks/{height}` */
  readonly path: string;
  /** status → when it is answered; the first is the usual one */
  readonly answers: Readonly<Record<number, string>>;
  /** a status of `answers`, or the error that this result is over HTTP; where absent, always the usual one */
  judge?(result: R): number | ErrorName;
}

const method = <P extends TSchema, R extends TSchema>(declared: MethodDeclaration<P, R>) => declared;

const judgeReceipt =
  (final: number) =>
  (given: Receipt): number | ErrorName => {
    if (given.status === 'refused') return (errorRowOfCode(given.code ?? 0)?.name ?? 'internal-error') as ErrorName;
    if (given.status === 'unknown') return 'not-found';
    return given.status === 'committed' ? final : 202;
  };

const refusals: readonly ErrorName[] = [
  'malformed-entries',
  'malformed-command',
  'wrong-chain',
  'bad-signature',
  'unsafe-key',
  'unknown-account',
  'wrong-key',
  'nonce-used',
  'nonce-too-old',
  'nonce-too-far',
  'expired',
  'expiry-too-far',
  'duplicate-command',
  'not-ready',
  'fenced',
  'overloaded',
  'account-busy',
  'chain-stopped',
  'low-disk',
];

export const rpcMethods = {
  submit: method({
    action: 'submit',
    summary: 'Submit a command and hear that it is accepted.',
    description:
      'Answers when this node, or at a follower the validator that it passed the command on to, has synced it, so that it is ordered or refused with a receipt before it expires, or when it refuses it. Sending the same bytes again, here or to another validator, is harmless.',
    params: Type.Object({ chain, entry, traceparent }, { ...closed, title: 'Submission' }),
    result: receipt,
    rest: {
      verb: 'POST',
      path: '/v1/commands',
      answers: { 202: 'Accepted, and not final.' },
      judge: judgeReceipt(202),
    },
    errors: refusals,
  }),
  submitAndWait: method({
    action: 'submit',
    summary: 'Submit a command and wait until it is final.',
    description:
      'Answers when this node can read what the command did, or with `pending` after `timeoutMs`. A command that was ordered is `committed` whatever came of it: look at `code`.',
    params: Type.Object(
      { chain, entry, timeoutMs: timeoutMs('How long to wait; 10 s where absent.'), traceparent },
      { ...closed, title: 'SubmissionToWaitFor' },
    ),
    result: receipt,
    rest: {
      verb: 'POST',
      path: '/v1/commands/wait',
      answers: { 200: 'Final.', 202: 'Still pending: ask for its receipt, or send the same bytes again.' },
      judge: judgeReceipt(200),
    },
    errors: refusals,
  }),
  receipt: method({
    action: 'read',
    summary: 'What became of a command.',
    description: 'Over JSON-RPC a command that this node does not know has the status `unknown`; over REST it is 404.',
    params: Type.Object({ chain, hash: hash('Of the command, as its receipt names it.') }, closed),
    result: receipt,
    rest: { verb: 'GET', path: '/v1/receipts/{hash}', answers: { 200: 'Final.' }, judge: judgeReceipt(200) },
    errors: ['not-found'],
  }),
  query: method({
    action: 'read',
    summary: 'Ask the ledger, with or without a proof.',
    description:
      'With `prove` the answer waits for a committed header that covers the commit height of this node at arrival (or `minHeight`, where that is higher), and carries what a light client verifies. docs/ledger.md says how values are encoded.',
    params: Type.Object(
      {
        chain,
        path: queryPath,
        argument: queryArgument,
        prove: Type.Optional(flag('Whether to prove the answer.')),
        minHeight: Type.Optional(height('The state that answers must be at least this new.')),
        timeoutMs: timeoutMs('How long to wait for that state, or for the proof; 10 s where absent.'),
      },
      closed,
    ),
    result: queryResult,
    rest: { verb: 'GET', path: '/v1/query/{path}', answers: { 200: 'The answer.' } },
    errors: ['unknown-path', 'bad-argument', 'no-proof', 'not-covered-in-time', 'too-many-waiting', 'query-failed'],
  }),
  block: method({
    action: 'read',
    summary: 'A committed block.',
    description:
      'Of a height that this node has executed. The encoded header is what a light client verifies against a certificate.',
    params: Type.Object({ chain, height: height('Of the block; the first one has 1.') }, closed),
    result: block,
    rest: { verb: 'GET', path: '/v1/blocks/{height}', answers: { 200: 'The block.' } },
    errors: ['not-found'],
  }),
  blocks: method({
    action: 'read',
    summary: 'Committed blocks from a height on.',
    description: 'Fewer than asked for where this node has not executed more yet, or does not keep them.',
    params: Type.Object(
      {
        chain,
        from: height('The lowest height.'),
        limit: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 100, description: 'How many at most; 20 where absent.', examples: [10] }),
        ),
      },
      closed,
    ),
    result: blocks,
    rest: { verb: 'GET', path: '/v1/blocks', answers: { 200: 'The blocks.' } },
    errors: [],
  }),
  validators: method({
    action: 'read',
    summary: 'The validators of a chain.',
    description: 'Their keys are what certificates are verified with; a light client takes them from the network file.',
    params: Type.Object({ chain }, closed),
    result: validators,
    rest: { verb: 'GET', path: '/v1/validators', answers: { 200: 'The validators.' } },
    errors: [],
  }),
  status: method({
    action: 'read',
    summary: 'How this node and its chains do.',
    description: 'Of all chains where `chain` is absent. A halted or slow chain explains itself in one sentence.',
    params: Type.Object({ chain }, closed),
    result: status,
    rest: { verb: 'GET', path: '/v1/status', answers: { 200: 'The status.' } },
    errors: [],
  }),
  checkpoint: method({
    action: 'read',
    summary: 'The newest checkpoint certificate.',
    description: 'A quorum of validators signed the state at its height; its certificate is null before the first one.',
    params: Type.Object({ chain }, closed),
    result: checkpoint,
    rest: { verb: 'GET', path: '/v1/checkpoint', answers: { 200: 'The checkpoint.' } },
    errors: [],
  }),
  evidence: method({
    action: 'read',
    summary: 'What this node can prove against validators.',
    description: 'Each piece holds the signed objects themselves, so that anybody can check it.',
    params: Type.Object({ chain }, closed),
    result: evidence,
    rest: { verb: 'GET', path: '/v1/evidence', answers: { 200: 'The evidence, which may be none.' } },
    errors: [],
  }),
} as const;

export type RpcMethod = keyof typeof rpcMethods;
export type RpcParams<M extends RpcMethod> = Static<(typeof rpcMethods)[M]['params']>;
export type RpcResult<M extends RpcMethod> = Static<(typeof rpcMethods)[M]['result']>;
