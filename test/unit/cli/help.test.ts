import { Command } from 'commander';
import t from 'tap';
import { useManual } from '../../../cli/help/format.ts';
import { groups, pageWords } from '../../../cli/help/pages.ts';
import { buildProgram } from '../../../cli/program.ts';

const width = 80;
const order = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXAMPLES', 'EXIT CODES', 'SEE ALSO'];

const program = buildProgram(() => {});

/** All that people see, with their words. */
function everyVerb(): Map<string, Command> {
  const found = new Map<string, Command>();
  const visit = (command: Command, words: string): void => {
    found.set(words, command);
    for (const child of command.createHelp().visibleCommands(command)) visit(child, `${words} ${child.name()}`.trim());
  };
  visit(program, '');
  return found;
}

function helpOf(command: Command, coloured = false): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => void (text += part),
    getOutHelpWidth: () => width,
    getOutHasColors: () => coloured,
  });
  command.outputHelp();
  return text;
}

t.test('every page has its sections in order, and fits 80 columns but for what is there to be copied', async (t) => {
  for (const [words, command] of everyVerb()) {
    const text = helpOf(command);
    const lines = text.split('\n');
    const titles = lines.filter((line) => /^[A-Z]/.test(line));
    t.same(
      titles.filter((title) => order.includes(title)),
      order,
      `psky ${words}: ${titles.join(', ')}`,
    );
    t.same(
      lines.filter((line) => line.length > width && !line.startsWith('    $ ')),
      [],
      `psky ${words}`,
    );
    t.match(lines[1] ?? '', /^ {2}psky.* – [a-z]/, 'the synopsis is one sentence that begins with a verb');
    t.notMatch(text, '\u001b', 'no colours where there are none');
  }
  t.match(helpOf(program, true), '\u001b[1mNAME');
});

t.test('every page belongs to a verb, every verb to a group, and what is named to see also exists', async (t) => {
  const verbs = everyVerb();
  t.same([...pageWords()].sort(), [...verbs.keys()].sort());
  t.same(
    groups.flatMap(([, names]) => names).sort(),
    [...verbs.keys()].filter((words) => words !== '' && !words.includes(' ')).sort(),
  );
  for (const [words, command] of verbs) {
    const [, list = ''] = helpOf(command).split('SEE ALSO\n');
    const named = list.replace(/\s+/g, ' ').trim().split(', ');
    for (const each of named) t.ok(verbs.has(each.replace(/^psky | --help$/g, '')), `${words} → ${each}`);
    t.notOk(named.includes(`psky ${words}`), `${words} does not name itself`);
  }
});

t.test('every example is understood', async (t) => {
  const examples = [...everyVerb()].flatMap(([words, command]) =>
    [...helpOf(command).matchAll(/^ {4}\$ psky (.*)$/gm)].map((match) => [words, match[1] ?? ''] as const),
  );
  t.ok(examples.length > 50);
  for (const [words, line] of examples) {
    const copy = buildProgram(() => {});
    let command = copy;
    const rest = line.replace(/ >.*$/, '').split(' ');
    for (;;) {
      const below = command.commands.find((each) => each.name() === rest[0]);
      if (below === undefined) break;
      command = below;
      rest.shift();
    }
    t.ok(command !== copy, `${line} has a verb`);
    t.ok(line.startsWith(words), `${line} is of psky ${words}`);
    // parsed as it would be, and not run
    const { operands, unknown } = command.parseOptions(rest);
    t.same(unknown, [], line);
    const wanted = command.registeredArguments.filter((each) => each.required).length;
    const last = command.registeredArguments.at(-1);
    const most = last?.variadic === true ? Number.POSITIVE_INFINITY : command.registeredArguments.length;
    t.ok(operands.length >= wanted && operands.length <= most, `${line}: words`);
  }
});

t.test('a verb without a page is not built', async (t) => {
  t.throws(() => useManual(new Command('new'), 'new'), /psky new has no page/);
});

t.test('an unknown verb, subverb or option is answered with the nearest one', async (t) => {
  const nearest = [
    ['stats', 'status'],
    ['dev kil v3', 'kill'],
    ['query gett k', 'get'],
    ['status --jsn', '--json'],
    ['inspect actor', 'actors'],
  ];
  for (const [line = '', wanted = ''] of nearest) {
    const failure = buildProgram(() => {}).parseAsync(['node', 'psky', ...line.split(' ')]);
    await t.rejects(failure, { message: new RegExp(`Did you mean ${wanted}\\?`) }, line);
  }
});
