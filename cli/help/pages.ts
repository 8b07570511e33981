// All pages of --help by the words of their verbs, and how the program's own page groups the verbs. A verb without a page is
// not built (format.ts), so nothing is missing.

import { exitCode } from '../exit.ts';
import { clientPages } from './client-pages.ts';
import { networkPages } from './network-pages.ts';
import { operationPages } from './operation-pages.ts';
import { homeVariable, type Page } from './page.ts';
import { processPages } from './process-pages.ts';

/** of the verbs on the program's own page */
export const groups: readonly (readonly [title: string, verbs: readonly string[]])[] = [
  ['Run a network', ['dev', 'init', 'testnet', 'start', 'stop', 'reset']],
  ['Send and read', ['tx', 'query', 'keys']],
  ['See how it is', ['status', 'why', 'logs', 'inspect', 'show-node-id', 'show-validator']],
  ['Write processes', ['check', 'run', 'test', 'swarms']],
  ['Measure and test', ['load', 'sim']],
  ['This program', ['completion', 'version']],
];

const { ok, error, usage, broken, unwritable, retry, badConfiguration } = exitCode;

const pages: Readonly<Record<string, Page>> = {
  '': {
    about: [
      'A network of validators orders signed commands under Byzantine fault tolerance, executes them, persists them, and proves the result to whoever asks. Every verb prints one line of JSON with --json, and `psky <verb> --help` explains it.',
      'Verbs find the network in the home that --home names, else PSKY_HOME, else .psky of the current folder.',
    ],
    examples: [
      ['dev', 'A network of four validators on this machine:'],
      ['tx put greeting hello', 'A signed command, from another terminal:'],
      ['query get greeting --prove', 'What it stored, with a proof that is checked here:'],
    ],
    environment: [
      homeVariable,
      ['PSKY_<SECTION>_<KEY>', 'a setting of config.toml, e.g. PSKY_RPC_PORT=27661'],
      ['NO_COLOR', 'no colours, on a terminal either'],
    ],
    exits: [ok, error, usage, broken, unwritable, retry, badConfiguration],
    seeAlso: ['dev --help', 'status --help', 'why --help', 'completion --help'],
  },
  ...networkPages,
  ...clientPages,
  ...operationPages,
  ...processPages,
};

export function pageOf(words: string): Page | undefined {
  return pages[words];
}

/** Of all pages. */
export function pageWords(): readonly string[] {
  return Object.keys(pages);
}
