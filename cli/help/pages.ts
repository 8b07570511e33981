// What a page of --help says beyond what a verb declares: description, examples, files, exit codes, where to look next.
// A verb without a page does not build (format.ts), so the table is whole.

import { exitCode } from '../exit.ts';

export interface Page {
  /** paragraphs */
  readonly about: readonly string[];
  /** command line without the leading `psky`, and what it does */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** path inside the home, and what it holds */
  readonly files?: readonly (readonly [path: string, what: string])[];
  readonly environment?: readonly (readonly [name: string, what: string])[];
  readonly exits: readonly (typeof exitCode)[keyof typeof exitCode][];
  /** verbs, without the leading `psky` */
  readonly seeAlso: readonly string[];
}

/** of the verbs on the program's own page */
export const groups: readonly (readonly [title: string, verbs: readonly string[]])[] = [
  ['Run a network', ['dev', 'init', 'testnet', 'start', 'stop', 'reset']],
  ['Send and read', ['tx', 'query', 'keys']],
  ['See how it is', ['status', 'why', 'logs', 'inspect', 'show-node-id', 'show-validator']],
  ['Measure and test', ['load', 'sim']],
  ['This program', ['completion', 'version']],
];

export function pageOf(words: string): Page | undefined {
  return pages[words];
}

/** Of all pages. */
export function pageWords(): readonly string[] {
  return Object.keys(pages);
}

const { ok, error, usage, broken, unwritable, retry, badConfiguration } = exitCode;
/** of every verb that reads a home */
const atHome = [ok, error, usage, badConfiguration];
/** of those that speak to a node */
const atNode = [...atHome, retry];
const homeVariable = [
  'PSKY_HOME',
  'the home where --home is not given; without both .psky of the current folder',
] as const;

