// Pages of the verbs for choreographies.

import { exitCode } from '../exit.ts';
import { homeVariable, type Page } from './page.ts';

const { ok, error, usage, broken, unwritable, retry, badConfiguration } = exitCode;

const instanceFiles = [
  ['swarms/local/', 'the state of the agents'],
  ['swarms/cluster/<role>/', 'that of an agent in a process of its own'],
  ['swarms/agents/', 'their keys, mode 0600'],
  ['swarms/descriptions/', 'of the processes that ran here, by hash'],
] as const;

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
    seeAlso: ['run', 'test'],
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
      ['swarms/descriptions/', 'of the processes that ran here, by hash'],
      ['swarms/swarms.log', 'what happened'],
    ],
    environment: [homeVariable],
    exits: [ok, error, usage, unwritable, badConfiguration],
    seeAlso: ['check', 'test', 'swarms'],
  },
  swarms: {
    about: [
      'Looks at the instances that psky run has left in a home, ended or under way. Agents that another process runs are left out, and said.',
    ],
    examples: [
      ['swarms list', 'Which are there?'],
      ['swarms show 5f0c9f8f5cf4fbd1bd10a9a4bb6b9b5b', 'What happened in one, and is it what was signed?'],
    ],
    environment: [homeVariable],
    exits: [ok, error, usage, broken, unwritable, retry, badConfiguration],
    seeAlso: ['run', 'check'],
  },
  'swarms list': {
    about: [
      'Prints each instance with its process, its life, the phases that it waits for, and when it started and last went on. Every one is read from its records and verified as by psky swarms show; the exit code is 70 where one is not what was signed.',
    ],
    examples: [
      ['swarms list', 'The fifty newest:'],
      ['swarms list --limit 5 --json', 'The five newest, for a script:'],
    ],
    files: instanceFiles,
    environment: [homeVariable],
    exits: [ok, error, usage, broken, badConfiguration],
    seeAlso: ['swarms show', 'run'],
  },
  'swarms show': {
    about: [
      'Reads the chain of an instance again from its first record: each hash, each signature, and each move against the description that the starter signed. Then it compares what the other parties in the home have stored, and checks the word of the keeper for the chain as a whole. Where a record does not fit it says which and why, and ends with 70.',
      'It prints the hops, what the starter sees of the state, where the state machine of the process stands, how it ended or what it waits for. Neither the program nor its agents are needed.',
    ],
    examples: [
      ['swarms show order-17', 'What happened in it?'],
      ['swarms show order-17 --json', 'The same for a script:'],
    ],
    files: instanceFiles,
    environment: [homeVariable],
    exits: [ok, error, usage, broken, badConfiguration],
    seeAlso: ['swarms list', 'swarms retry', 'run'],
  },
  'swarms cancel': {
    about: [
      'Starts the agents of the home as psky run does, with what the run.ts beside the *.swarm.ts brings to each role, has the keeper of the instance cancel it, and waits until what it had done is undone and everybody has been told. An instance that is over stays as it is; one that is not verified is left alone, with 70. What is not through after --timeout goes on at the next start: it says what it waits for, and ends with 75.',
    ],
    examples: [
      ['swarms cancel order-17 examples/purchase', 'It is not wanted any more:'],
      ['swarms cancel order-17 examples/purchase --timeout 2m --json', 'With more patience, for a script:'],
    ],
    files: instanceFiles,
    environment: [homeVariable],
    exits: [ok, error, usage, broken, unwritable, retry, badConfiguration],
    seeAlso: ['swarms show', 'swarms retry', 'run'],
  },
  'swarms retry': {
    about: [
      'Starts the agents of the home as psky run does, with what the run.ts beside the *.swarm.ts brings to each role, and goes on with one instance: whoever did not answer and was given up is asked again. It waits until the instance is over, and ends as psky run does; after --timeout it says what it waits for, and ends with 75.',
    ],
    examples: [
      ['swarms retry order-17 examples/purchase', 'Its process was killed:'],
      ['swarms retry order-17 examples/purchase --runtime cluster', 'It ran in a cluster:'],
    ],
    files: instanceFiles,
    environment: [homeVariable],
    exits: [ok, error, usage, broken, unwritable, retry, badConfiguration],
    seeAlso: ['swarms show', 'swarms cancel', 'run'],
  },
  test: {
    about: [
      'Tries the process in each PATH, a *.swarm.ts or a folder that holds one, with run.ts beside it: in one process and in virtual time, seed by seed. A seed draws which faults fall, and runs three instances among them: messages are lost, come twice or late, processes die, parties throw and are silent. What run.ts brings is loaded anew for each seed.',
      'Whatever happens, the starter must be told how each instance ended, everybody else who is to know it too, all chains must agree, each run of a phase must take effect once, and no text or bytes of eight bytes or more that are sealed may be in clear on a wire or a disk. A seed that fails is printed with the command that tries it again.',
      'Then it says where the instances have been: in how many seeds each phase, each successor and each end was reached, and which ones never were. Another --input reaches others.',
      'A PATH that ends with .test.ts is a file of tests: it is bundled and run by the test runner of Node (node --test), whose output and exit code are passed on. With --json its output goes to standard error.',
    ],
    examples: [
      ['test examples/purchase', 'Does it hold, and what was tried?'],
      ['test examples/purchase --seed 7', 'One seed again:'],
      ['test examples/purchase --seeds 500 --faults deaths,silent --json', 'More of some faults, for a script:'],
      ['test test/purchase.test.ts', 'Tests of your own:'],
    ],
    exits: [ok, error, usage],
    seeAlso: ['check', 'run', 'sim'],
  },
};
