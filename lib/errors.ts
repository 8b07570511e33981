// Every error that a user, an operator or a client can meet: one row each. Receipts store the number, logs and metric
// labels use the slug, and docs/errors/ has a page per row.

export interface ErrorRow {
  readonly code: number;
  readonly name: string;
  /** what happened, in one sentence */
  readonly meaning: string;
  /** what to do next */
  readonly remedy: string;
}

/** 0 is success. 1xxx command line and configuration, 2xxx commands and ledger, 3xxx network, 4xxx storage, 5xxx consensus,
 * 6xxx choreographies, of which 60xx are what `psky check` says. */
export const errorRows = [
  {
    code: 1001,
    name: 'bad-usage',
    meaning: 'The command line cannot be understood.',
    remedy: 'Run the command with --help.',
  },
  {
    code: 1002,
    name: 'bad-configuration',
    meaning: 'The configuration of this home cannot be used.',
    remedy: 'Correct config/config.toml, or the PSKY_ variable that is named, at the place that is named.',
  },
  {
    code: 1003,
    name: 'bad-genesis',
    meaning: 'The network file cannot be used.',
    remedy: 'Take config/genesis.json from another member of the network, or correct it at the place that is named.',
  },
  {
    code: 1004,
    name: 'key-file-exposed',
    meaning: 'A key file can be read by other users of this machine.',
    remedy: 'Run chmod 600 on it; if others may have read it, make a new key.',
  },
  {
    code: 1005,
    name: 'key-file-bad',
    meaning: 'A key file is missing or cannot be read.',
    remedy: 'Restore it from a backup, or make a new home with psky init.',
  },
  {
    code: 1006,
    name: 'home-missing',
    meaning: 'There is no PrivateSky home in this place.',
    remedy: 'Make one with psky dev, psky init or psky testnet, or name another with --home.',
  },
  {
    code: 1007,
    name: 'home-in-use',
    meaning: 'Another process already runs on this home.',
    remedy: 'Use that process, or stop it first with psky stop.',
  },
  {
    code: 1008,
    name: 'not-running',
    meaning: 'No process runs on this home.',
    remedy: 'Start it with psky start (a devnet: psky dev).',
  },
  {
    code: 1010,
    name: 'not-a-devnet',
    meaning: 'What breaks things on purpose works only on a devnet.',
    remedy: 'Name the home of a devnet with --home.',
  },
  {
    code: 1011,
    name: 'confirmation-needed',
    meaning: 'This destroys data and nobody is at a terminal to confirm it.',
    remedy: 'Add -y if you mean it.',
  },
  {
    code: 1012,
    name: 'member-unknown',
    meaning: 'The network has no member of this name.',
    remedy: 'psky status lists the members.',
  },
  {
    code: 1013,
    name: 'home-exists',
    meaning: 'There is already something in this place.',
    remedy: 'Choose another folder, or remove that one first (psky reset).',
  },
  {
    code: 1014,
    name: 'start-failed',
    meaning: 'A node ended, or did not become ready in time.',
    remedy: 'Read its log: psky logs shows it.',
  },
  {
    code: 1017,
    name: 'internal',
    meaning: 'This is a bug of PrivateSky.',
    remedy: 'Please report it with the message and the log.',
  },
  {
    code: 1019,
    name: 'passphrase-needed',
    meaning: 'The key is encrypted and there is no terminal to ask for its passphrase.',
    remedy: 'Give a file that holds it with --passphrase-file.',
  },
  {
    code: 1020,
    name: 'key-unknown',
    meaning: 'There is no key of this name.',
    remedy: 'psky keys list shows the names; psky keys new makes one.',
  },
  {
    code: 1021,
    name: 'file-unusable',
    meaning: 'A file cannot be read or written.',
    remedy: 'Check that it exists and that you may use it.',
  },
  {
    code: 1022,
    name: 'simulation-failed',
    meaning: 'The simulation found a violated invariant.',
    remedy: 'Run the replay command that is printed, and look at the first violation.',
  },
  {
    code: 1023,
    name: 'load-lost',
    meaning: 'Commands that were accepted are lost.',
    remedy: 'Keep the homes and logs, and report it.',
  },
  {
    code: 1024,
    name: 'node-failed',
    meaning: 'The node ended by itself, before anything could depend on what it could not write or read.',
    remedy:
      'Read its log (psky logs). When every start ends alike, psky reset removes its data: it then follows, and signs nothing before it has a new key.',
  },
  {
    code: 1060,
    name: 'load-needs-disk',
    meaning: 'The free disk cannot hold what this run of load would write.',
    remedy: 'Free some space, or lower --rate, --size or --seconds.',
  },
  {
    code: 1061,
    name: 'profile-failed',
    meaning: 'The profile of a node could not be taken.',
    remedy: 'Wait until the profile that runs has ended, or run for a shorter time.',
  },
  {
    code: 2001,
    name: 'malformed-command',
    meaning: 'The bytes are not a command in canonical form, or exceed a size limit.',
    remedy: 'Build the command with the sdk or `psky tx`; sizes are listed in docs/ledger.md.',
  },
  {
    code: 2002,
    name: 'wrong-chain',
    meaning: 'The command was signed for another chain.',
    remedy: 'Sign it again with the id of this chain (`psky status`).',
  },
  {
    code: 2003,
    name: 'bad-signature',
    meaning: 'The signature does not fit the command and its key.',
    remedy: 'Sign the exact bytes with the key that the command names.',
  },
  {
    code: 2004,
    name: 'unsafe-key',
    meaning: 'The key is of small order or not canonically encoded.',
    remedy: 'Make a new key with `psky keys new`.',
  },
  {
    code: 2005,
    name: 'unknown-account',
    meaning: 'The account does not exist, and this chain does not let this key open one.',
    remedy: 'Use a listed account, or ask the operators to list this key in the genesis.',
  },
  {
    code: 2006,
    name: 'wrong-key',
    meaning: 'The key that signed is not one of the keys of the account.',
    remedy: 'Sign with a key of the account (`psky query account`).',
  },
  {
    code: 2010,
    name: 'nonce-used',
    meaning: 'The account has used this nonce for another command.',
    remedy: 'Take the next free nonce (`psky query account`) and sign again.',
  },
  {
    code: 2011,
    name: 'nonce-too-old',
    meaning: 'The nonce lies more than 1,024 below the highest one of the account.',
    remedy: 'Take the next free nonce (`psky query account`) and sign again.',
  },
  {
    code: 2012,
    name: 'nonce-too-far',
    meaning: 'The nonce lies more than 1,024 above the highest one of the account.',
    remedy: 'Wait for earlier commands to be ordered, or take a lower nonce.',
  },
  {
    code: 2013,
    name: 'expired',
    meaning: 'The command was ordered after its expiry, so it had no effect.',
    remedy: 'Sign it again with a later expiry.',
  },
  {
    code: 2014,
    name: 'expiry-too-far',
    meaning: 'The expiry lies more than 10 minutes ahead of block time.',
    remedy: 'Sign it again with an earlier expiry.',
  },
  {
    code: 2015,
    name: 'duplicate-command',
    meaning: 'The same command has been ordered before; this copy had no effect.',
    remedy: 'Nothing: the receipt of the first copy holds (`psky query receipt`).',
  },
  {
    code: 2016,
    name: 'after-missing',
    meaning: 'The command was to follow a nonce that had not been used.',
    remedy: 'Send the earlier command first, then sign this one with a new nonce.',
  },
  {
    code: 2020,
    name: 'key-too-large',
    meaning: 'A key is empty or longer than 256 bytes.',
    remedy: 'Use keys of 1 to 256 bytes.',
  },
  {
    code: 2021,
    name: 'value-too-large',
    meaning: 'A value is longer than 32 KiB.',
    remedy: 'Split the value, or keep it elsewhere and store its hash.',
  },
  {
    code: 2022,
    name: 'quota-exceeded',
    meaning: 'The account would keep more bytes in the state than the genesis allows.',
    remedy: 'Delete entries, or use another account.',
  },
  {
    code: 2023,
    name: 'compare-failed',
    meaning: 'The present value is not the expected one, so nothing was written.',
    remedy: 'Read the value and decide anew.',
  },
  {
    code: 2030,
    name: 'bundle-aborted',
    meaning: 'An operation of an atomic bundle failed, so none of them had an effect.',
    remedy: 'The receipt names the operation and its reason; correct it and sign again.',
  },
  {
    code: 2031,
    name: 'bundle-partial',
    meaning: 'Some operations of an independent bundle failed; the others hold.',
    remedy: 'The receipt lists the operations that failed, each with its reason.',
  },
  {
    code: 2040,
    name: 'unknown-path',
    meaning: 'The ledger answers no query of this name.',
    remedy: 'Ask for `value`, `account` or `receipt`.',
  },
  {
    code: 2041,
    name: 'bad-argument',
    meaning: 'The argument of the query does not have the form that its path asks for.',
    remedy: 'See docs/ledger.md for the arguments of each path.',
  },
  {
    code: 2042,
    name: 'height-not-kept',
    meaning: 'The state of this height is no longer kept, or not yet reached.',
    remedy: 'Ask for the newest height; a node keeps the last 256 at most.',
  },
  {
    code: 2043,
    name: 'no-proof',
    meaning: 'This query has no proof.',
    remedy: 'Ask for `value` or `account`, whose answers are part of the state.',
  },
  {
    code: 2050,
    name: 'bad-proof',
    meaning: 'The proof does not lead to the root that the validators certified.',
    remedy: 'Do not believe this answer; ask another validator.',
  },
  {
    code: 3001,
    name: 'bad-request',
    meaning: 'The request does not have the form that its method asks for.',
    remedy: 'Compare it with the schema of the method in docs/api.md.',
  },
  {
    code: 3002,
    name: 'unknown-method',
    meaning: 'This node has no such method.',
    remedy: 'Use a method of docs/api.md.',
  },
  {
    code: 3003,
    name: 'not-authorized',
    meaning: 'The caller may not do this.',
    remedy: 'Send the token that the operator configured for this right.',
  },
  {
    code: 3004,
    name: 'too-large',
    meaning: 'The request is larger than the node takes.',
    remedy: 'Send smaller commands, or fewer at a time.',
  },
  {
    code: 3005,
    name: 'rate-limited',
    meaning: 'This address sends more requests than the node serves.',
    remedy: 'Wait a second, then send more slowly; the stream carries far more.',
  },
  {
    code: 3006,
    name: 'gateway-busy',
    meaning: 'The node has as much work of this sort as it takes.',
    remedy: 'Send the same bytes again a moment later, or to another validator.',
  },
  {
    code: 3007,
    name: 'unknown-host',
    meaning: 'The Host header names another place than this node.',
    remedy: 'Use the address that the node announced, or add the name to rpc.hosts.',
  },
  {
    code: 3008,
    name: 'foreign-origin',
    meaning: 'A page of another origin may not talk to this node.',
    remedy: 'Serve the page from the node, or add its origin to rpc.origins.',
  },
  {
    code: 3009,
    name: 'unsupported-media-type',
    meaning: 'The body is of a content type that this route does not take.',
    remedy: 'Send it as application/json or application/msgpack.',
  },
  {
    code: 3010,
    name: 'lagged',
    meaning: 'The reader was too slow for what it asked for and was cut off.',
    remedy: 'Subscribe again with the cursor that came with this message.',
  },
  {
    code: 3011,
    name: 'bad-frame',
    meaning: 'A frame of the stream cannot be understood.',
    remedy: 'Compare it with docs/network.md; use the client of the sdk.',
  },
  {
    code: 3012,
    name: 'insecure-bind',
    meaning: 'An address that others can reach needs TLS and authentication.',
    remedy: 'Bind to 127.0.0.1, and put a proxy in front that does both.',
  },
  {
    code: 3013,
    name: 'address-in-use',
    meaning: 'Another program listens at this address.',
    remedy: 'Stop it, or choose another port; 0 picks a free one.',
  },
  {
    code: 3014,
    name: 'internal-error',
    meaning: 'The node failed to answer; the fault is its own.',
    remedy: 'Look at its log, and report it with the lines around the error.',
  },
  {
    code: 3015,
    name: 'node-not-ready',
    meaning: 'The node cannot answer this yet.',
    remedy: 'Wait until /readyz says ready, or ask another node.',
  },
  {
    code: 3016,
    name: 'deadline-passed',
    meaning: 'The answer did not come within the time asked for.',
    remedy: 'Ask again, or give more time.',
  },
  {
    code: 3018,
    name: 'not-found',
    meaning: 'There is no such thing at this node.',
    remedy: 'Check the name, hash or height.',
  },
  {
    code: 3019,
    name: 'node-unreachable',
    meaning: 'No node answers at this address.',
    remedy: 'Check that it runs (psky status) and that the address is right.',
  },
  {
    code: 3020,
    name: 'credit-exceeded',
    meaning: 'The client sent more than the credit that it was given.',
    remedy: 'Wait for credit; use the client of the sdk.',
  },
  {
    code: 3021,
    name: 'method-not-allowed',
    meaning: 'This path is served for another HTTP method.',
    remedy: 'Use a method that the Allow header names; docs/api.md lists them.',
  },
  {
    code: 3022,
    name: 'answer-too-long',
    meaning: 'A node answered with more than a client reads.',
    remedy: 'Ask for less at once, for example for fewer blocks; a node that always answers so is not to be trusted.',
  },
  {
    code: 4001,
    name: 'journal-corrupt',
    meaning: 'A record in the middle of the journal does not match its checksum, although later ones do.',
    remedy:
      'Do not start this node again on these files. Check the disk, then replace the home by a fresh one that catches up from its peers.',
  },
  {
    code: 4002,
    name: 'journal-segment-missing',
    meaning: 'A segment of the journal is missing between others.',
    remedy:
      'Put the file back if it was moved; otherwise replace the home by a fresh one that catches up from its peers.',
  },
  {
    code: 4003,
    name: 'journal-format-unknown',
    meaning: 'The journal was written in a format that this version does not know.',
    remedy: 'Start the version that wrote it, or a newer one.',
  },
  {
    code: 4004,
    name: 'journal-foreign',
    meaning: 'A segment belongs to another shard.',
    remedy: 'Files of two homes were mixed. Restore each home to its own files.',
  },
  {
    code: 4005,
    name: 'journal-write-failed',
    meaning: 'The disk refused to write or sync the journal, so the node stopped before anything depended on it.',
    remedy: 'Look at the disk (space, health, permissions), then start the node again.',
  },
  {
    code: 4006,
    name: 'journal-overrun',
    meaning: 'The disk fell so far behind that the journal stopped taking records.',
    remedy: 'Check the disk and what else uses it, then start the node again.',
  },
  {
    code: 4007,
    name: 'journal-record-unavailable',
    meaning: 'The journal no longer, or not yet, has this record.',
    remedy: 'Ask a node that keeps the whole archive (retain = all).',
  },
  {
    code: 4010,
    name: 'shard-locked',
    meaning: 'Another process has this shard open.',
    remedy: 'Stop the other process, or give this one a home of its own.',
  },
  {
    code: 4011,
    name: 'shard-engine-unavailable',
    meaning: 'The store of this shard was made by an engine that does not run here.',
    remedy: 'Start with Node 20, or move the data with `psky migrate-store`.',
  },
  {
    code: 4012,
    name: 'shard-engine-mismatch',
    meaning: 'The store of this shard was made by another engine than the one that was asked for.',
    remedy: 'Leave the engine setting out, or move the data with `psky migrate-store`.',
  },
  {
    code: 4013,
    name: 'shard-format-newer',
    meaning: 'The shard was written by a newer version.',
    remedy: 'Start that version or a newer one; older ones cannot read it.',
  },
  {
    code: 4014,
    name: 'shard-manifest-bad',
    meaning: 'The manifest of the shard cannot be read.',
    remedy: 'Restore data/<shard>/manifest.json from a backup, or replace the home by a fresh one.',
  },
  {
    code: 4015,
    name: 'shard-disk-failed',
    meaning: 'A disk operation failed while the shard was open.',
    remedy: 'Look at the disk (space, health, permissions), then start the node again.',
  },
  {
    code: 4016,
    name: 'low-disk',
    meaning: 'Free disk space is below the threshold, so nothing new is admitted.',
    remedy: 'Free some space; admission starts again by itself.',
  },
  {
    code: 4017,
    name: 'lease-lost',
    meaning: 'A newer opening of this shard exists, so this one no longer writes.',
    remedy: 'Use the process that opened the shard last.',
  },
  {
    code: 5001,
    name: 'not-ready',
    meaning: 'This validator is catching up or waiting for its peers and accepts nothing yet.',
    remedy: 'Try again in a moment, or send the command to another validator.',
  },
  {
    code: 5002,
    name: 'fenced',
    meaning: 'This validator is fenced: it may not sign, so it accepts nothing.',
    remedy: 'Send the command to another validator; `psky why` says why this one is fenced.',
  },
  {
    code: 5003,
    name: 'overloaded',
    meaning: 'More waits to be ordered than this validator may hold.',
    remedy: 'Send more slowly, or try again in a moment.',
  },
  {
    code: 5004,
    name: 'chain-stopped',
    meaning: 'This chain has stopped on this node.',
    remedy: 'Run `psky why`: it names the height and the reason. Other nodes may still serve the chain.',
  },
  {
    code: 5005,
    name: 'not-covered-in-time',
    meaning: 'No committed header covered the answer within the time allowed.',
    remedy: 'Run `psky why` to see whether the chain is halted; ask again with a longer timeout.',
  },
  {
    code: 5006,
    name: 'too-many-waiting',
    meaning: 'Too many callers already wait for an answer of this kind at this node.',
    remedy: 'Try again in a moment, or ask another node.',
  },
  {
    code: 5007,
    name: 'query-failed',
    meaning: 'The ledger could not answer the query.',
    remedy: 'Look at the log of the node; try another node.',
  },
  {
    code: 5008,
    name: 'malformed-entries',
    meaning: 'The entries of a submission do not add up to their stated number or size.',
    remedy: 'Each entry follows its length as 4 bytes little-endian; send 1 to 1,000 of them.',
  },
  {
    code: 5009,
    name: 'unknown-chain',
    meaning: 'This node does not serve that chain.',
    remedy: 'Ask for `status`: it lists the chains of the node by name and id.',
  },
  {
    code: 5010,
    name: 'account-busy',
    meaning: 'As much of this account waits to be committed at this validator as one account may have there.',
    remedy:
      'Send the same bytes again when some of the earlier commands are committed; other accounts are not held up.',
  },
  {
    code: 5011,
    name: 'no-validator',
    meaning: 'This node only follows, and no validator that it could pass commands on to is linked.',
    remedy: 'Try again in a moment, or send the command to another node; `psky why` says what this one is linked to.',
  },
  {
    code: 6001,
    name: 'swarm-unreadable',
    meaning: 'The source describes no process, or a part of it can be known only by running it.',
    remedy: 'Write names, lists and functions in place; the message says which.',
  },
  {
    code: 6002,
    name: 'swarm-name-bad',
    meaning: 'A process, role, variable or phase has a name that it cannot have.',
    remedy: 'Choose another: domain/name@version for the process, letters, digits and _ for the rest.',
  },
  {
    code: 6003,
    name: 'swarm-phase-unknown',
    meaning: 'A successor, or the start, is a phase that does not exist.',
    remedy: 'Correct the name, or add the phase.',
  },
  {
    code: 6004,
    name: 'swarm-phase-unreachable',
    meaning: 'Nothing leads to a phase or an end.',
    remedy: 'Go there from another phase, or remove it.',
  },
  {
    code: 6005,
    name: 'swarm-path-endless',
    meaning: 'From a phase the process reaches no end.',
    remedy: 'Let some phase on every way go to an end.',
  },
  {
    code: 6006,
    name: 'swarm-role-unknown',
    meaning: 'A phase, a variable or an end names a role that does not exist.',
    remedy: 'Correct the name, or add the role.',
  },
  {
    code: 6007,
    name: 'swarm-role-unbound',
    meaning: 'No phase is at a role, so nobody is ever bound to it.',
    remedy: 'Give it a phase, or remove it.',
  },
  {
    code: 6008,
    name: 'swarm-choice-untold',
    meaning: 'A role waits for a choice that it is never told of.',
    remedy: 'Let the end tell it.',
  },
  {
    code: 6009,
    name: 'swarm-join-without-fork',
    meaning: 'A phase joins branches and is reached by something that is none of them.',
    remedy: 'Go there from the branches of a fork that meets there, or remove its join.',
  },
  {
    code: 6010,
    name: 'swarm-join-undeclared',
    meaning: 'Branches are to meet at a phase that does not join.',
    remedy: 'Say at that phase how many it waits for: all, any or atLeast(k).',
  },
  {
    code: 6011,
    name: 'swarm-join-unmet',
    meaning: 'A phase waits for more branches than can arrive.',
    remedy: 'Let more branches go there, or wait for fewer.',
  },
  {
    code: 6012,
    name: 'swarm-branches-tangled',
    meaning: 'A phase lies in two branches, or in one and outside of it.',
    remedy: 'Let the branches meet first, or write a phase for each.',
  },
  {
    code: 6013,
    name: 'swarm-branch-writes',
    meaning: 'Two branches of a fork write the same variable.',
    remedy: 'Write a variable for each, or merge the values where the branches meet.',
  },
  {
    code: 6014,
    name: 'swarm-read-hidden',
    meaning: 'A phase reads a variable that its role may not see.',
    remedy: 'Read it in a phase of a role that sees it, or add the role to its readers.',
  },
  {
    code: 6015,
    name: 'swarm-write-hidden',
    meaning: 'A phase writes a variable that its role may not see.',
    remedy: 'Write one that it sees, or add the role to its readers.',
  },
  {
    code: 6016,
    name: 'swarm-variable-unknown',
    meaning: 'A phase reads or writes a variable that does not exist.',
    remedy: 'Correct the name, or add it to the state.',
  },
  {
    code: 6017,
    name: 'swarm-deadline-missing',
    meaning: 'A hop has no deadline, and the process has none either.',
    remedy: 'Give the phase a deadline, or the whole process one.',
  },
  {
    code: 6018,
    name: 'swarm-cycle-unbounded',
    meaning: 'The process may go round for ever.',
    remedy: 'Give a phase of the cycle maxTimes, or the whole process a deadline.',
  },
  {
    code: 6019,
    name: 'swarm-successor-undeclared',
    meaning: 'A phase goes to a successor that it does not declare.',
    remedy: 'Add it to next, or go elsewhere.',
  },
  {
    code: 6020,
    name: 'swarm-successor-unused',
    meaning: 'A phase declares a successor and never goes there.',
    remedy: 'Go there, or remove it from next.',
  },
  {
    code: 6021,
    name: 'swarm-input-wrong',
    meaning: 'A phase takes an input that it is not given, or is given one that it does not take.',
    remedy: 'Pass the value in the state of the process, or as go.name(input).',
  },
  {
    code: 6022,
    name: 'swarm-broadcast-to-one',
    meaning: 'A broadcast goes to a phase that is not at a group.',
    remedy: 'Make its role a group, or go to the phase alone.',
  },
  {
    code: 6023,
    name: 'swarm-chain-nondeterministic',
    meaning: 'A phase on a chain calls what differs from one validator to another.',
    remedy: 'Take the value as input from a phase of an agent.',
  },
  {
    code: 6024,
    name: 'swarm-chain-schema',
    meaning: 'JSON Schema cannot express data that a phase on a chain uses.',
    remedy: 'Use what JSON has, or keep the value off the chain.',
  },
  {
    code: 6025,
    name: 'swarm-too-large',
    meaning: 'The branches of a process can be in more states together than its machines can hold.',
    remedy: 'Fork into fewer branches, or make processes of their own out of them.',
  },
  {
    code: 6026,
    name: 'swarm-file-unreadable',
    meaning: 'A source file is not there, or is no text of a size that a source has.',
    remedy: 'Name a file that exists, e.g. purchase.swarm.ts.',
  },
  {
    code: 6027,
    name: 'swarm-hop-to-group',
    meaning: 'A plain hop goes to a phase at a group, and says of no member that it is meant.',
    remedy: 'Broadcast to the group, or make the role one party.',
  },
  {
    code: 6028,
    name: 'swarm-variable-of-module',
    meaning: 'A phase uses a variable of its module, which parties share in one process and in several do not.',
    remedy: 'Make it a constant, or a variable of the process.',
  },
  {
    code: 6029,
    name: 'swarm-drawing-unwritable',
    meaning: 'A diagram cannot be written where it was asked for.',
    remedy: 'Name another folder with --output.',
  },
  {
    code: 6101,
    name: 'swarm-agent-unnamed',
    meaning: 'A role of the process is bound to no agent.',
    remedy: 'Name an agent for each role in run.ts.',
  },
  {
    code: 6102,
    name: 'swarm-role-not-run',
    meaning: 'The process has a role of a sort that cannot be run yet: client, chain or group.',
    remedy: 'Make it an agent, or check and draw the process only.',
  },
  {
    code: 6103,
    name: 'swarm-input-invalid',
    meaning: 'An input does not have the form that its phase declares.',
    remedy: 'Correct it at the place that is named.',
  },
  {
    code: 6104,
    name: 'swarm-value-invalid',
    meaning: 'A phase wrote a value that the schema of its variable refuses.',
    remedy: 'Correct the phase, or the schema, at the place that is named.',
  },
  {
    code: 6105,
    name: 'swarm-value-unsupported',
    meaning: 'A value cannot be sent: it is a function, a symbol or an object of a class.',
    remedy: 'Use plain objects, lists, text, numbers, bigint, bytes, Date, Map and Set.',
  },
  {
    code: 6106,
    name: 'swarm-value-too-large',
    meaning: 'A value, or all values of a phase together, exceed what a hop carries.',
    remedy: 'Keep it outside of the process, and pass where it is.',
  },
  {
    code: 6107,
    name: 'swarm-phase-threw',
    meaning: 'A phase failed by an error of its own.',
    remedy: 'Read the cause; give the phase an onError if the process can go on.',
  },
  {
    code: 6108,
    name: 'swarm-phase-late',
    meaning: 'A phase did not answer before its deadline.',
    remedy: 'See whether its agent runs; give the phase an onTimeout if the process can go on.',
  },
  {
    code: 6109,
    name: 'swarm-deadline-passed',
    meaning: 'The deadline of the whole process has passed.',
    remedy: 'See in its hops where it waited.',
  },
  {
    code: 6110,
    name: 'swarm-step-invalid',
    meaning: 'A phase did not return one of the successors that it declares.',
    remedy: 'Return what go offers.',
  },
  {
    code: 6111,
    name: 'swarm-hidden-variable',
    meaning: 'A phase wrote a variable that its role does not see.',
    remedy: 'Declare the variable for this role, or leave it alone.',
  },
  {
    code: 6112,
    name: 'swarm-max-times',
    meaning: 'A phase was to run more often than its maxTimes allows.',
    remedy: 'Give it an onError, or allow more.',
  },
  {
    code: 6113,
    name: 'swarm-cancelled',
    meaning: 'The process was cancelled.',
    remedy: 'What it had done was undone where it has an undo.',
  },
  {
    code: 6114,
    name: 'swarm-agent-unknown',
    meaning: 'There is no such agent.',
    remedy: 'Look at the name, domain/agent/name, and at whether its node runs.',
  },
  {
    code: 6115,
    name: 'swarm-description-unknown',
    meaning: 'An agent does not execute this description.',
    remedy: 'Start the agent with the same version of the process as the starter.',
  },
  {
    code: 6116,
    name: 'swarm-hop-forged',
    meaning: 'A hop is not signed by the agent that may make it.',
    remedy: 'Nothing was changed by it; see who sent it.',
  },
  {
    code: 6117,
    name: 'swarm-hop-out-of-graph',
    meaning: 'A hop does not follow from the process as it stands.',
    remedy: 'Nothing was changed by it; see who sent it.',
  },
  {
    code: 6118,
    name: 'swarm-hop-late',
    meaning: 'A hop came when the process had gone another way.',
    remedy: 'Nothing was changed by it; give the phase a longer deadline if this is frequent.',
  },
  {
    code: 6119,
    name: 'swarm-chain-broken',
    meaning: 'The records of an instance do not form one chain.',
    remedy: 'Nothing was changed by it; see who sent it, or restore the home from a backup.',
  },
  {
    code: 6120,
    name: 'swarm-instance-unknown',
    meaning: 'There is no such instance, or it does not end.',
    remedy: 'Look at the id, and at whether the process can still end.',
  },
  {
    code: 6121,
    name: 'swarm-too-many-hops',
    meaning: 'An instance has more hops than one may have.',
    remedy: 'Split the process, or start a new instance from its end.',
  },
  {
    code: 6122,
    name: 'swarm-run-unusable',
    meaning: 'What is to be run cannot be used.',
    remedy:
      'Put run.ts beside the *.swarm.ts, with export default { start: { role, input }, agents: { role: implementation } }.',
  },
  {
    code: 6123,
    name: 'swarm-kept-conflict',
    meaning: 'What an agent keeps was changed by others again and again while a phase ran.',
    remedy: 'Keep fewer keys that all phases write.',
  },
  {
    code: 6124,
    name: 'swarm-letter-closed',
    meaning: 'A sealed value cannot be opened.',
    remedy: 'See whether the key of the agent was replaced while the process ran.',
  },
  {
    code: 6125,
    name: 'swarm-branches-conflict',
    meaning: 'Two branches wrote the same variable and nothing merges it.',
    remedy: 'Give the phase at which they meet a merge for it.',
  },
  {
    code: 6126,
    name: 'swarm-description-missing',
    meaning: 'The home does not hold the description of an instance, or holds another in its place.',
    remedy: 'Run the process once more on this home in the version that the instance has: psky run writes it there.',
  },
  {
    code: 6141,
    name: 'swarm-phase-refused',
    meaning: "An interceptor of the agent's owner refused the phase.",
    remedy: 'Read the cause; give the phase an onError if the process can go on.',
  },
  {
    code: 6142,
    name: 'swarm-interceptor-threw',
    meaning: "An interceptor of the agent's owner threw after the phase.",
    remedy: 'Correct the interceptor: what the phase asked of others outside is done, and its result is lost.',
  },
  {
    code: 6143,
    name: 'swarm-interceptor-unusable',
    meaning: 'An interceptor cannot be used.',
    remedy: "Give it when: 'before' or 'after', a run function, and patterns for swarm, role and phase, or none.",
  },
  {
    code: 6144,
    name: 'swarm-outcome-open',
    meaning: 'The instance has not ended within the time that was waited.',
    remedy: 'It goes on: ask again for its outcome, or see in its hops where it waits.',
  },
] as const satisfies readonly ErrorRow[];

