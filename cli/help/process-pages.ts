// Pages of the verbs for choreographies.

import { exitCode } from '../exit.ts';
import type { Page } from './page.ts';

const { ok, error, usage } = exitCode;

export const processPages: Readonly<Record<string, Page>> = {
  check: {
    about: [
      'Reads the description out of each file, TypeScript or JavaScript, without running it, and says of every path that can hang, leak or end nowhere what is wrong, where, and what to do. What a file imports is not opened. Any diagnostic ends with 1. Each code has a page in docs/errors, and docs/language-reference.md lists them all.',
      'With --diagram a process that has none is drawn too: the whole and what each role goes through, as <file>.<whole or role>.svg and .mmd (Mermaid), beside the file or in the folder that --output names.',
    ],
    examples: [
      ['check examples/purchase/purchase.swarm.ts', 'Is it right?'],
      ['check examples/purchase/purchase.swarm.ts --diagram --output /tmp', 'What does it look like?'],
      ['check examples/echo/echo.swarm.ts examples/purchase/purchase.swarm.ts --json', 'For a script or an editor:'],
    ],
    exits: [ok, error, usage],
    seeAlso: ['sim'],
  },
};
