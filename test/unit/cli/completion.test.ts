import type { Command } from 'commander';
import t from 'tap';
import { complete, type Names } from '../../../cli/completion/candidates.ts';
import { completionScripts, shells } from '../../../cli/completion/scripts.ts';
import { buildProgram } from '../../../cli/program.ts';

const program = buildProgram(() => {});
const known: Readonly<Record<string, readonly string[]>> = {
  member: ['v1', 'v2', 'v3', 'v4'],
  chain: ['main', 'bench'],
  account: ['alice', 'dev'],
};
const names: Names = (kind, home) => (home === '/elsewhere' ? [] : (known[kind] ?? []));

/** The words that may stand at the end of `line`; what follows the last space is unfinished. */
function wordsAfter(line: string): string[] {
  return complete(program, line.split(' '), names).candidates.map(({ word }) => word);
}
const pathsAfter = (line: string): string => complete(program, line.split(' '), names).paths;

t.test('every verb, subverb and option that is declared is completed, with its meaning', async (t) => {
  let seen = 0;
  const visit = (command: Command, before: string): void => {
    const help = command.createHelp();
    const verbs = help.visibleCommands(command);
    if (verbs.length > 0)
      t.same(
        wordsAfter(before),
        verbs.map((each) => each.name()),
        `psky ${before}`,
      );
    const options = help.visibleOptions(command).map((option) => option.long);
    t.same(wordsAfter(`${before}--`), options, `psky ${before}--`);
    for (const { about } of complete(program, `${before}--`.split(' '), names).candidates) t.not(about, '');
    seen += 1 + options.length;
    for (const child of verbs) visit(child, `${before}${child.name()} `);
  };
  visit(program, '');
  t.ok(seen > 100, `${seen} words`);
});

t.test('a beginning narrows what is offered', async (t) => {
  t.same(wordsAfter('st'), ['start', 'stop', 'status']);
  t.same(wordsAfter('dev k'), ['kill']);
  t.same(wordsAfter('tx put greeting hello --fr'), ['--from']);
  t.same(wordsAfter('nonsense'), []);
  t.same(wordsAfter('complet'), ['completion'], 'the verb that the scripts use is not for people');
});

t.test('an argument that may be repeated is offered again', async (t) => {
  t.equal(pathsAfter('check '), 'files');
  t.equal(pathsAfter('swarms retry order-17 '), 'files');
  t.equal(pathsAfter('check a.swarm.ts b.swarm.ts '), 'files');
});

t.test('names come from the home that the line means', async (t) => {
  t.same(wordsAfter('dev kill '), ['v1', 'v2', 'v3', 'v4']);
  t.same(wordsAfter('status --node v'), ['v1', 'v2', 'v3', 'v4']);
  t.same(wordsAfter('status --node=v3'), ['--node=v3']);
  t.same(wordsAfter('query get k --chain '), ['main', 'bench']);
  t.same(wordsAfter('tx put k v --from a'), ['alice']);
  t.same(wordsAfter('keys export '), ['alice', 'dev']);
  t.same(wordsAfter('dev kill --home /elsewhere '), []);
  t.same(wordsAfter('dev kill --home=/elsewhere '), []);
});

t.test('values with few choices are listed; files and folders are left to the shell', async (t) => {
  t.same(wordsAfter('dev --ports '), ['standard', 'auto']);
  t.same(wordsAfter('load --mode s'), ['signed']);
  t.same(wordsAfter('logs --level '), ['trace', 'debug', 'info', 'warn', 'error']);
  t.same(wordsAfter('completion '), [...shells]);
  t.equal(pathsAfter('status --home '), 'folders');
  t.equal(pathsAfter('init --genesis '), 'files');
  t.equal(pathsAfter('tx bundle '), 'files');
  t.equal(pathsAfter('keys export alice '), 'files');
  t.equal(pathsAfter('tx put '), 'none');
});

t.test('an option that stands there, and what follows --, is not offered again', async (t) => {
  t.notOk(wordsAfter('status --json --').includes('--json'));
  t.ok(wordsAfter('status --json --').includes('--home'));
  t.same(wordsAfter('tx put -- --'), []);
  t.same(wordsAfter('dev kill v3 '), [], 'there is one member only');
});

t.test('every shell has a script that asks psky', async (t) => {
  for (const shell of shells) t.match(completionScripts[shell], ' complete -- ', shell);
});
