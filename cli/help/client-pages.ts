// Pages of the verbs that send and read, and of their keys.

import { exitCode } from '../exit.ts';
import { atNode, homeVariable, keyFiles, ofHome, ofNode, type Page } from './page.ts';

const { broken } = exitCode;

export const clientPages: Readonly<Record<string, Page>> = {
  tx: {
    about: [
      'Signs a command with a key of the home, sends it to the first member that takes it, and waits until it is final. Nothing is sent twice: the nonce makes a repetition harmless.',
    ],
    examples: [['tx put greeting hello', 'Store a value:']],
    ...ofNode,
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
    ...ofNode,
    seeAlso: ['query get', 'query receipt', 'tx bundle'],
  },
  'tx delete': {
    about: ['Removes the key and its value. Removing what is not there succeeds.'],
    examples: [['tx delete greeting', 'Remove it:']],
    ...ofNode,
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
    ...ofNode,
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
    ...ofNode,
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
    ...ofNode,
    seeAlso: ['keys list', 'query get'],
  },
  'query receipt': {
    about: [
      'Whether the command with this hash is accepted, committed, refused or unknown, at which height, and what it came to.',
    ],
    examples: [['query receipt 3f1c… --json', 'By the hash that psky tx printed:']],
    ...ofNode,
    seeAlso: ['tx put'],
  },
  keys: {
    about: [
      'A key is one file, sealed under a passphrase; on a devnet it may be plain. The hash of its public half is the account.',
    ],
    examples: [['keys new alice', 'Make one:']],
    files: keyFiles,
    ...ofHome,
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
    files: keyFiles,
    ...ofHome,
    seeAlso: ['keys export', 'tx put'],
  },
  'keys list': {
    about: ['Names, accounts, and whether each is sealed; files that give no key are named too. Secrets are not read.'],
    examples: [['keys list', 'All keys of the home:']],
    files: keyFiles,
    ...ofHome,
    seeAlso: ['keys new', 'query account'],
  },
  'keys export': {
    about: [
      'The copy is always sealed: a plain key gets a passphrase on its way out. An existing file is not replaced.',
    ],
    examples: [['keys export alice alice.json', 'A copy to keep:']],
    ...ofHome,
    seeAlso: ['keys import'],
  },
  'keys import': {
    about: ['A plain key is taken on a devnet only. An existing key of this name is never replaced.'],
    examples: [['keys import alice alice.json', 'From a copy:']],
    files: keyFiles,
    ...ofHome,
    seeAlso: ['keys export', 'keys list'],
  },
};
