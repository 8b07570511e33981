// How clients of the gateway reach the chains of a node.

import type { Gateway } from '../../net/index.ts';
import { explain } from '../explain.ts';
import { readyLagMs } from '../limits.ts';
import { registerCommands } from './commands.ts';
import { registerReads } from './reads.ts';
import { askStatus, type ServedChain, type ServiceOptions } from './served-chain.ts';
import { streamHandler } from './stream.ts';
import { registerTopics } from './topics.ts';

export type { KnownReceipt, ServedChain, ServiceOptions, ServiceValidator } from './served-chain.ts';

export interface ChainService {
  /** calls `done` once: every chain has a quorum of linked validators and has caught up */
  whenReady(done: () => void): void;
}

export function registerChainService(gateway: Gateway, options: ServiceOptions): ChainService {
  registerCommands(gateway, options);
  registerReads(gateway, options);
  registerTopics(gateway, options);
  gateway.registerStream(streamHandler(options));
  const health = new Map<string, string>(options.chains.map(({ name }) => [name, 'starting']));
  for (const chain of options.chains) {
    gateway.registerReadyCheck({
      name: `chain ${chain.name}`,
      check: () => ({ ok: health.get(chain.name) === 'ok', detail: health.get(chain.name) ?? 'starting' }),
    });
  }
  const waiting: (() => void)[] = [];
  // health is read off now and then, so that a probe costs nothing and never waits
  const look = (): void => {
    for (const chain of options.chains) lookAt(options, chain, health);
    if ([...health.values()].every((each) => each === 'ok')) for (const done of waiting.splice(0)) done();
    options.clock.after(readyLagMs, look);
  };
  look();
  return { whenReady: (done) => void waiting.push(done) };
}

function lookAt(options: ServiceOptions, chain: ServedChain, health: Map<string, string>): void {
  askStatus(options, chain, (status) => {
    if (!status.ok) {
      health.set(chain.name, `does not answer: ${status.error.detail ?? status.error.name}`);
      return;
    }
    const { state, sentence } = explain(
      status.value,
      options.validators.map(({ name }) => name),
      options.clock.wallMs(),
    );
    const life = status.value.life;
    const caughtUp = life === 'leading' || life === 'following' || life === 'abandoning';
    if ((state === 'ok' || state === 'idle') && caughtUp) health.set(chain.name, 'ok');
    else health.set(chain.name, caughtUp ? sentence : `${life}: ${sentence}`);
  });
}
