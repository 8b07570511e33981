// The sdk's client for a home: the members that live as endpoints, the home's genesis as the only thing that is trusted.

import { PskyError } from '../lib/errors.ts';
import { sodiumSuite } from '../lib/suites/sodium.ts';
import { nodePlatform } from '../sdk/drivers/node-platform.ts';
import { Client, lightClient } from '../sdk/index.ts';
import { loadGenesis } from './home/home.ts';
import { liveMembers } from './running.ts';
import type { Call } from './verb.ts';

export const chainOption = { flags: '--chain <chain>', about: 'a chain of the network; the first where absent' };

export function clientOf(call: Call): Client {
  const network = loadGenesis(call.home());
  const chainName = call.text('chain') ?? network.chains[0]?.name ?? '';
  if (!network.chains.some((each) => each.name === chainName)) throw new PskyError('unknown-chain', `${chainName}.`);
  const endpoints = liveMembers(call.members()).map((info) => info.rpc);
  const light = lightClient({ network, chainName, suite: sodiumSuite });
  return new Client({ endpoints, platform: nodePlatform, chain: chainName, light });
}
