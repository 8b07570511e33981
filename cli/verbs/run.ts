// psky run: what it is called with; the work is in swarms/run-swarm.ts.

import type { Command } from 'commander';
import { addVerb, type Finish } from '../verb.ts';

export function addRun(program: Command, finish: Finish): void {
  addVerb(
    program,
    {
      words: 'run <file>',
      summary: 'run a choreography from its start to its end',
      options: [
        {
          flags: '--runtime <name>',
          about: 'local: all agents in this process; cluster: each in its own',
          initial: 'local',
          choices: ['local', 'cluster'],
        },
        { flags: '--input <json>', about: 'in place of the input in run.ts' },
        { flags: '--instance <id>', about: 'an id of your own; goes on with the instance that has it' },
      ],
      // compiler and bundler take 60 MB, which no other process should hold
      run: async (call) => (await import('../swarms/run-swarm.ts')).runSwarm(call),
    },
    finish,
  );
}
