// psky inspect: the actors of a node, and what its state machines do.

import type { Command } from 'commander';
import type { ActorDetail, SystemReport, TransitionRecord } from '../../actors/index.ts';
import { type AdminClient, connectAdmin } from '../../net/drivers/admin-client.ts';
import { exitCode } from '../exit.ts';
import { formatTable } from '../output.ts';
import { type RemoteError, remoteError } from '../remote-error.ts';
import { liveMembers } from '../running.ts';
import { stillRead } from '../terminal.ts';
import { addVerb, type Call, type Finish } from '../verb.ts';

export function addInspect(program: Command, finish: Finish): void {
  const inspect = program.command('inspect').description('look into a running node').enablePositionalOptions();
  const specs = [
    {
      words: 'actors [address]',
      summary: 'print all actors with their states, mailboxes and last errors',
      run: actors,
    },
    {
      words: 'events',
      summary: 'print the transitions of all state machines',
      options: [{ flags: '-f, --follow', about: 'go on until interrupted' }],
      run: events,
    },
  ];
  for (const spec of specs) addVerb(inspect, spec, finish);
}

/** To the first member that lives. */
function connect(call: Call): Promise<AdminClient> {
  const [first] = liveMembers(call.members());
  return connectAdmin(first.home.path);
}

async function actors(call: Call): Promise<number> {
  const client = await connect(call);
  try {
    const [address] = call.args;
    if (address !== undefined) {
      const detail = (await client.call('actor', { address })) as ActorDetail;
      call.out.result(detail, JSON.stringify(detail, undefined, 2));
      return exitCode.ok;
    }
    const report = (await client.call('actors')) as SystemReport;
    const rows = report.actors.map((each) => [
      each.address.replace(/^([0-9a-f]{8})[0-9a-f]{56}/, '$1…'),
      each.kind,
      each.state ?? each.life,
      `${each.mailboxDepth}/${each.mailboxCapacity}`,
      String(each.restarts),
      each.lastError?.message ?? '',
    ]);
    call.out.result(report, formatTable([['actor', 'kind', 'state', 'mailbox', 'restarts', 'last error'], ...rows]));
    return exitCode.ok;
  } finally {
    client.close();
  }
}

async function events(call: Call): Promise<number> {
  const client = await connect(call);
  return new Promise((resolve, reject) => {
    const end = (error?: RemoteError): void => {
      client.close();
      if (error === undefined) resolve(exitCode.ok);
      else reject(remoteError(error));
    };
    const print = (event: unknown): void => {
      if (!stillRead()) return end();
      process.stdout.write(`${call.out.json ? JSON.stringify(event) : describe(event as TransitionRecord)}\n`);
    };
    client.follow('events', { follow: call.flag('follow') }, print, end);
  });
}

function describe(event: TransitionRecord | { readonly lost: number }): string {
  if ('lost' in event) return `(${event.lost} transitions were overwritten before they were read)`;
  const time = new Date(event.wallMs).toISOString().slice(11, 23);
  return `${time} ${event.actor.replace(/^([0-9a-f]{8})[0-9a-f]{56}/, '$1…')} ${event.from} ─${event.event}→ ${event.to}`;
}
