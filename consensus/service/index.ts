// How clients of the gateway reach the chains of a node.

import type { Gateway } from '../../net/index.ts';
import { registerCommands } from './commands.ts';
import { registerHealth } from './health.ts';
import { registerReads } from './reads.ts';
import type { ServiceOptions } from './served-chain.ts';
import { streamHandler } from './stream.ts';
import { registerTopics } from './topics.ts';

export type { KnownReceipt, ReceiptCodec, ServedChain, ServiceOptions, ServiceValidator } from './served-chain.ts';

export interface ChainService {
  /** calls `done` once: every chain has a quorum of linked validators and has caught up */
  whenReady(done: () => void): void;
}

export function registerChainService(gateway: Gateway, options: ServiceOptions): ChainService {
  registerCommands(gateway, options);
  registerReads(gateway, options);
  registerHealth(gateway, options);
  registerTopics(gateway, options);
  gateway.registerStream(streamHandler(options));
  return { whenReady: (done) => whenAllReady(options, done) };
}

function whenAllReady({ chains }: ServiceOptions, done: () => void): void {
  let told = false;
  const look = (): void => {
    if (told || !chains.every(({ readiness }) => readiness.ready)) return;
    told = true;
    done();
  };
  for (const { readiness } of chains) readiness.onReady(look);
  look();
}
