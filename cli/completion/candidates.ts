// What may stand at the end of an unfinished command line: read from the verbs as they are declared, so that completion
// knows exactly what psky understands. Names of members, chains and accounts come from whoever knows the home.

import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly word: string;
  /** empty where the word says it all */
  readonly about: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** what the shell adds by itself */
  readonly paths: 'none' | 'files' | 'folders';
}

/** The names that a home knows; nothing where there is none. */
export type Names = (kind: 'member' | 'chain' | 'account', home: string | undefined) => readonly string[];

const nothing: Completion = { candidates: [], paths: 'none' };

/** @param words after `psky`; the last one is unfinished, and may be empty */
export function complete(program: Command, words: readonly string[], names: Names): Completion {
  const line = readLine(program, words.slice(0, -1));
  const last = words.at(-1) ?? '';
  const found = completionsOf(line, last, names);
  return { ...found, candidates: found.candidates.filter(({ word }) => word.startsWith(last)) };
}

interface Line {
  readonly command: Command;
  /** how many words of the verb itself stand there */
  readonly taken: number;
  /** waits for its value */
  readonly open: Option | undefined;
  /** after `--` nothing is an option */
  readonly onlyWords: boolean;
  readonly given: ReadonlySet<Option>;
  readonly home: string | undefined;
}

function readLine(program: Command, words: readonly string[]): Line {
  let command = program;
  let taken = 0;
  let open: Option | undefined;
  let onlyWords = false;
  let home: string | undefined;
  const given = new Set<Option>();
  for (const word of words) {
    if (open !== undefined) {
      if (open.long === '--home') home = word;
      open = undefined;
    } else if (word === '--') onlyWords = true;
    else if (!onlyWords && word.startsWith('-')) {
      const [name, value] = splitOption(word);
      const option = command.options.find((each) => each.long === name || each.short === name);
      if (option === undefined) continue;
      given.add(option);
      if (option.long === '--home' && value !== undefined) home = value;
      if (option.required && value === undefined) open = option;
    } else {
      const below = taken === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (below === undefined) taken++;
      else command = below;
    }
  }
  return { command, taken, open, onlyWords, given, home };
}

/** `--name=value` */
function splitOption(word: string): [name: string, value: string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function completionsOf(line: Line, last: string, names: Names): Completion {
  const { command, open } = line;
  if (open !== undefined) return valuesOf(open, placeholderOf(open.flags), line, names);
  if (last.startsWith('-') && !line.onlyWords) {
    const [name, value] = splitOption(last);
    const option = value === undefined ? undefined : command.options.find((each) => each.long === name);
    if (option === undefined) return { candidates: optionsOf(line), paths: 'none' };
    const { candidates } = valuesOf(option, placeholderOf(option.flags), line, names);
    return { candidates: candidates.map((each) => ({ ...each, word: `${name}=${each.word}` })), paths: 'none' };
  }
  const final = command.registeredArguments.at(-1);
  // `<file...>` takes all that follow
  const argument = command.registeredArguments[line.taken] ?? (final?.variadic === true ? final : undefined);
  if (argument !== undefined) return valuesOf(argument, argument.name(), line, names);
  if (line.taken > 0) return nothing;
  const visible = command.createHelp().visibleCommands(command);
  return { candidates: visible.map((each) => ({ word: each.name(), about: each.description() })), paths: 'none' };
}

function optionsOf({ command, given }: Line): Candidate[] {
  const visible = command.createHelp().visibleOptions(command);
  return visible
    .filter((option) => !given.has(option))
    .map((option) => ({ word: option.long ?? option.flags, about: option.description }));
}

function valuesOf(taker: Option | Argument, placeholder: string, line: Line, names: Names): Completion {
  if (taker.argChoices !== undefined) return listed(taker.argChoices);
  switch (placeholder) {
    case 'member':
    case 'chain':
    case 'account':
      return listed(names(placeholder, line.home));
    case 'file':
      return { candidates: [], paths: 'files' };
    case 'folder':
      return { candidates: [], paths: 'folders' };
    default:
      return nothing;
  }
}

function listed(words: readonly string[]): Completion {
  return { candidates: words.map((word) => ({ word, about: '' })), paths: 'none' };
}

/** `--genesis <file>` → file */
function placeholderOf(flags: string): string {
  return /[<[]([a-z]+)[>\]]$/.exec(flags)?.[1] ?? '';
}
