// psky check: what it is called with; the work is in check-files.ts.

import type { Command } from 'commander';
import { addVerb, type Finish } from '../verb.ts';

export function addCheck(program: Command, finish: Finish): void {
  addVerb(
    program,
    {
      words: 'check <file...>',
      summary: 'say what is wrong with choreographies, without running them',
      home: 'none',
      options: [
        { flags: '--diagram', about: 'draw what is right: the whole and each role' },
        { flags: '--output <folder>', about: 'where drawings go; beside the file if not given' },
      ],
      // the compiler that reads sources takes 50 MB, which no other process should hold
      run: async (call) => (await import('../check-files.ts')).checkFiles(call),
    },
    finish,
  );
}
