// How the members of a cluster are called: agents by their role, nodes by a key of their own.

import { type Bytes, fromUtf8 } from '../../lib/bytes.ts';
import { sha256 } from '../../lib/hash.ts';
import type { KeyPair } from '../../lib/suites/suite.ts';
import { suites } from './swarm-machine.ts';

export const clusterAgent = (role: string): string => `cluster/agent/${role}`;

/** @param seed of the agent */
export const nodeKeyOf = (seed: Bytes): KeyPair => suites.suite.keyPairOf(sha256(fromUtf8('psky agent node'), seed));
