// Pages of the verbs for choreographies.

import { exitCode } from '../exit.ts';
import { homeVariable, type Page } from './page.ts';

const { ok, error, usage, unwritable, badConfiguration } = exitCode;

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
    seeAlso: ['run', 'sim'],
  },
  run: {
    about: [
      'Starts one instance of the process in PATH, a *.swarm.ts or a folder that holds one, with run.ts beside it, and waits until it is over. run.ts says who starts it with what, and what each role brings: export default { start: { role, input }, agents: { role: implementation } }.',
      'Each role has an agent with keys and a state of its own: in this process, or with --runtime cluster each in a process of its own, linked over loopback. Everything that leaves an agent is signed, and what not all may see is sealed. What is done is on the disk before anything follows from it: a process that is killed goes on where it was, with the next psky run on this home. With --instance a second start goes on with the first one.',
      'The exit code is 0 where an end was reached, whichever, and 1 where the instance failed or was cancelled.',
    ],
    examples: [
      ['run examples/purchase', 'A purchase, as run.ts says:'],
      ['run examples/purchase --runtime cluster', 'The same, each party in a process of its own:'],
      ['run examples/echo --input \'{"words":"hello"}\' --json', 'With another input, for a script:'],
    ],
    files: [
      ['swarms/local/', 'the state of the agents'],
      ['swarms/cluster/<role>/', 'that of an agent in a process of its own'],
      ['swarms/agents/', 'their keys, mode 0600'],
      ['swarms/swarms.log', 'what happened'],
    ],
    environment: [homeVariable],
    exits: [ok, error, usage, unwritable, badConfiguration],
    seeAlso: ['check', 'sim'],
  },
};
