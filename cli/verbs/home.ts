// Verbs that look at a home or empty it: version, show-node-id, show-validator, reset.

import { rmSync } from 'node:fs';
import type { Command } from 'commander';
import { toHex } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import { confirm } from '../confirm.ts';
import { exitCode } from '../exit.ts';
import { removeFailure } from '../failure.ts';
import { membersOf, type NodeHome } from '../home/home.ts';
import { loadNodeKey, loadValidatorKey } from '../home/key-files.ts';
import { holderOf, lockHome } from '../home/lock.ts';
import { addVerb, type Call, type Finish } from '../verb.ts';
import { version } from '../version.ts';
import { oneNode } from './start.ts';

export function addHomeVerbs(program: Command, finish: Finish): void {
  const specs = [
    {
      words: 'version',
      summary: 'print the versions of psky and Node',
      home: 'none' as const,
      run: async (call: Call) => call.out.result({ version, node: process.versions.node }, `psky ${version}`),
    },
    {
      words: 'show-node-id',
      summary: 'print who this node is to its peers',
      run: showNodeId,
    },
    {
      words: 'show-validator',
      summary: 'print what a genesis says of this validator',
      run: showValidator,
    },
    {
      words: 'reset',
      summary: 'remove all data of a node, or a devnet with all that it has',
      options: [{ flags: '-y, --yes', about: 'do not ask' }],
      run: reset,
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
