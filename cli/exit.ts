// What the process says to the shell when it ends.

import type { ErrorName } from '../lib/errors.ts';

export const exitCode = {
  ok: 0,
  error: 1,
  usage: 2,
  /** an invariant is broken: a bad proof, a lost command, a violation in the simulator */
  broken: 70,
  unwritable: 73,
  retry: 75,
  badConfiguration: 78,
} as const;

/** for --help */
export const exitMeanings: Readonly<Record<(typeof exitCode)[keyof typeof exitCode], string>> = {
  0: 'done; also after a drained stop',
  1: 'an error; its code and what to do are printed',
  2: 'the command line cannot be understood',
  70: 'an invariant is broken: a bad proof, a lost command, a violation in the simulator',
  73: 'the disk cannot be written',
  75: 'not now: nobody can be reached, or it is not final yet; try again',
  78: 'the home or its settings cannot be used',
};

const special: Partial<Record<ErrorName, number>> = {
  'bad-usage': exitCode.usage,
  'confirmation-needed': exitCode.usage,
  'member-unknown': exitCode.usage,
  'passphrase-needed': exitCode.usage,
  'key-unknown': exitCode.usage,
  'bad-configuration': exitCode.badConfiguration,
  'bad-genesis': exitCode.badConfiguration,
  'key-file-exposed': exitCode.badConfiguration,
  'key-file-bad': exitCode.badConfiguration,
  'home-missing': exitCode.badConfiguration,
  'insecure-bind': exitCode.badConfiguration,
  'bad-proof': exitCode.broken,
  'simulation-failed': exitCode.broken,
  'load-lost': exitCode.broken,
  'swarm-chain-broken': exitCode.broken,
  'node-unreachable': exitCode.retry,
  'node-failed': exitCode.unwritable,
  'journal-write-failed': exitCode.unwritable,
  'shard-disk-failed': exitCode.unwritable,
  'low-disk': exitCode.unwritable,
  'load-needs-disk': exitCode.unwritable,
};

export function exitCodeOf(name: ErrorName): number {
  return special[name] ?? exitCode.error;
}
