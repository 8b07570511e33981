// What --help prints: a page as `man` lays it out, from what commander knows of the verb (usage, arguments, options,
// subverbs) and from its page in pages.ts (the rest). Lines are wrapped to the terminal, at most 100 columns.

import type { Command, Help, Option } from 'commander';
import { exitMeanings } from '../exit.ts';
import type { Page } from './page.ts';
import { groups, pageOf } from './pages.ts';

const maxWidth = 100;
const margin = 2;
/** longer terms stand on a line of their own */
const termWidth = 22;

/** Makes this command print such a page. */
export function useManual(command: Command, words: string): void {
  const page = pageOf(words);
  if (page === undefined) throw new Error(`psky ${words} has no page in cli/help/pages.ts`);
  command.configureHelp({ formatHelp: (shown, helper) => formatManual(shown, helper, { words, page }) });
}

interface Subject {
  readonly words: string;
  readonly page: Page;
}

function formatManual(command: Command, helper: Help, { words, page }: Subject): string {
  const width = Math.min(helper.helpWidth ?? 80, maxWidth);
  const write = new Writer(helper, width);
  write.section('Name', [write.text(`psky ${words}`.trimEnd().concat(` – ${command.description()}`))]);
  write.section(
    'Synopsis',
    synopses(command, words, helper).map((line) => write.text(line)),
  );
  write.section(
    'Description',
    page.about.map((paragraph) => write.text(paragraph)),
    '\n\n',
  );
  for (const [title, verbs] of groupsOf(command, helper)) {
    write.section(
      title,
      verbs.map((each) => write.item(helper.subcommandTerm(each).split(' ')[0] ?? '', each.description())),
    );
  }
  write.section(
    'Options',
    helper.visibleOptions(command).map((each) => write.item(termOf(each), meaningOf(each))),
  );
  write.section(
    'Examples',
    page.examples.map(([line, what]) => write.example(line, what)),
    '\n\n',
  );
  write.section(
    'Files',
    (page.files ?? []).map(([path, what]) => write.item(path, what)),
  );
  write.section(
    'Environment',
    (page.environment ?? []).map(([name, what]) => write.item(name, what)),
  );
  write.section(
    'Exit codes',
    page.exits.map((code) => write.item(String(code), exitMeanings[code])),
  );
  write.section('See also', [write.text(page.seeAlso.map((each) => `psky ${each}`).join(', '))]);
  return write.all();
}

/** A verb that both runs and has subverbs (psky dev) has two. */
function synopses(command: Command, words: string, helper: Help): string[] {
  if (words === '') return ['psky <verb> [options]', 'psky <verb> --help'];
  const own = helper.commandUsage(command).replace(/ \[command\]/, '');
  const subverbs = helper.visibleCommands(command);
  if (subverbs.length === 0) return [own];
  const below = subverbs.map((each) => helper.commandUsage(each));
  return isGroupOnly(command) ? below : [own, ...below];
}

/** `psky keys` alone does nothing: its options are those of its subverbs. */
function isGroupOnly(command: Command): boolean {
  return command.commands.length > 0 && command.options.length === 0;
}

/** The verbs of the program by what they are for; those of a group as one list. */
function groupsOf(command: Command, helper: Help): [string, Command[]][] {
  const verbs = helper.visibleCommands(command);
  if (verbs.length === 0) return [];
  if (command.parent !== null) return [['Verbs', verbs]];
  return groups.map(([title, names]) => [title, names.flatMap((name) => verbs.filter((each) => each.name() === name))]);
}

function termOf(option: Option): string {
  return option.short === undefined && option.long !== undefined ? `    ${option.flags}` : option.flags;
}

function meaningOf(option: Option): string {
  const facts = [];
  if (option.argChoices !== undefined) facts.push(`one of ${option.argChoices.join(', ')}`);
  const initial = option.defaultValueDescription ?? option.defaultValue;
  if (initial !== undefined && initial !== '' && initial !== false) facts.push(`default: ${String(initial)}`);
  return facts.length === 0 ? option.description : `${option.description} (${facts.join('; ')})`;
}

class Writer {
  readonly #helper: Help;
  readonly #width: number;
  readonly #sections: string[] = [];

  constructor(helper: Help, width: number) {
    this.#helper = helper;
    this.#width = width;
  }

  section(title: string, parts: readonly string[], between = '\n'): void {
    if (parts.length === 0) return;
    this.#sections.push(`${bold(title.toUpperCase())}\n${parts.join(between)}\n`);
  }

  text(paragraph: string, indent = margin): string {
    const lines = this.#helper.boxWrap(paragraph, this.#width - indent);
    return lines.replace(/^(?=.)/gm, ' '.repeat(indent));
  }

  item(term: string, meaning: string): string {
    const lead = `${' '.repeat(margin)}${term}`;
    const column = margin + termWidth + 2;
    const lines = this.text(meaning, column);
    return term.length > termWidth ? `${lead}\n${lines}` : `${lead.padEnd(column)}${lines.trimStart()}`;
  }

  /** A command line is never wrapped: it is there to be copied. */
  example(line: string, what: string): string {
    return `${this.text(what)}\n${' '.repeat(2 * margin)}${bold(`$ psky ${line}`)}`;
  }

  all(): string {
    return this.#sections.join('\n');
  }
}

/** commander takes it away again where the output has no colours */
function bold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}
