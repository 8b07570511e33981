// Pages of the verbs that look at a network or measure it, and of those about psky itself.

import { exitCode } from '../exit.ts';
import { atHome, atNode, homeVariable, ofHome, type Page } from './page.ts';

const { ok, error, usage, broken, unwritable } = exitCode;

export const operationPages: Readonly<Record<string, Page>> = {
  status: {
    about: [
      'First the sentence of psky why, then a line per member. role: leader (of the term that it is in), validator or follower. lag: blocks that some member has committed and this one has not executed yet. restarts: by the supervisor of a devnet, since it started. up: since the member began to listen. rpc: the port of its RPC address.',
      'A member that does not answer within 1.5 s is down; one that ended by itself is failed. With --watch the picture is drawn anew until Ctrl-C.',
    ],
    examples: [
      ['status', 'How it is:'],
      ['status --watch 2s', 'Every two seconds:'],
      ['status --home /tmp/net --json', 'For a script:'],
    ],
    files: [
      ['run/node.json', 'where a running node listens'],
      ['run/failure.json', 'why the last process ended by itself'],
    ],
    environment: [homeVariable, ['NO_COLOR', 'no colours, on a terminal either']],
    exits: atHome,
    seeAlso: ['why', 'logs', 'inspect'],
  },
  why: {
    about: [
      'Whether the chain makes progress; if not, since when, who is missing or what holds it up; and the command that helps.',
    ],
    examples: [['why --home /tmp/net', 'After psky dev kill:']],
    ...ofHome,
    seeAlso: ['status', 'logs'],
  },
  logs: {
    about: [
      'Lines of all members in the order of their instants (UTC): time, member, level, module, message, fields. Rotated files are read as far as --lines or --since reach back, and --follow goes on across a rotation. Hashes are cut to eight digits; with --json every line is printed as it stands in the file.',
    ],
    examples: [
      ['logs --follow', 'All members, as it comes:'],
      ['logs --since 10m --level warn', 'What went wrong in the last ten minutes:'],
      ['logs --node v2 --module net,consensus -f', 'Two modules of one member:'],
    ],
    files: [['logs/node.log', 'the newest lines; node.log.1 to node.log.4 older ones, 16 MiB each']],
    environment: [homeVariable, ['NO_COLOR', 'no colours, on a terminal either']],
    exits: atHome,
    seeAlso: ['status', 'inspect events'],
  },
  inspect: {
    about: ['Asks a running node over its admin socket, which only the owner of the home reaches.'],
    examples: [['inspect actors --home /tmp/net --node v2', 'What a member consists of:']],
    files: [['admin.sock', 'the socket']],
    ...ofHome,
    seeAlso: ['inspect actors', 'inspect events', 'status', 'logs'],
  },
  'inspect actors': {
    about: [
      'A line per actor: kind, state, messages that wait and room for how many, restarts, last error. With an address everything that is known of this one.',
    ],
    examples: [['inspect actors --home /tmp/net --node v2', 'All actors of a member:']],
    files: [['admin.sock', 'the socket']],
    ...ofHome,
    seeAlso: ['inspect events'],
  },
  'inspect events': {
    about: [
      'The newest transitions, with --follow those that come too: when, which actor, from which state, by which event, to which.',
    ],
    examples: [['inspect events --follow --json --home /tmp/net', 'As they come:']],
    files: [['admin.sock', 'the socket']],
    ...ofHome,
    seeAlso: ['inspect actors', 'logs'],
  },
  'show-node-id': {
    about: ['The id stands in addresses, wss://<node id>@<host>:<port>, and is the pin of the connection.'],
    examples: [['show-node-id --home ~/node1', 'For the peers of another node:']],
    files: [['config/node_key.json', 'the key behind it']],
    ...ofHome,
    seeAlso: ['show-validator', 'init'],
  },
  'show-validator': {
    about: ['Public keys only, in the form in which a genesis lists validators.'],
    examples: [['show-validator --home ~/node1 --json', 'For the one who writes the genesis:']],
    files: [['config/validator_key.json', 'the key behind it']],
    ...ofHome,
    seeAlso: ['show-node-id', 'init'],
  },
  load: {
    about: [
      'Offers commands at a given rate whatever the network does (an open loop, so that a stall counts for everybody who would have waited), from processes of their own, and reports committed, refused, lost and the latency to the receipt. With --find-max it searches the highest rate with p99 below 1 s, 98 % committed and nothing lost, in at most 240 s.',
    ],
    examples: [
      ['load --mode blob --rate 5000 --size 512 --seconds 10 --report load.html', 'One rate, with a page of curves:'],
      ['load --mode signed --find-max --json', 'The limit for signed commands:'],
      ['load --rate 5000 --profile', 'Where the time of the validators goes:'],
    ],
    environment: [homeVariable],
    exits: [...atNode, broken, unwritable],
    seeAlso: ['status', 'sim'],
  },
  sim: {
    about: [
      'Runs the production code, N nodes in one process, on simulated disks, networks and clocks. The same seed gives the same bytes. A violated invariant ends with 70 and prints the command that replays it.',
    ],
    examples: [
      ['sim --seed 7 --validators 4 --virtual-seconds 60', 'A minute with every kind of fault:'],
      ['sim --seed 7 --faults crash,partition --trace', 'Two kinds, with what happened:'],
      ['sim --seed 11 --workload examples/trade-finance', 'A choreography, each agent on a machine of its own:'],
    ],
    exits: [ok, error, usage, broken],
    seeAlso: ['load', 'run'],
  },
  completion: {
    about: [
      'The script asks psky itself at every Tab, so that it knows the verbs and options of the version that runs; it completes names of members, chains and keys too where it finds a home.',
    ],
    examples: [
      [
        'completion bash > ~/.local/share/bash-completion/completions/psky',
        'bash, for every new shell (or source <(psky completion bash) for this one):',
      ],
      ['completion zsh > "${fpath[1]}/_psky"', 'zsh, for every new shell:'],
      ['completion fish > ~/.config/fish/completions/psky.fish', 'fish, for every new shell:'],
    ],
    exits: [ok, usage],
    seeAlso: ['version'],
  },
  version: {
    about: ['With --json also the Node that runs it.'],
    examples: [['version --json', 'For a report:']],
    exits: [ok, usage],
    seeAlso: ['completion'],
  },
};
