// Reading over JSON-RPC: the ledger with and without proofs, blocks, validators, checkpoints, evidence, and how the chain is doing.

import { fromHex, toHex } from '../../lib/bytes.ts';
import { encode } from '../../lib/codec.ts';
import { isoTime } from '../../lib/iso-time.ts';
import { ok, refused } from '../../lib/result.ts';
import type { BlockAnswer, RpcParams, ChainStatus as StatusAnswer } from '../../net/gateway/protocol.ts';
import type { Gateway } from '../../net/index.ts';
import type { ArchivedBlock } from '../archive.ts';
import { headerShape } from '../certificate/shapes.ts';
import type { ChainStatus, CheckpointStatus, Queried, Query } from '../chain-messages.ts';
import { explain } from '../explain.ts';
import { defaultBlocksPerAnswer, outcomeTimeoutMs } from '../limits.ts';
import { ask, askStatus, chainOf, collect, faultOf, type ServedChain, type ServiceOptions } from './served-chain.ts';

export function registerReads(gateway: Gateway, options: ServiceOptions): void {
  gateway.registerMethod('query', (params, _context, answer) => {
    const chain = chainOf(options, params.chain);
    if (!chain.ok) return answer(chain);
    const query = queryOf(params);
    if (query === undefined) return answer(refused({ name: 'bad-request' }));
    ask<Queried>(
      options,
      chain.value.addresses.executor,
      query,
      { want: 'queried', timeoutMs: query.timeoutMs + 500 },
      (outcome) => {
        if (!outcome.ok) return answer(outcome);
        const { height, value, proof, code, cover } = outcome.value;
        if (code !== undefined) return answer(refused(faultOf(code)));
        answer(
          ok({
            chain: chain.value.chain,
            height,
            value: value === undefined ? null : toHex(value),
            proof: proof === undefined ? null : toHex(proof),
            header: cover === undefined ? null : toHex(encode(headerShape.write(cover.signed.header))),
            certificate: cover === undefined ? null : toHex(cover.certificate),
          }),
        );
      },
    );
  });

  gateway.registerMethod('block', (params, _context, answer) => {
    const chain = chainOf(options, params.chain);
    if (!chain.ok) return answer(chain);
    readBlock(chain.value, params.height, (block) =>
      answer(block === undefined ? refused({ name: 'not-found' }) : ok(block)),
    );
  });

  gateway.registerMethod('blocks', (params, _context, answer) => {
    const chain = chainOf(options, params.chain);
    if (!chain.ok) return answer(chain);
    const heights = Array.from({ length: params.limit ?? defaultBlocksPerAnswer }, (_, i) => params.from + i);
    collect<number, BlockAnswer | undefined>(
      heights,
      (height, done) => readBlock(chain.value, height, done),
      (blocks) => answer(ok({ blocks: blocks.filter((block) => block !== undefined) })),
    );
  });

  gateway.registerMethod('validators', (params, _context, answer) => {
    const chain = chainOf(options, params.chain);
    if (!chain.ok) return answer(chain);
    askStatus(options, chain.value, (status) => {
      if (!status.ok) return answer(status);
      const validators = options.validators.map(({ name, nodeId, signingKey }, index) => ({
        index,
        name,
        nodeId,
        signingKey: toHex(signingKey),
        connected: status.value.connected[index] === true,
      }));
      answer(ok({ chain: chain.value.chain, epoch: chain.value.epoch, quorum: status.value.quorum, validators }));
    });
  });

  gateway.registerMethod('evidence', (params, _context, answer) => {
    const chain = chainOf(options, params.chain);
    if (!chain.ok) return answer(chain);
    askStatus(options, chain.value, (status) => {
      if (!status.ok) return answer(status);
      const evidence = status.value.evidence.map(({ validator, wallMs, proof, kind, epoch, detail }) => ({
        ...{ kind, epoch, detail, since: isoTime(wallMs), proof: proof.map(toHex) },
        validator: options.validators[validator]?.name ?? `${validator}`,
      }));
      answer(ok({ chain: chain.value.chain, evidence }));
    });
  });

  gateway.registerMethod('checkpoint', (params, _context, answer) => {
    const chain = chainOf(options, params.chain);
    if (!chain.ok) return answer(chain);
    ask<CheckpointStatus>(
      options,
      chain.value.addresses.engine,
      { type: 'checkpoint' },
      { want: 'checkpoint' },
      (outcome) => {
        if (!outcome.ok) return answer(outcome);
        const { height, certificate } = outcome.value;
        answer(
          ok({ chain: chain.value.chain, height, certificate: certificate === undefined ? null : toHex(certificate) }),
        );
      },
    );
  });
}

function queryOf(params: RpcParams<'query'>): Query | undefined {
  const argument = fromHex(params.argument);
  if (argument === undefined) return undefined;
  return {
    type: 'query',
    request: { path: params.path, argument, prove: params.prove === true },
    minHeight: params.minHeight ?? 0,
    timeoutMs: params.timeoutMs ?? outcomeTimeoutMs,
  };
}

function readBlock(
  { archive, chain }: ServedChain,
  height: number,
  done: (block: BlockAnswer | undefined) => void,
): void {
  const blocks = archive();
  if (blocks === undefined) done(undefined);
  else blocks.block(height, (block) => done(block === undefined ? undefined : blockAnswer(chain, block)));
}

export function blockAnswer(chain: string, { height, signed, entries, batches }: ArchivedBlock): BlockAnswer {
  const { header } = signed;
  const { term } = header.order;
  const { timeMs, execHeight, stateRoot } = header.state;
  return {
    ...{ chain, height, id: header.id, term, timeMs, entries, execHeight, stateRoot },
    batches: batches.map(({ lane, seq, digest, count }) => ({ lane, seq, digest, count })),
    header: toHex(encode(headerShape.write(header))),
    certificate: null,
  };
}
