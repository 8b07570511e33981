// How a verb is declared: its words and options (the rest of its page is in help/pages.ts); and how it runs: one action that
// answers with an exit code. What stands between <> says what completion offers there: member, chain, account, file, folder.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { assert } from '../lib/assert.ts';
import { PskyError } from '../lib/errors.ts';
import { exitCode } from './exit.ts';
import { defaultHome, type Home, membersOf, type NodeHome, openHome } from './home/home.ts';
import { Output } from './output.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Values that commander parsed, by the option's camel-case name. */
export type Options = Readonly<Record<string, unknown>>;

export interface VerbSpec {
  /** `put <key> <value>` */
  readonly words: string;
  readonly summary: string;
  /** the only values of its first argument */
  readonly choices?: readonly string[];
  readonly options?: readonly OptionSpec[];
  /** most verbs take a home; `none` do not */
  readonly home?: 'none';
  readonly run: (call: Call) => Promise<number | undefined>;
}

export interface OptionSpec {
  /** `--rate <n>` */
  readonly flags: string;
  readonly about: string;
  readonly initial?: string | number | boolean;
  /** `initial` in words, where the value itself says little */
  readonly initially?: string;
  readonly choices?: readonly string[];
  readonly parse?: (text: string) => unknown;
}

/** Takes the exit code. */
export type Finish = (code: number) => void;

/** One use of a verb. */
export class Call {
  readonly args: readonly string[];
  readonly options: Options;
  readonly out: Output;
  readonly environment: Environment;

  constructor(args: readonly string[], options: Options, environment: Environment) {
    this.args = args;
    this.options = options;
    this.environment = environment;
    this.out = new Output(options['json'] === true);
  }

  arg(index: number): string {
    const value = this.args[index];
    if (value === undefined) throw new PskyError('bad-usage', 'An argument is missing.');
    return value;
  }

  text(name: string): string | undefined {
    const value = this.options[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** @param otherwise where it is not given; an option with an initial value needs none */
  number(name: string, otherwise?: number): number {
    const value = this.options[name] ?? otherwise;
    assert(typeof value === 'number', `${name} is a number, given or initial`);
    return value;
  }

  flag(name: string): boolean {
    return this.options[name] === true;
  }

  get homePath(): string {
    return this.text('home') ?? defaultHome(this.environment);
  }

  home(): Home {
    return openHome(this.homePath);
  }

  /** the members that --node chooses, in name order */
  members(): ReadonlyMap<string, NodeHome> {
    return membersOf(this.home(), this.text('node'));
  }
}

/** Adds a verb to the program or to a group of verbs (`keys`, `tx`). */
export function addVerb(parent: Command, spec: VerbSpec, finish: Finish): Command {
  const command = parent.command(spec.words).description(spec.summary);
  if (spec.home !== 'none') {
    command.option('--home <folder>', 'home of a node or a devnet (default: PSKY_HOME, else .psky)');
    command.option('--node <member>', 'one member of a devnet, instead of all or the first that lives');
  }
  command.option('--json', 'print one line of JSON and nothing else');
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  if (spec.choices !== undefined) command.registeredArguments[0]?.choices([...spec.choices]);
  command.action(async (...given: unknown[]) => {
    // a verb that runs and has subverbs takes no words of its own: what is left over is a subverb that there is not
    if (command.commands.length > 0 && command.args.length > 0) return refuseSubverb(command);
    const options = command.optsWithGlobals() as Options;
    const args = given
      .slice(0, command.registeredArguments.length)
      .flat()
      .filter((each) => each !== undefined);
    const call = new Call(args.map(String), options, process.env);
    try {
      finish((await spec.run(call)) ?? exitCode.ok);
    } catch (error) {
      finish(call.out.failure(error));
    }
  });
  return command;
}

function optionOf(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.about);
  if (spec.choices !== undefined) option.choices([...spec.choices]);
  if (spec.parse !== undefined) option.argParser(spec.parse);
  if (spec.initial !== undefined) option.default(spec.initial, spec.initially);
  return option;
}

/** commander answers so by itself, with the nearest word, only where the verb above does nothing. */
function refuseSubverb(command: Command): void {
  (command as Command & { unknownCommand(): void }).unknownCommand();
}

/** An option's value that must be a whole number. */
export function wholeNumber(range: { readonly min: number; readonly max: number }): (text: string) => number {
  return (text) => {
    const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= range.min && value <= range.max)) {
      throw new InvalidArgumentError(`Expected a whole number from ${range.min} to ${range.max}.`);
    }
    return value;
  };
}

/** timers of Node count to 24 days, and fire at once beyond */
const maxDurationMs = 24 * 3_600_000;

/** @returns milliseconds; accepts 500ms, 10s, 2m and plain seconds, up to a day */
export function duration(text: string): number {
  const [, digits, unit] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m)?$/.exec(text) ?? [];
  const ms = Math.round(Number(digits) * (unit === 'ms' ? 1 : unit === 'm' ? 60_000 : 1_000));
  if (!(ms <= maxDurationMs)) throw new InvalidArgumentError('Expected a duration up to a day, as 500ms, 10s or 2m.');
  return ms;
}

export const timeoutOption: OptionSpec = {
  flags: '--timeout <duration>',
  about: 'how long to wait, e.g. 10s',
  initial: 10_000,
  initially: '10s',
  parse: duration,
};
