// The runtime `cluster`: each role's agent in a process of its own, with a store of its own, linked over loopback by the
// links of nodes. This process starts them, tells each the ports of all, and asks the starter's agent to begin. A process
// that dies is started again on its store.

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toHex } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import type { NodeId } from '../../net/ports.ts';
import { agentOf, type HopEntry, type Outcome } from '../../swarms/run/index.ts';
import { clusterRestartMs, clusterStartMs } from '../limits.ts';
import { agentSeed } from './agent-seeds.ts';
import type { ClusterAgent, FromMember, MemberSetup, ToMember } from './cluster-messages.ts';
import { clusterAgent, nodeKeyOf } from './cluster-names.ts';
import type { RunFolder } from './run-folder.ts';
import { suites } from './swarm-machine.ts';

export interface ClusterOptions {
  /** `swarms` in the home */
  readonly folder: string;
  /** what to run, as it was named */
  readonly path: string;
  readonly what: RunFolder;
  readonly onHop: (hop: HopEntry) => void;
}

export interface Cluster {
  begin(input: unknown, instance: string | undefined): Promise<Outcome>;
  /** The members go on with what they have stored. @param cancel why the instance is to be cancelled */
  goOn(instance: string, cancel: string | undefined): Promise<Outcome>;
  close(): Promise<void>;
}

const memberFile = fileURLToPath(new URL('./cluster-member.js', import.meta.url));

export async function openCluster({ folder, path, what, onHop }: ClusterOptions): Promise<Cluster> {
  const roles = Object.keys(what.program.description.roles);
  const agents: ClusterAgent[] = [];
  for (const role of roles) {
    const seed = agentSeed(folder, role);
    const { card } = await agentOf(clusterAgent(role), seed, suites);
    agents.push({ role, card, nodeId: toHex(nodeKeyOf(seed).publicKey) as NodeId });
  }
  let closing = false;
  let told: ((outcome: FromMember & { type: 'outcome' | 'failed' }) => void) | undefined;
  let wanted: Extract<ToMember, { type: 'begin' | 'go-on' }> | undefined;
  const members = new Map<string, ChildProcess>();
  let ports: Readonly<Record<string, number>> = {};

  const start = (role: string, port: number): Promise<number> => {
    const setup: MemberSetup = {
      ...{ folder: join(folder, 'cluster', role), path, role, agents, port },
      seed: agentSeed(folder, role),
    };
    return new Promise((resolve, reject) => {
      // the words are for whoever looks at the list of processes
      const child = fork(memberFile, [role, setup.folder], {
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      members.set(role, child);
      const late = setTimeout(() => reject(new PskyError('start-failed', `The agent of '${role}'.`)), clusterStartMs);
      child.on('message', (message: FromMember) => {
        if (message.type === 'listening') {
          clearTimeout(late);
          resolve(message.port);
        } else if (message.type === 'hop') onHop(message.hop);
        else told?.(message);
      });
      child.on('exit', () => {
        clearTimeout(late);
        reject(new PskyError('start-failed', `The agent of '${role}' ended; see ${setup.folder}/swarms.log.`));
        if (!closing && ports[role] !== undefined) setTimeout(() => void revive(role), clusterRestartMs);
      });
      child.send({ type: 'setup', setup } satisfies ToMember);
    });
  };

  /** On the port that the others know. */
  const revive = async (role: string): Promise<void> => {
    if (closing) return;
    try {
      await start(role, ports[role] ?? 0);
    } catch {
      return; // its end has another start follow
    }
    send(role, { type: 'go', ports });
    if (role === what.start.role && wanted !== undefined) send(role, wanted);
  };

  const send = (role: string, message: ToMember): void => {
    const child = members.get(role);
    if (child?.connected === true) child.send(message, () => undefined);
  };

  /** Of the agent that keeps the instance. */
  const ask = (message: NonNullable<typeof wanted>): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      told = (answer) => {
        if (answer.type === 'outcome') resolve(answer.outcome);
        else reject(new PskyError(answer.name, answer.detail));
      };
      wanted = message;
      send(what.start.role, message);
    });

  const close = (): Promise<void> => {
    closing = true;
    return Promise.all(
      [...members.values()].map(
        (child) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve();
            child.once('exit', () => resolve());
            child.send({ type: 'stop' } satisfies ToMember, () => undefined);
          }),
      ),
    ).then(() => undefined);
  };

  try {
    const listening = await Promise.all(roles.map(async (role) => [role, await start(role, 0)] as const));
    ports = Object.fromEntries(listening);
    for (const role of roles) send(role, { type: 'go', ports });
  } catch (error) {
    await close();
    throw error;
  }

  return {
    close,
    begin: (input, instance) => ask({ type: 'begin', input, instance }),
    goOn: (instance, cancel) => ask({ type: 'go-on', instance, cancel }),
  };
}