const pages: Readonly<Record<string, Page>> = {
  '': {
    about: [
      'A network of validators orders signed commands under Byzantine fault tolerance, executes them, persists them, and proves the result to whoever asks. Every verb prints one line of JSON with --json, and `psky <verb> --help` explains it.',
      'Verbs find the network in the home that --home names, else PSKY_HOME, else .psky of the current folder.',
    ],
    examples: [
      ['dev', 'A network of four validators on this machine:'],
      ['tx put greeting hello', 'A signed command, from another terminal:'],
      ['query get greeting --prove', 'What it stored, with a proof that is checked here:'],
    ],
    environment: [
      homeVariable,
      ['PSKY_<SECTION>_<KEY>', 'a setting of config.toml, e.g. PSKY_RPC_PORT=27661'],
      ['NO_COLOR', 'no colours, on a terminal either'],
    ],
    exits: [ok, error, usage, broken, unwritable, retry, badConfiguration],
    seeAlso: ['dev --help', 'status --help', 'why --help', 'completion --help'],
  },
  dev: {
    about: [
      'Makes a devnet in the home when there is none, and resumes it when there is: one process per validator, restarted when it crashes, an account `dev` with a plain key, and the chains `main` (keys and values) and `bench` (blobs for measuring). Ready means that a first command was committed.',
      'Ctrl-C drains all members; a second one, a second later or more, forces. With --detach one supervising process stays, and psky dev stop ends it.',
    ],
    examples: [
      ['dev', 'Four validators on the standard ports, until Ctrl-C:'],
      ['dev --home /tmp/net --ports auto --detach --json', 'In the background on free ports, for a script:'],
      ['dev --validators 1', 'A network of one, which tolerates nothing and shows everything:'],
    ],
    files: [
      ['v1/ v2/ …', 'the homes of the members'],
      ['devnet.json', 'their names'],
      ['keys/', 'keys of accounts'],
    ],
    environment: [homeVariable],
    exits: [ok, error, usage, badConfiguration],
    seeAlso: ['dev kill', 'dev revive', 'dev stop', 'status', 'reset'],
  },
  'dev kill': {
    about: [
      'The process ends at once, as when a machine loses power. Its supervisor does not start it again until psky dev revive.',
    ],
    examples: [['dev kill v3 --home /tmp/net', 'Take one of four away; the others go on:']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['dev revive', 'why'],
  },
  'dev revive': {
    about: [
      'Starts a member that was killed, or that was given up because it ended five times in a row for the same reason, with a clean slate. Returns when it listens.',
    ],
    examples: [['dev revive v3 --home /tmp/net', 'Bring it back:']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['dev kill', 'status'],
  },
  'dev stop': {
    about: [
      'Drains every member (admission stops, the block that is being executed is finished, journals are flushed) and ends the supervising process. What takes longer than 8 seconds is cut off; the next start executes it.',
    ],
    examples: [['dev stop --home /tmp/net', 'No process is left:']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['dev', 'stop'],
  },
  init: {
    about: [
      'With the file of a network and the addresses of some members the node follows that network: it verifies, serves reads with proofs and forwards commands. With --validator it gets a key to sign with, and waits for a genesis that names it.',
      'An existing home is never changed. The node id in an address is the pin: a machine with another key is not spoken to.',
    ],
    examples: [
      ['init --home ~/node1 --genesis genesis.json --peers wss://3f…@10.0.0.1:27650', 'A follower:'],
      ['init --home ~/node1 --validator', 'A validator whose genesis comes later:'],
    ],
    files: [
      ['config/config.toml', 'settings, each with a word on it'],
      ['config/genesis.json', 'the network: validators, chains, who may follow'],
      ['config/node_key.json', 'who this node is to its peers'],
      ['config/validator_key.json', 'what it signs with; never on two running nodes'],
    ],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['testnet', 'start', 'show-node-id', 'show-validator'],
  },
  testnet: {
    about: [
      'One folder per member with its keys, its settings and the same genesis. Copy each to its machine; the key files keep mode 0600.',
    ],
    examples: [
      ['testnet --validators 4 --home net --hosts 10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4', 'Four machines:'],
      ['testnet --ports auto --home net', 'Four members on this machine, each started by hand:'],
    ],
    files: [['v1/ v2/ …', 'the homes of the members']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['init', 'start'],
  },
  start: {
    about: [
      'Runs in the foreground until SIGTERM or Ctrl-C drains it; a second signal, a second later or more, forces. SIGHUP reads the log levels and the peers of config.toml again. One process per home: a second one is refused.',
    ],
    examples: [
      ['start --home ~/node1', 'In the foreground:'],
      ['start --home ~/node1 --detach --json', 'In the background; prints where it listens:'],
    ],
    files: [
      ['data/', 'journal and store'],
      ['logs/node.log', 'JSON lines, rotated: node.log.1 is the newest of four old ones'],
      ['run/', 'which process runs, and why the last one ended'],
      ['admin.sock', 'the socket for its owner'],
    ],
    environment: [homeVariable, ['PSKY_<SECTION>_<KEY>', 'a setting of config.toml, e.g. PSKY_RPC_PORT=27661']],
    exits: [...atHome, unwritable],
    seeAlso: ['stop', 'status', 'logs', 'init'],
  },
  stop: {
    about: [
      'Sends SIGTERM and waits until the process is gone; after 9.5 seconds it is killed, which is safe and only costs the recovery. A whole devnet is drained as by psky dev stop.',
    ],
    examples: [['stop --home ~/node1', 'Drain a node:']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['start', 'dev stop'],
  },
  reset: {
    about: [
      'Keys, settings and genesis stay. A validator that lost its data may have signed votes that it no longer remembers: it comes back fenced, follows, and needs a new key to sign again. Without --node a devnet is removed whole, its keys too.',
    ],
    examples: [
      ['reset --home ~/node1 -y', 'Empty a node without being asked:'],
      ['reset --home /tmp/net --node v3', 'One member of a devnet, while the others go on:'],
    ],
    files: [['data/', 'what is removed']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['stop', 'dev'],
  },
  tx: {
    about: [
      'Signs a command with a key of the home, sends it to the first member that takes it, and waits until it is final. Nothing is sent twice: the nonce makes a repetition harmless.',
    ],
    examples: [['tx put greeting hello', 'Store a value:']],
    environment: [homeVariable],
    exits: [...atNode],
    seeAlso: ['tx put', 'tx delete', 'tx cas', 'tx bundle', 'query', 'keys'],
  },
  'tx put': {
    about: [
      'Prints at which height the command was committed, and its hash, by which psky query receipt finds it. With --sign-only it prints the signed entry and sends nothing.',
    ],
    examples: [
      ['tx put greeting hello', 'Store a value:'],
      ['tx put greeting hello --from alice --json', 'As another account, for a script:'],
      ['tx put 00ff c0ffee --hex', 'Bytes instead of text:'],
    ],
    environment: [homeVariable],
    exits: atNode,
    seeAlso: ['query get', 'query receipt', 'tx bundle'],
  },
  'tx delete': {
    about: ['Removes the key and its value. Removing what is not there succeeds.'],
    examples: [['tx delete greeting', 'Remove it:']],
    environment: [homeVariable],
    exits: atNode,
    seeAlso: ['tx put', 'query get'],
  },
  'tx cas': {
    about: [
      'Writes only where the value that stands is the expected one, so that two writers never overwrite each other unseen. Where another value stands, nothing changes and the exit code is 1.',
    ],
    examples: [
      ['tx cas greeting hello goodbye', 'Replace hello by goodbye:'],
      ['tx cas greeting hello --absent', 'Write only the first value:'],
      ['tx cas greeting goodbye --remove', 'Remove only what is known:'],
    ],
    environment: [homeVariable],
    exits: atNode,
    seeAlso: ['tx put', 'query get'],
  },
  'tx bundle': {
    about: [
      'The file holds a JSON list such as [{"put":["key","value"]},{"delete":["key"]},{"cas":["key","old","new"]}]; null in cas is no value. All operations have effect or none, unless --independent.',
    ],
    examples: [
      ['tx bundle operations.json', 'All or none:'],
      ['tx bundle operations.json --independent', 'Each for itself:'],
    ],
    environment: [homeVariable],
    exits: atNode,
    seeAlso: ['tx put', 'load'],
  },
  query: {
    about: [
      'Asks the first member that answers. A plain answer is as trustworthy as that member; what can be proved is checked here against the genesis alone.',
    ],
    examples: [['query get greeting --prove', 'Believe only what the validators certified:']],
    environment: [homeVariable],
    exits: [...atNode, broken],
    seeAlso: ['query get', 'query account', 'query receipt', 'tx'],
  },
  'query get': {
    about: [
      'With --prove the member must show the signatures of a quorum over a header, and a Merkle path from its state root to the value. A proof that does not hold ends with 70.',
    ],
    examples: [
      ['query get greeting', 'As the member says:'],
      ['query get greeting --prove --json', 'Proved, with the validators that signed:'],
    ],
    environment: [homeVariable],
    exits: [...atNode, broken],
    seeAlso: ['tx put', 'query account'],
  },
  'query account': {
    about: [
      'The highest nonce that the account has used, the bytes that it stores, and its keys. An account exists from its first command on.',
    ],
    examples: [['query account dev --json', 'The account of a devnet:']],
    environment: [homeVariable],
    exits: atNode,
    seeAlso: ['keys list', 'query get'],
  },
  'query receipt': {
    about: [
      'Whether the command with this hash is accepted, committed, refused or unknown, at which height, and what it came to.',
    ],
    examples: [['query receipt 3f1c… --json', 'By the hash that psky tx printed:']],
    environment: [homeVariable],
    exits: atNode,
    seeAlso: ['tx put'],
  },
  keys: {
    about: [
      'A key is one file, sealed under a passphrase; on a devnet it may be plain. The hash of its public half is the account.',
    ],
    examples: [['keys new alice', 'Make one:']],
    files: [['keys/', 'one file per key, mode 0600']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['keys new', 'keys list', 'keys export', 'keys import', 'tx'],
  },
  'keys new': {
    about: [
      'Asks for the passphrase on a terminal, or reads it from a file. An existing key of this name is never replaced.',
    ],
    examples: [
      ['keys new alice', 'Sealed:'],
      ['keys new alice --plain --home /tmp/net', 'Without a passphrase, on a devnet:'],
    ],
    files: [['keys/', 'one file per key, mode 0600']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['keys export', 'tx put'],
  },
  'keys list': {
    about: ['Names, accounts, and whether each is sealed. Secrets are not read.'],
    examples: [['keys list', 'All keys of the home:']],
    files: [['keys/', 'one file per key, mode 0600']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['keys new', 'query account'],
  },
  'keys export': {
    about: [
      'The copy is always sealed: a plain key gets a passphrase on its way out. An existing file is not replaced.',
    ],
    examples: [['keys export alice alice.json', 'A copy to keep:']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['keys import'],
  },
  'keys import': {
    about: ['A plain key is taken on a devnet only. An existing key of this name is never replaced.'],
    examples: [['keys import alice alice.json', 'From a copy:']],
    files: [['keys/', 'one file per key, mode 0600']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['keys export', 'keys list'],
  },
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
    environment: [homeVariable],
    exits: atHome,
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
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['inspect actors', 'inspect events', 'status', 'logs'],
  },
  'inspect actors': {
    about: [
      'A line per actor: kind, state, messages that wait and room for how many, restarts, last error. With an address everything that is known of this one.',
    ],
    examples: [['inspect actors --home /tmp/net --node v2', 'All actors of a member:']],
    files: [['admin.sock', 'the socket']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['inspect events'],
  },
  'inspect events': {
    about: [
      'The newest transitions, with --follow those that come too: when, which actor, from which state, by which event, to which.',
    ],
    examples: [['inspect events --follow --json --home /tmp/net', 'As they come:']],
    files: [['admin.sock', 'the socket']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['inspect actors', 'logs'],
  },
  'show-node-id': {
    about: ['The id stands in addresses, wss://<node id>@<host>:<port>, and is the pin of the connection.'],
    examples: [['show-node-id --home ~/node1', 'For the peers of another node:']],
    files: [['config/node_key.json', 'the key behind it']],
    environment: [homeVariable],
    exits: atHome,
    seeAlso: ['show-validator', 'init'],
  },
  'show-validator': {
    about: ['Public keys only, in the form in which a genesis lists validators.'],
    examples: [['show-validator --home ~/node1 --json', 'For the one who writes the genesis:']],
    files: [['config/validator_key.json', 'the key behind it']],
    environment: [homeVariable],
    exits: atHome,
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
    ],
    exits: [ok, error, usage, broken],
    seeAlso: ['load'],
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
