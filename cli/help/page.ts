// The shape of a page of --help beyond what a verb declares, and what many pages say alike.

import { exitCode } from '../exit.ts';

export interface Page {
  /** paragraphs */
  readonly about: readonly string[];
  /** command line without the leading `psky`, and what it does */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** path inside the home, and what it holds */
  readonly files?: readonly (readonly [path: string, what: string])[];
  readonly environment?: readonly (readonly [name: string, what: string])[];
  readonly exits: readonly (typeof exitCode)[keyof typeof exitCode][];
  /** verbs, without the leading `psky` */
  readonly seeAlso: readonly string[];
}

const { ok, error, usage, retry, badConfiguration } = exitCode;
/** exit codes of every verb that reads a home */
export const atHome = [ok, error, usage, badConfiguration];
/** of those that ask a node */
export const atNode = [...atHome, retry];
export const homeVariable = [
  'PSKY_HOME',
  'the home where --home is not given; without both .psky of the current folder',
] as const;

/** what every verb that reads a home has */
export const ofHome = { environment: [homeVariable], exits: atHome };
/** what those have that ask a node */
export const ofNode = { environment: [homeVariable], exits: atNode };
/** of verbs that use the keys of accounts */
export const keyFiles = [['keys/', 'one file per key, mode 0600']] as const;
