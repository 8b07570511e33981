// psky swarms: what its verbs are called with; the work is in swarms/read-swarms.ts and steer-swarm.ts.

import type { Command } from 'commander';
import { maxListedInstances } from '../limits.ts';
import { addVerb, type Call, type Finish, timeoutOption, wholeNumber } from '../verb.ts';

const runtimes = ['local', 'cluster'] as const;

export function addSwarms(program: Command, finish: Finish): void {
  const swarms = program.command('swarms').description('list, read, cancel and retry instances of choreographies');
  swarms.enablePositionalOptions();
  const runtime = { flags: '--runtime <name>', about: 'where one id is in both', choices: runtimes };
  const specs = [
    {
      words: 'list',
      summary: 'print the instances of a home, the newest first',
      options: [
        {
          flags: '--limit <n>',
          about: 'as many at most',
          initial: 50,
          parse: wholeNumber({ min: 1, max: maxListedInstances }),
        },
      ],
      // what reads records takes its time to load, and no other verb needs it
      run: async (call: Call) => (await import('../swarms/read-swarms.ts')).listSwarms(call),
    },
    {
      words: 'show <instance>',
      summary: 'read an instance from its records, and verify each',
      options: [runtime],
      run: async (call: Call) => (await import('../swarms/read-swarms.ts')).showSwarm(call),
    },
    {
      words: 'cancel <instance> <file>',
      summary: 'cancel an instance, and undo what it had done',
      options: [runtime, timeoutOption],
      run: async (call: Call) => (await import('../swarms/steer-swarm.ts')).cancelSwarm(call),
    },
    {
      words: 'retry <instance> <file>',
      summary: 'go on with an instance, and ask again whom it had given up',
      options: [runtime, timeoutOption],
      run: async (call: Call) => (await import('../swarms/steer-swarm.ts')).retrySwarm(call),
    },
  ];
  for (const spec of specs) addVerb(swarms, spec, finish);
}
