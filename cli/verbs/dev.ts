// psky dev: a whole network on this machine in one command; and kill, revive, stop for its members.

import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { chainGenesis } from '../../consensus/genesis/index.ts';
import { PskyError } from '../../lib/errors.ts';
import { ensureDevAccount } from '../accounts.ts';
import { runDetached, tellParent } from '../detach.ts';
import { ensureDevnet, replaceTakenPorts, requireDevnet, setPeerTls } from '../dev/devnet.ts';
import { sayHello } from '../dev/hello.ts';
import { portsMode, portsOption } from '../dev/ports.ts';
import { stopDevnet } from '../dev/stop.ts';
import { askSupervisor, Supervisor } from '../dev/supervisor.ts';
import { exitCode } from '../exit.ts';
import { type DevnetHome, loadConfig, loadGenesis, type NodeHome } from '../home/home.ts';
import type { PeerTls } from '../home/peer-url.ts';
import { formatTable } from '../output.ts';
import { asKnown } from '../remote-error.ts';
import type { RunningInfo } from '../running.ts';
import { onStopSignals } from '../signals.ts';
import { addVerb, type Call, type Finish, wholeNumber } from '../verb.ts';

const readyMs = 55_000;
const helloMs = 20_000;

export function addDev(program: Command, finish: Finish): void {
  const run = {
    words: 'dev',
    summary: 'make or resume a whole network on this machine and run it',
    options: [
      portsOption,
      {
        flags: '--validators <n>',
        about: 'members of a new network',
        initial: 4,
        parse: wholeNumber({ min: 1, max: 32 }),
      },
      {
        flags: '--peer-tls <mode>',
        about: 'off: members do not encrypt what they send each other, to measure; kept until it is on again',
        choices: ['on', 'off'],
      },
      { flags: '--detach', about: 'return when it is ready; one supervising process stays' },
    ],
    run: (call: Call) => (call.flag('detach') ? runInBackground(call) : runHere(call)),
  };
  const kill = {
    words: 'kill <member>',
    summary: 'end a member with SIGKILL; it stays away until it is revived',
    run: (call: Call) => killOrRevive(call, 'kill'),
  };
  const revive = {
    words: 'revive <member>',
    summary: 'start a member again',
    run: (call: Call) => killOrRevive(call, 'revive'),
  };
  const stop = {
    words: 'stop',
    summary: 'drain all members and end the supervising process',
    run: (call: Call) => stopDevnet(call.out, requireDevnet(call.home())),
  };
  const dev = addVerb(program, run, finish).enablePositionalOptions().allowExcessArguments();
  for (const spec of [kill, revive, stop]) addVerb(dev, spec, finish);
}

async function runInBackground(call: Call): Promise<number> {
  const path = resolve(call.homePath);
  const validators = String(call.number('validators'));
  const args = ['dev', '--home', path, '--json', '--ports', portsMode(call), '--validators', validators];
  const tls = peerTlsOf(call);
  if (tls !== undefined) args.push('--peer-tls', tls);
  // beside the home, which must not exist before it is made whole
  const log = `${path}.start.log`;
  const result = await runDetached(args, log, readyMs);
  rmSync(log, { force: true });
  call.out.result(result, describeReady(result as ReadyReport));
  return exitCode.ok;
}

function peerTlsOf(call: Call): PeerTls | undefined {
  return call.text('peerTls') as PeerTls | undefined;
}

async function runHere(call: Call): Promise<number> {
  try {
    return await superviseHere(call);
  } catch (error) {
    if (process.connected) tellParent({ type: 'failed', error: asKnown(error).toJSON() });
    throw error;
  }
}

