// Pages of the verbs that make and run networks.

import { exitCode } from '../exit.ts';
import { atHome, homeVariable, ofHome, type Page } from './page.ts';

const { ok, error, usage, unwritable, badConfiguration } = exitCode;

export const networkPages: Readonly<Record<string, Page>> = {
  dev: {
    about: [
      'Makes a devnet in the home when there is none, and resumes it when there is: one process per validator, restarted when it crashes, an account `dev` with a plain key, and the chains `main` (keys and values) and `bench` (blobs for measuring). Ready means that a first command was committed.',
      'Members prove to each other who they are and encrypt what they send, by mutual TLS. --peer-tls off lets a devnet do without, to measure what that costs; the next run does the same, until --peer-tls on. A node refuses it where the genesis does not say dev, or an address is not loopback.',
      'Ctrl-C drains all members; a second one, a second later or more, forces. With --detach one supervising process stays, and psky dev stop ends it.',
    ],
    examples: [
      ['dev', 'Four validators on the standard ports, until Ctrl-C:'],
      ['dev --home /tmp/net --ports auto --detach --json', 'In the background on free ports, for a script:'],
      ['dev --home /tmp/net --ports auto --detach --peer-tls off', 'The same without TLS between its members:'],
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
    ...ofHome,
    seeAlso: ['dev revive', 'why'],
  },
  'dev revive': {
    about: [
      'Starts a member that was killed, or that was given up because it ended five times in a row for the same reason, with a clean slate. Returns when it listens.',
    ],
    examples: [['dev revive v3 --home /tmp/net', 'Bring it back:']],
    ...ofHome,
    seeAlso: ['dev kill', 'status'],
  },
  'dev stop': {
    about: [
      'Drains every member (admission stops, the block that is being executed is finished, journals are flushed) and ends the supervising process. What takes longer than 8 seconds is cut off; the next start executes it.',
    ],
    examples: [['dev stop --home /tmp/net', 'No process is left:']],
    ...ofHome,
    seeAlso: ['dev', 'stop'],
  },
  init: {
    about: [
      'With the file of a network and the addresses of some members the node follows that network: it verifies, serves reads with proofs and forwards commands. With --validator it gets a key to sign with, and waits for a genesis that names it.',
      'An existing home is never changed. The node id in an address is the pin: a machine with another key is not spoken to. Members of a devnet without TLS have addresses with ws:// in place of wss://.',
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
    ...ofHome,
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
    ...ofHome,
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
    ...ofHome,
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
    ...ofHome,
    seeAlso: ['stop', 'dev'],
  },
};
