// One member of a cluster: the agent of one role, in a process of its own. `psky run --runtime cluster` forks it and ends
// with it: without its parent it has nothing to do.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { present } from '../../lib/assert.ts';
import { PskyError } from '../../lib/errors.ts';
import { createNodeCertificate } from '../../net/drivers/node-certificate.ts';
import { createWsTransport } from '../../net/drivers/ws-transport.ts';
import { createSwarmNode, type SwarmNode } from '../../swarm-node.ts';
import { type AgentHost, agentOf, Interceptors } from '../../swarms/run/index.ts';
import { exitCode } from '../exit.ts';
import { asKnown } from '../remote-error.ts';
import type { FromMember, MemberSetup, ToMember } from './cluster-messages.ts';
import { clusterAgent, nodeKeyOf } from './cluster-names.ts';
import { closed, settledOutcome, started } from './local-runtime.ts';
import { loadRunFolder, type RunFolder } from './run-folder.ts';
import { type SwarmMachine, suites, swarmMachine } from './swarm-machine.ts';

interface Life {
  readonly setup: MemberSetup;
  readonly what: RunFolder;
  readonly machine: SwarmMachine;
  readonly node: SwarmNode;
}

const say = (message: FromMember): void => void process.send?.(message, undefined, undefined, () => undefined);

async function live(setup: MemberSetup): Promise<Life> {
  const what = await loadRunFolder(setup.path);
  const own = setup.agents.find(({ role }) => role === setup.role);
  if (own === undefined) throw new PskyError('internal', 'A member is one of its cluster.');
  mkdirSync(setup.folder, { recursive: true, mode: 0o700 });
  const machine = swarmMachine(join(setup.folder, 'swarms.log'), (reason) => {
    machine.ports.log.error('stopped', { reason });
    process.exit(exitCode.unwritable);
  });
  const certificate = await createNodeCertificate(nodeKeyOf(setup.seed).seed);
  const transport = createWsTransport({ host: '127.0.0.1', port: setup.port, security: { mode: 'tls', certificate } });
  const programs = [{ program: what.program, implementations: what.implementations }];
  const interceptors = new Interceptors(what.intercept);
  const agents = [{ ...(await agentOf(clusterAgent(setup.role), setup.seed, suites)), programs, interceptors }];
  const remote = setup.agents.filter((each) => each !== own).map(({ card, nodeId: node }) => ({ card, node }));
  const node = createSwarmNode(
    {
      dataDirectory: join(setup.folder, 'data'),
      agents,
      links: { self: own.nodeId, transport, peers: [], remote },
      onHop: (_, hop) => say({ type: 'hop', hop }),
    },
    machine.ports,
  );
  await started(node, machine);
  say({ type: 'listening', port: transport.port() });
  return { setup, what, machine, node };
}

function hostIn({ setup, node }: Life): AgentHost {
  return present(node.hosts.get(clusterAgent(setup.role)), 'a member hosts its agent');
}

async function begin(life: Life, input: unknown, instance: string | undefined): Promise<void> {
  await tell(life, async (host) => {
    const bind = Object.fromEntries(life.setup.agents.map(({ role, card }) => [role, card.agent]));
    return host.begin({ program: life.what.program, bind, input, ...(instance === undefined ? {} : { instance }) });
  });
}

async function goOn(life: Life, instance: string, cancel: string | undefined): Promise<void> {
  await tell(life, async (host) => {
    if (cancel !== undefined) host.cancel(instance, cancel);
    return instance;
  });
}

/** How the instance ends, or what went wrong before it is known. */
async function tell(life: Life, instanceOf: (host: AgentHost) => Promise<string>): Promise<void> {
  try {
    const host = hostIn(life);
    say({ type: 'outcome', outcome: await settledOutcome(host, await instanceOf(host)) });
  } catch (error) {
    const { row, message } = asKnown(error);
    say({ type: 'failed', name: row.name as never, detail: message.replace(row.meaning, '').trim() });
  }
}

function meet({ setup, node }: Life, ports: Readonly<Record<string, number>>): void {
  node.meet(
    setup.agents.flatMap(({ role, nodeId }) => {
      const port = ports[role];
      return port === undefined ? [] : [{ nodeId, host: '127.0.0.1', port }];
    }),
  );
}

let life: Promise<Life> | undefined;

process.on('message', (message: ToMember) => {
  if (message.type === 'setup') {
    life = live(message.setup);
    life.catch((error: unknown) => {
      process.stderr.write(`${message.setup.role}: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(exitCode.error);
    });
    return;
  }
  void life?.then((alive) => {
    if (message.type === 'go') meet(alive, message.ports);
    else if (message.type === 'begin') void begin(alive, message.input, message.instance);
    else if (message.type === 'go-on') void goOn(alive, message.instance, message.cancel);
    else void closed(alive.node, alive.machine).then(() => process.exit(exitCode.ok));
  });
});
process.on('disconnect', () => process.exit(exitCode.error));
// a terminal signals the whole group: the parent decides
process.on('SIGINT', () => undefined);
