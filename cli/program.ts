// All verbs of `psky`, and how the process ends: the exit code is set and the loop runs empty, or is ended when something
// keeps it.

import { Command, CommanderError } from 'commander';
import { PskyError } from '../lib/errors.ts';
import { exitCode } from './exit.ts';
import { useManual } from './help/format.ts';
import { Output } from './output.ts';
import { noticeReaders } from './terminal.ts';
import type { Finish } from './verb.ts';
import { addCheck } from './verbs/check.ts';
import { addComplete, addCompletion } from './verbs/completion.ts';
import { addDev } from './verbs/dev.ts';
import { addHomeVerbs } from './verbs/home.ts';
import { addInit } from './verbs/init.ts';
import { addInspect } from './verbs/inspect.ts';
import { addKeys } from './verbs/keys.ts';
import { addLoad } from './verbs/load.ts';
import { addLogs } from './verbs/logs.ts';
import { addQuery } from './verbs/query.ts';
import { addRun } from './verbs/run.ts';
import { addSim } from './verbs/sim.ts';
import { addStart } from './verbs/start.ts';
import { addStatus } from './verbs/status.ts';
import { addSwarms } from './verbs/swarms.ts';
import { addTest } from './verbs/test.ts';
import { addTx } from './verbs/tx.ts';
import { version } from './version.ts';

/** @param finish takes the exit code of the verb that ran */
export function buildProgram(finish: Finish): Command {
  const program = new Command('psky')
    .description('a network of validators that order, execute, persist and prove')
    .version(version, '--version', 'print the version')
    .enablePositionalOptions()
    .showSuggestionAfterError();
  addDev(program, finish);
  addInit(program, finish);
  addStart(program, finish);
  addSim(program, finish);
  addKeys(program, finish);
  addTx(program, finish);
  addQuery(program, finish);
  addStatus(program, finish);
  addInspect(program, finish);
  addLogs(program, finish);
  addHomeVerbs(program, finish);
  addLoad(program, finish);
  addCheck(program, finish);
  addRun(program, finish);
  addSwarms(program, finish);
  addTest(program, finish);
  addCompletion(program, finish);
  applyToAll(program, '', (command, words) => {
    quiet(command);
    useManual(command, words);
  });
  addComplete(program);
  return program;
}

/** Errors are thrown and printed by us; help goes where it was asked for. */
function quiet(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .helpOption('-h, --help', 'print this page')
    .helpCommand(false);
}

export async function runProgram(argv: readonly string[]): Promise<void> {
  let code: number = exitCode.ok;
  noticeReaders();
  const program = buildProgram((given) => {
    code = given;
  });
  if (argv.length <= 2) program.outputHelp();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    code = usageFailure(error, argv);
  }
  process.exitCode = code;
  // pipes take what was written before the process goes
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

/** @param words of the command itself, without the leading `psky` */
function applyToAll(command: Command, words: string, apply: (command: Command, words: string) => void): void {
  apply(command, words);
  for (const child of command.commands) applyToAll(child, `${words} ${child.name()}`.trimStart(), apply);
}

/** commander throws for --help and --version too, with exit code 0 */
function usageFailure(error: unknown, argv: readonly string[]): number {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return exitCode.ok;
  if (error.code === 'commander.help') return exitCode.usage;
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  return new Output(argv.includes('--json')).failure(new PskyError('bad-usage', `${message}.`.replace(/\.\.$/, '.')));
}
