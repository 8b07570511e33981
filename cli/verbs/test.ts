// psky test: what it is called with; the work is in swarms/test-paths.ts.

import type { Command } from 'commander';
import { maxSeeds } from '../../testing/limits.ts';
import { addVerb, type Finish, wholeNumber } from '../verb.ts';

export function addTest(program: Command, finish: Finish): void {
  addVerb(
    program,
    {
      words: 'test <file...>',
      summary: 'try choreographies in virtual time under many seeds, or run tests of them',
      home: 'none',
      options: [
        {
          flags: '--seeds <n>',
          about: 'how many are tried',
          initial: 20,
          parse: wholeNumber({ min: 1, max: maxSeeds }),
        },
        {
          flags: '--seed <n>',
          about: 'only this one, as one that failed is tried again',
          parse: wholeNumber({ min: 0, max: 2 ** 32 - 1 }),
        },
        {
          flags: '--faults <kinds>',
          about: 'all, none, or lost, twice, late, deaths, throws, silent, separated by commas',
          initial: 'all',
        },
        { flags: '--input <json>', about: 'in place of the input in run.ts' },
      ],
      // compiler and bundler take 60 MB, which no other process should hold
      run: async (call) => (await import('../swarms/test-paths.ts')).testPaths(call),
    },
    finish,
  );
}
