// psky completion: the script for a shell; and what that script asks at every Tab.

import type { Command } from 'commander';
import { listKeys } from '../accounts.ts';
import { complete, type Names } from '../completion/candidates.ts';
import { completionScripts, type Shell, shells } from '../completion/scripts.ts';
import { exitCode } from '../exit.ts';
import { defaultHome, loadGenesis, membersOf, openHome } from '../home/home.ts';
import { addVerb, type Call, type Environment, type Finish } from '../verb.ts';

export function addCompletion(program: Command, finish: Finish): void {
  const spec = {
    words: 'completion <shell>',
    summary: 'print the script that makes a shell complete psky at Tab',
    home: 'none' as const,
    choices: shells,
    run: (call: Call) => {
      const script = completionScripts[call.arg(0) as Shell];
      call.out.result({ shell: call.arg(0), script }, script.trimEnd());
      return Promise.resolve(exitCode.ok);
    },
  };
  addVerb(program, spec, finish);
}

/** For the scripts, not for people: it is in no help and has no page. */
export function addComplete(program: Command): void {
  program
    .command('complete [words...]', { hidden: true })
    .allowUnknownOption()
    .action((words: readonly string[]) => {
      const { candidates, paths } = complete(program, words, namesIn(process.env));
      const lines = candidates.map(({ word, about }) => (about === '' ? word : `${word}\t${about}`));
      if (paths !== 'none') lines.push(`:${paths}`);
      process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    });
}

function namesIn(environment: Environment): Names {
  return (kind, given) => {
    try {
      const home = openHome(given?.replace(/^~(?=\/|$)/, environment['HOME'] ?? '~') ?? defaultHome(environment));
      if (kind === 'member') return [...membersOf(home).keys()];
      if (kind === 'account') return listKeys(home).keys.map((key) => key.name);
      return loadGenesis(home).chains.map((chain) => chain.name);
    } catch {
      return []; // at a Tab nobody can be told why there is no usable home; the verb itself says it
    }
  };
}
