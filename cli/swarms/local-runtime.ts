// The runtime `local`: every role's agent in this process, on one store in the home. What leaves an agent is signed and
// sealed as it would be between machines.

import { join } from 'node:path';
import { type ErrorName, PskyError } from '../../lib/errors.ts';
import { createSwarmNode, type HostedAgent, type SwarmNode } from '../../swarm-node.ts';
import { type AgentHost, agentOf, type HopEntry, Interceptors, type Outcome } from '../../swarms/run/index.ts';
import { settleMs } from '../limits.ts';
import { agentSeed } from './agent-seeds.ts';
import type { RunFolder } from './run-folder.ts';
import { type SwarmMachine, suites, swarmMachine } from './swarm-machine.ts';

export interface Runtime {
  readonly node: SwarmNode;
  /** role → agent */
  readonly bind: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export const localAgent = (role: string): string => `local/agent/${role}`;

export interface RuntimeOptions {
  /** `swarms` in the home */
  readonly folder: string;
  readonly what: RunFolder;
  readonly onHop: (instance: string, hop: HopEntry) => void;
  readonly onFatal: (reason: string) => void;
}

export async function openLocalRuntime({ folder, what, onHop, onFatal }: RuntimeOptions): Promise<Runtime> {
  const roles = Object.keys(what.program.description.roles);
  const programs = [{ program: what.program, implementations: what.implementations }];
  const interceptors = new Interceptors(what.intercept);
  const agents: HostedAgent[] = [];
  for (const role of roles)
    agents.push({ ...(await agentOf(localAgent(role), agentSeed(folder, role), suites)), programs, interceptors });
  const machine = swarmMachine(join(folder, 'swarms.log'), onFatal);
  const node = createSwarmNode({ dataDirectory: join(folder, 'local'), agents, onHop }, machine.ports);
  await started(node, machine);
  return {
    node,
    bind: Object.fromEntries(roles.map((role) => [role, localAgent(role)])),
    close: () => closed(node, machine),
  };
}

export function started(node: SwarmNode, machine: SwarmMachine): Promise<void> {
  return new Promise((resolve, reject) =>
    node.start((fault) => {
      if (fault === undefined) return resolve();
      machine.close();
      reject(new PskyError(fault.code as ErrorName, fault.message));
    }),
  );
}

export function closed(node: SwarmNode, machine: SwarmMachine): Promise<void> {
  return new Promise((resolve) =>
    node.close(() => {
      machine.close();
      resolve();
    }),
  );
}

/** The outcome of an instance, when those who are to know it do. */
export async function settledOutcome(host: AgentHost, id: string): Promise<Outcome> {
  const settled = host.settled(id);
  const outcome = await host.outcome(id);
  await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, settleMs))]);
  return outcome;
}
