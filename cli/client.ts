// The sdk's client for a home: the members that live as endpoints, the home's genesis as the only thing that is trusted.

import type { NetworkGenesis } from '../consensus/genesis/index.ts';
import { PskyError } from '../lib/errors.ts';
import { sodiumSuite } from '../lib/suites/sodium.ts';
import { nodePlatform } from '../sdk/drivers/node-platform.ts';
import { Client, lightClient } from '../sdk/index.ts';
import { loadGenesis } from './home/home.ts';
import { liveMembers } from './running.ts';
import type { Call } from './verb.ts';

export const chainOption = { flags: '--chain <chain>', about: 'a chain of the network; the first where absent' };

/** The name of the chain that --chain means. @throws PskyError `unknown-chain` */
export function chainNamed(call: Call, { chains }: NetworkGenesis): string {
  const name = call.text('chain') ?? chains[0]?.name ?? '';
  if (!chains.some((each) => each.name === name)) throw new PskyError('unknown-chain', `${name}.`);
  return name;
}

export function clientOf(call: Call): Client {
  const network = loadGenesis(call.home());
  const chainName = chainNamed(call, network);
  const endpoints = liveMembers(call.members()).map(({ info }) => info.rpc);
  const light = lightClient({ network, chainName, suite: sodiumSuite });
  return new Client({ endpoints, platform: nodePlatform, chain: chainName, light });
}