/** Does `psky check` say it of a source? */
export const isDiagnostic = (code: number): boolean => code >= 6000 && code < 6100;

export type ErrorName = (typeof errorRows)[number]['name'];

const rowOf = new Map<string, ErrorRow>(errorRows.map((row) => [row.name, row]));
const rowOfCode = new Map<number, ErrorRow>(errorRows.map((row) => [row.code, row]));

export function errorRow(name: ErrorName): ErrorRow {
  return rowOf.get(name) as ErrorRow;
}

export function errorRowOfCode(code: number): ErrorRow | undefined {
  return rowOfCode.get(code);
}

/** PSKY-nnnn, the form that users see */
export function formatErrorCode(code: number): string {
  return `PSKY-${String(code).padStart(4, '0')}`;
}

/** An error with a stable code, thrown only where a program (command line, client) ends with it. */
export class PskyError extends Error {
  readonly row: ErrorRow;
  constructor(name: ErrorName, detail?: string) {
    const row = errorRow(name);
    super(detail === undefined ? row.meaning : `${row.meaning} ${detail}`);
    this.name = 'PskyError';
    this.row = row;
  }
  toJSON(): { code: string; name: string; message: string; remedy: string } {
    return {
      code: formatErrorCode(this.row.code),
      name: this.row.name,
      message: this.message,
      remedy: this.row.remedy,
    };
  }
}
