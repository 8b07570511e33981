// Verbs that look at a home or empty it: version, show-node-id, show-validator, reset, logs.

import { closeSync, existsSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { toHex } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import { confirm } from '../confirm.ts';
import { exitCode } from '../exit.ts';
import { removeFailure } from '../failure.ts';
import { membersOf, type NodeHome } from '../home/home.ts';
import { loadNodeKey, loadValidatorKey } from '../home/key-files.ts';
import { holderOf, lockHome } from '../home/lock.ts';
import { formatLogLine } from '../log-lines.ts';
import { addVerb, type Call, type Finish, wholeNumber } from '../verb.ts';
import { version } from '../version.ts';
import { oneNode } from './start.ts';

export function addHomeVerbs(program: Command, finish: Finish): void {
  const specs = [
    {
      words: 'version',
      summary: 'print the versions of psky and Node',
      example: 'version --json',
      home: 'none' as const,
      run: async (call: Call) => call.out.result({ version, node: process.versions.node }, `psky ${version}`),
    },
    {
      words: 'show-node-id',
      summary: 'print who this node is to its peers',
      example: 'show-node-id --home ~/node1',
      run: showNodeId,
    },
    {
      words: 'show-validator',
      summary: 'print what a genesis says of this validator',
      example: 'show-validator --home ~/node1 --json',
      run: showValidator,
    },
    {
      words: 'reset',
      summary: 'remove all data of a node; a validator then needs a new key. A devnet is removed whole',
      example: 'reset --home ~/node1 -y',
      options: [{ flags: '-y, --yes', about: 'do not ask' }],
      run: reset,
    },
    {
      words: 'logs',
      summary: 'print the end of the logs, with --follow what is added too',
      example: 'logs --follow --home /tmp/net --node v2',
      options: [
        { flags: '-f, --follow', about: 'go on until interrupted' },
        { flags: '--lines <n>', about: 'of each member', initial: 20, parse: wholeNumber({ min: 0, max: 100_000 }) },
      ],
      run: logs,
    },
  ];
  for (const spec of specs) {
    addVerb(program, { ...spec, run: async (call) => (await spec.run(call)) ?? exitCode.ok }, finish);
  }
}

async function showNodeId(call: Call): Promise<void> {
  const { nodeId } = loadNodeKey(oneNode(call).files.nodeKey);
  call.out.result({ nodeId }, nodeId);
}

async function showValidator(call: Call): Promise<void> {
  const { files } = oneNode(call);
  const key = loadValidatorKey(files.validatorKey);
  const entry = {
    nodeId: loadNodeKey(files.nodeKey).nodeId,
    suite: key.suite,
    signingKey: toHex(key.signingKey),
    encryptionKey: toHex(key.encryptionKey),
  };
  call.out.result(entry, JSON.stringify(entry, undefined, 2));
}

async function reset(call: Call): Promise<void> {
  const home = call.home();
  const whole = home.kind === 'devnet' && call.text('node') === undefined;
  const members = [...membersOf(home, call.text('node')).values()];
  const locks = members.map((member) => member.files.lock);
  // a single member that does not run can be reset beside the others
  if (home.kind === 'devnet' && whole) locks.push(home.supervisorFile);
  const holder = locks.map((lock) => holderOf(lock)).find((each) => each !== undefined);
  if (holder !== undefined) throw new PskyError('home-in-use', `It has the pid ${holder.pid}.`);
  const what = whole ? `the devnet ${home.path} with its chains` : `all data in ${members[0]?.files.data}`;
  if (!call.flag('yes')) await confirm(`This removes ${what}. Go on?`);
  if (whole) rmSync(home.path, { recursive: true, force: true });
  else for (const member of members) resetMember(member);
  call.out.result({ reset: true, home: home.path }, `removed ${what}`);
}

/** Under its lock, so that no supervisor starts it meanwhile. @throws PskyError `home-in-use` */
function resetMember(member: NodeHome): void {
  const release = lockHome(member.files.lock);
  try {
    rmSync(member.files.data, { recursive: true, force: true });
    removeFailure(member);
  } finally {
    release();
  }
}

interface Tail {
  readonly name: string;
  readonly path: string;
  position: number;
}

async function logs(call: Call): Promise<void> {
  const members = [...call.members()];
  const width = members.length > 1 ? Math.max(...members.map(([name]) => name.length)) : 0;
  const print = (name: string, line: string): void => {
    const label = width === 0 ? '' : `${name.padEnd(width)} `;
    process.stdout.write(
      call.out.json ? `${line}\n` : `${label}${formatLogLine(line, process.stdout.isTTY === true)}\n`,
    );
  };
  const tails = members.map(([name, home]) => openTail(name, home));
  for (const { name, line } of lastLines(tails, call.number('lines', 20))) print(name, line);
  while (call.flag('follow')) {
    await new Promise((wake) => setTimeout(wake, 200));
    for (const tail of tails) for (const line of newLines(tail)) print(tail.name, line);
  }
}

function openTail(name: string, home: NodeHome): Tail {
  const path = join(home.files.logs, 'node.log');
  return { name, path, position: existsSync(path) ? statSync(path).size : 0 };
}

/** The last lines of all members, in the order of their instants. */
function lastLines(tails: readonly Tail[], count: number): { name: string; line: string }[] {
  if (count === 0) return [];
  const lines = tails.flatMap(({ name, path }) => {
    if (!existsSync(path)) return [];
    const all = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return all.slice(-count).map((line) => ({ name, line, ts: /"ts":"([^"]+)"/.exec(line)?.[1] ?? '' }));
  });
  return lines.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
}

function newLines(tail: Tail): string[] {
  if (!existsSync(tail.path)) return [];
  const { size } = statSync(tail.path);
  // rotated
  if (size < tail.position) tail.position = 0;
  if (size === tail.position) return [];
  const file = openSync(tail.path, 'r');
  const bytes = Buffer.alloc(Math.min(size - tail.position, 4 << 20));
  readSync(file, bytes, 0, bytes.length, tail.position);
  closeSync(file);
  const end = bytes.lastIndexOf(10) + 1;
  tail.position += end;
  return bytes
    .subarray(0, end)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}
