// What became of accepted entries whose notices never came: asked of every validator, by the hash of the entry where
// nodes keep receipts, else by the batch in which it was accepted (lane, seq, digest), which committed blocks name.

import type { ChainStatus, Receipt } from '../../net/gateway/protocol.ts';
import { nodePlatform } from '../../sdk/drivers/node-platform.ts';
import { RpcClient } from '../../sdk/index.ts';
import type { Flight, FlightEvents } from './flight.ts';
import { blocksPerCall, callsAtOnce, callTimeoutMs, receiptsPerRound } from './limits.ts';
import type { Workload } from './workload.ts';

/** @param base http://host:port */
const rpcAt = (base: string): RpcClient =>
  new RpcClient({ endpoints: [base], platform: nodePlatform, timeoutMs: callTimeoutMs });

/** @returns of the chain, as a validator sees it; undefined where it does not answer or does not run the chain */
export async function chainStateAt(base: string, chain: string): Promise<ChainStatus['state'] | undefined> {
  const status = await rpcAt(base)
    .call('status', { chain })
    .catch(() => undefined);
  return status?.chains.find((each) => each.chain === chain)?.state;
}

export interface LookupOptions {
  readonly bases: readonly string[];
  readonly chain: string;
  readonly workload: Workload;
  /** committed height before the run's first frame */
  readonly fromHeight: number;
}

/** Tells `events` what it finds; entries that no reachable validator knows stay open. */
export async function lookUp(flights: readonly Flight[], options: LookupOptions, events: FlightEvents): Promise<void> {
  if (flights.length === 0) return;
  if (options.workload.hashOf(0) !== undefined) await byHash(flights, options, events);
  else await byBatch(flights, options, events);
}

async function byHash(flights: readonly Flight[], options: LookupOptions, events: FlightEvents): Promise<void> {
  const open: { flight: Flight; index: number }[] = [];
  for (const flight of flights) {
    for (let index = 0; index < flight.count; index++) if (flight.isOpen(index)) open.push({ flight, index });
  }
  const queue = open.slice(0, receiptsPerRound);
  const worker = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { flight, index } = next;
      const receipt = await receiptOf(options.workload.hashOf(flight.firstEntry + index) as string, options);
      if (receipt?.status === 'committed' && receipt.code === 0) flight.commitFound(index, events);
      else if (receipt?.status === 'committed' || receipt?.status === 'refused') {
        flight.refuse(index, receipt.code ?? 0, events);
      }
    }
  };
  await Promise.all(Array.from({ length: callsAtOnce }, worker));
}

async function receiptOf(hash: string, options: LookupOptions): Promise<Receipt | undefined> {
  for (const base of options.bases) {
    const receipt = await rpcAt(base)
      .call('receipt', { chain: options.chain, hash })
      .catch(() => undefined);
    if (receipt?.status === 'committed' || receipt?.status === 'refused') return receipt;
  }
  return undefined;
}

async function byBatch(flights: readonly Flight[], options: LookupOptions, events: FlightEvents): Promise<void> {
  for (const base of options.bases) {
    const wanted = new Map<string, Flight[]>();
    for (const flight of flights) {
      if (flight.open === 0 || flight.place === null) continue;
      const key = batchKey(flight.place);
      wanted.set(key, [...(wanted.get(key) ?? []), flight]);
    }
    if (wanted.size === 0) return;
    await scanBlocks(base, options, (key) => {
      for (const flight of wanted.get(key) ?? []) {
        for (let index = 0; index < flight.count; index++) {
          if (flight.isOpen(index)) flight.commitFound(index, events);
        }
      }
    }).catch(() => undefined);
  }
}

async function scanBlocks(base: string, options: LookupOptions, found: (key: string) => void): Promise<void> {
  for (let from = options.fromHeight + 1; ; ) {
    const { blocks } = await rpcAt(base).call('blocks', { chain: options.chain, from, limit: blocksPerCall });
    for (const block of blocks) for (const batch of block.batches) found(batchKey(batch));
    const last = blocks.at(-1);
    if (last === undefined || blocks.length < blocksPerCall) return;
    from = last.height + 1;
  }
}

const batchKey = (batch: { readonly lane: number; readonly seq: number; readonly digest: string }): string =>
  `${batch.lane}/${batch.seq}/${batch.digest}`;
