// Ports of a devnet's members: the standard ones, ten apart, as far as they are free, else free ones.

import { createServer } from 'node:net';
import { PskyError } from '../../lib/errors.ts';
import { type Ports, standardPorts } from '../home/config.ts';
import type { Call } from '../verb.ts';

export const portsOption = {
  flags: '--ports <mode>',
  about: 'standard takes 27650 … and others when those are taken, auto takes free ones',
  choices: ['standard', 'auto'],
  initial: 'standard',
};

export function portsMode(call: Call): 'standard' | 'auto' {
  return call.text('ports') === 'auto' ? 'auto' : 'standard';
}

/** @param count members; @param mode `standard` prefers 27650 …, `auto` takes free ones */
export async function choosePorts(count: number, mode: 'standard' | 'auto'): Promise<Ports[]> {
  const chosen: Ports[] = [];
  const taken = new Set<number>();
  const choose = async (wanted: number): Promise<number> => {
    const port = mode === 'standard' && (await isFree(wanted)) ? wanted : await freePort(taken);
    taken.add(port);
    return port;
  };
  for (let i = 0; i < count; i++) {
    chosen.push({
      peer: await choose(standardPorts.peer + 10 * i),
      rpc: await choose(standardPorts.rpc + 10 * i),
      metrics: await choose(standardPorts.metrics + 10 * i),
    });
  }
  return chosen;
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Below the range that the system gives to outgoing connections, so that none of those takes it before we listen. */
async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new PskyError('address-in-use', 'No free port was found among 200 between 20000 and 32000.');
}
