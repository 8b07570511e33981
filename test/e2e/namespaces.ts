// Two network namespaces joined by a veth pair: two machines as far as a node can tell. They belong to the processes that
// hold them, so nothing of them is left when those end, and no address is given outside them.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { withoutTool } from '../tools.ts';
import type { Ended } from './psky.ts';

const intoUsers = ['--user', '--map-root-user', '--net'];

/** @returns false where a test may use them; else the reason for tap's `skip` option: a denied permission is no failure */
export function withoutNamespaces(): string | false {
  for (const tool of ['unshare', 'nsenter', 'ip']) {
    const missing = withoutTool(tool);
    if (missing !== false) return missing;
  }
  const tried = spawnSync('unshare', [
    ...intoUsers,
    'ip',
    'link',
    'add',
    'probe0',
    'type',
    'veth',
    'peer',
    'name',
    'probe1',
  ]);
  return tried.status === 0 ? false : `this machine denies network namespaces: ${String(tried.stderr).trim()}`;
}

export interface Namespace {
  readonly name: string;
  /** Runs a command inside to its end. */
  run(command: string, ...args: readonly string[]): Promise<Ended>;
}

export interface Side {
  readonly name: string;
  /** with the length of their prefix */
  readonly addresses: readonly string[];
}

/** @throws when a command of the set-up fails */
export async function twoNamespaces(
  test: { teardown(action: () => void): void },
  [a, b]: readonly [Side, Side],
  environment: Readonly<Record<string, string>> = {},
): Promise<readonly [Namespace, Namespace]> {
  const holderOf = async (command: string, args: readonly string[]): Promise<number> => {
    const child = spawn(command, [...args, 'sh', '-c', 'echo held; exec sleep 3600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    test.teardown(() => void child.kill('SIGKILL'));
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`${command}: exit ${code}`)));
    });
    return child.pid as number;
  };
  const users = (pid: number) => ['--target', `${pid}`, '--user', '--preserve-credentials'];
  const first = await holderOf('unshare', intoUsers);
  // of the same user namespace, so that the pair may reach into it
  const second = await holderOf('nsenter', [...users(first), 'unshare', '--net']);
  const enter = (pid: number): string[] => [...users(first), `--net=/proc/${pid}/ns/net`];
  const namespaceOf = (name: string, pid: number): Namespace => ({
    name,
    run: (command, ...args) =>
      ended(spawn('nsenter', [...enter(pid), command, ...args], { env: { ...process.env, ...environment } })),
  });
  const namespaces = [namespaceOf(a.name, first), namespaceOf(b.name, second)] as const;
  const ip = async (where: Namespace, ...args: readonly string[]): Promise<void> => {
    const { status, stderr } = await where.run('ip', ...args);
    if (status !== 0) throw new Error(`ip ${args.join(' ')} in ${where.name}: ${stderr}`);
  };
  await ip(namespaces[0], 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', `${second}`);
  for (const [namespace, side] of [
    [namespaces[0], a],
    [namespaces[1], b],
  ] as const) {
    for (const address of side.addresses) await ip(namespace, 'address', 'add', address, 'dev', 'wire');
    for (const link of ['lo', 'wire']) await ip(namespace, 'link', 'set', link, 'up');
  }
  const inside = await Promise.all(namespaces.map((each) => each.run('readlink', '/proc/self/ns/net')));
  const found = new Set([...inside.map(({ stdout }) => stdout.trim()), readlinkSync('/proc/self/ns/net')]);
  if (found.size !== 3) throw new Error(`these are not two namespaces beside this one: ${[...found].join(', ')}`);
  return namespaces;
}

function ended(child: ChildProcess): Promise<Ended> {
  const began = performance.now();
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (text) => (stdout += text));
  child.stderr?.on('data', (text) => (stderr += text));
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr, seconds: (performance.now() - began) / 1000 }));
  });
}