async function superviseHere(call: Call): Promise<number> {
  const home = await ensureDevnet(resolve(call.homePath), {
    validators: call.number('validators'),
    ports: portsMode(call),
  });
  ensureDevAccount(home);
  const supervisor = new Supervisor(home, (text) => call.out.remark(text));
  let forced: number | undefined;
  onStopSignals({
    drain: () => void supervisor.stop(),
    force: (code) => {
      forced = code;
      supervisor.forceKill();
    },
  });
  try {
    const report = await Promise.race([becomeReady(call, home, supervisor), supervisor.ended.then(() => undefined)]);
    if (report !== undefined) {
      if (process.connected) tellParent({ type: 'done', result: report });
      else call.out.result(report, describeReady(report));
      await supervisor.ended;
    }
  } catch (error) {
    const interrupted = supervisor.interrupted;
    await supervisor.stop();
    // a start that was interrupted has not failed
    if (!interrupted) throw error;
  }
  if (!call.out.json) process.stdout.write('drained\n');
  return forced ?? exitCode.ok;
}

export interface ReadyReport {
  readonly ready: true;
  readonly chainId: string;
  readonly height: number;
  readonly rpc: string;
  readonly metrics: string;
  readonly peerTls: PeerTls;
  readonly validators: readonly {
    readonly name: string;
    readonly id: string;
    readonly pid: number;
    readonly rpc: string;
    readonly peer: string;
    readonly home: string;
  }[];
}

async function becomeReady(call: Call, home: DevnetHome, supervisor: Supervisor): Promise<ReadyReport> {
  const tls = peerTlsOf(call);
  if (tls !== undefined) setPeerTls(home, tls);
  for (const line of await replaceTakenPorts(home)) call.out.remark(line);
  const genesis = loadGenesis(home);
  const total = supervisor.members.length + 1;
  const progress = call.out.progress('starting', total);
  try {
    await supervisor.start((listening) => progress.report(listening, 'validators listen'));
    const members = supervisor.members.map((member) => ({ member, info: member.info as RunningInfo }));
    const first = members[0]?.info as RunningInfo;
    progress.report(total - 1, 'first command');
    const height = await sayHello(
      members.map(({ info }) => info.rpc),
      genesis,
      helloMs,
    );
    return {
      ready: true,
      chainId: chainGenesis(genesis, genesis.chains[0]?.name ?? 'main').chain,
      height,
      rpc: first.rpc,
      metrics: first.metrics,
      peerTls: loadConfig(supervisor.members[0]?.home as NodeHome, call.environment).peer.tls,
      validators: members.map(({ member, info }) => ({
        name: member.name,
        id: info.nodeId,
        pid: info.pid,
        rpc: info.rpc,
        peer: info.peer,
        home: member.home.path,
      })),
    };
  } finally {
    progress.end();
  }
}

function describeReady(report: ReadyReport): string {
  const rows = report.validators.map((each) => [
    `  ${each.name}`,
    `pid ${each.pid}`,
    each.rpc,
    `${each.id.slice(0, 12)}…`,
  ]);
  const victim = (report.validators[2] ?? report.validators.at(-1))?.name;
  return [
    `A network of ${report.validators.length} validators orders commands; height ${report.height}.`,
    formatTable(rows),
    ...(report.peerTls === 'on' ? [] : ['  The members do not encrypt what they send each other (--peer-tls off).']),
    '',
    '  psky tx put greeting hello        send a command',
    '  psky query get greeting --prove   read it back with a proof',
    '  psky status                       see how it is',
    `  psky dev kill ${victim}                  break something, then: psky why`,
    '',
    `ready rpc=${report.rpc}`,
  ].join('\n');
}

async function killOrRevive(call: Call, method: 'kill' | 'revive'): Promise<number> {
  const home = requireDevnet(call.home());
  const name = call.arg(0);
  const names = [...home.members.keys()];
  if (!names.includes(name)) throw new PskyError('member-unknown', `${name}; there are ${names.join(', ')}.`);
  const answer = (await askSupervisor(home, method, name)) as object;
  call.out.result(answer, `${name} is ${method === 'kill' ? 'killed' : 'back'}`);
  return exitCode.ok;
}
