// psky start and psky stop: one node on one home.

import type { Command } from 'commander';
import { PskyError } from '../../lib/errors.ts';
import { runDetached, tellParent } from '../detach.ts';
import { sendSignal, stopDevnet, untilGone } from '../dev/stop.ts';
import { exitCode } from '../exit.ts';
import { membersOf, type NodeHome } from '../home/home.ts';
import { holderOf } from '../home/lock.ts';
import { stopMs } from '../limits.ts';
import { type NodeOwner, runNode } from '../node-process.ts';
import { asKnown } from '../remote-error.ts';
import type { RunningInfo } from '../running.ts';
import { addVerb, type Call, type Finish } from '../verb.ts';

const startMs = 60_000;

export function addStart(program: Command, finish: Finish): void {
  const start = {
    words: 'start',
    summary: 'run the node of a home until it is stopped',
    options: [
      { flags: '--detach', about: 'return when it listens; the process stays' },
      { flags: '--member', about: 'drain when the starting process ends; psky dev uses it' },
    ],
    run: (call: Call) => (call.flag('detach') ? startInBackground(call) : startHere(call)),
  };
  const stop = {
    words: 'stop',
    summary: 'drain the node, or all members of a devnet',
    run: stopHome,
  };
  for (const spec of [start, stop]) addVerb(program, spec, finish);
}

/** The one node that is meant: a home of its own, or the member that --node names. */
export function oneNode(call: Call): NodeHome {
  const home = call.home();
  if (home.kind === 'devnet' && call.text('node') === undefined) {
    throw new PskyError('bad-usage', 'This is a devnet: --node v1 names one member.');
  }
  const [member] = membersOf(home, call.text('node')).values();
  return member as NodeHome;
}

async function startInBackground(call: Call): Promise<number> {
  const node = oneNode(call);
  const result = await runDetached(['start', '--home', node.path, '--json'], `${node.files.logs}/stdio.log`, startMs);
  call.out.result(result, `ready rpc=${(result as RunningInfo).rpc}`);
  return exitCode.ok;
}

async function startHere(call: Call): Promise<number> {
  const node = oneNode(call);
  try {
    const code = await runNode(node, call.environment, ownerOf(call));
    if (!process.connected && !call.out.json) process.stdout.write(code === exitCode.ok ? 'drained\n' : 'stopped\n');
    return code;
  } catch (error) {
    if (process.connected) tellParent({ type: 'failed', error: asKnown(error).toJSON() });
    throw error;
  }
}

/** Who wants to know: a person or script, the supervisor of a devnet, or a `start --detach` that waits. */
function ownerOf(call: Call): NodeOwner {
  const isMember = call.flag('member');
  return {
    diesWithParent: isMember,
    listening(info, role, height) {
      const report = { ready: true, role, height, ...info };
      if (!process.connected) call.out.result(report, `ready rpc=${info.rpc}`);
      else tellParent(isMember ? { type: 'listening', info } : { type: 'done', result: report });
    },
    ready() {
      if (isMember) tellParent({ type: 'ready' });
    },
  };
}

async function stopHome(call: Call): Promise<number> {
  const home = call.home();
  if (home.kind === 'devnet' && call.text('node') === undefined) return stopDevnet(call.out, home);
  const { files, path } = oneNode(call);
  const pid = holderOf(files.lock)?.pid;
  if (pid === undefined) throw new PskyError('not-running', `${path}.`);
  sendSignal(pid, 'SIGTERM');
  const stubborn = await untilGone([{ lock: files.lock, pid }], stopMs);
  if (stubborn.length > 0) sendSignal(pid, 'SIGKILL');
  call.out.result({ stopped: true, pid, forced: stubborn.length }, stubborn.length > 0 ? 'ended' : 'drained');
  return exitCode.ok;
}
