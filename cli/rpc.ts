// The least a verb needs of a node's public interface: one JSON-RPC call with a deadline. Commands and proofs go through
// the sdk's client instead.

import { PskyError } from '../lib/errors.ts';
import { type RpcMethod, type RpcParams, type RpcResult, rpcPath } from '../net/gateway/protocol.ts';

/** @throws PskyError `node-unreachable` when the node does not answer in time, or with something else than a result */
export async function callNode<M extends RpcMethod>(
  rpc: string,
  method: M,
  params: RpcParams<M>,
  timeoutMs: number,
): Promise<RpcResult<M>> {
  let answer: { result?: RpcResult<M>; error?: { message: string } };
  try {
    const response = await fetch(`${rpc}${rpcPath}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    answer = (await response.json()) as typeof answer;
  } catch (error) {
    throw new PskyError('node-unreachable', `${rpc}: ${(error as Error).message}.`);
  }
  if (answer.result === undefined)
    throw new PskyError('node-unreachable', `${rpc}: ${answer.error?.message ?? 'no result'}.`);
  return answer.result;
}
