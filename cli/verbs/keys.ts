// psky keys: the keys of accounts that a home keeps.

import type { Command } from 'commander';
import { toHex } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import { nodePlatform } from '../../sdk/drivers/node-platform.ts';
import { inspectKeyFile, newKey, openKey, plainDevKey, sealKey } from '../../sdk/index.ts';
import { keyPath, listKeys, type StoredKey, saveKeyText, storedKey } from '../accounts.ts';
import { exitCode } from '../exit.ts';
import { readText } from '../home/home.ts';
import { readSecretFile, writeSecretText } from '../home/key-files.ts';
import { formatTable } from '../output.ts';
import { askPassphrase } from '../passphrase.ts';
import { addVerb, type Call, type Finish } from '../verb.ts';

export function addKeys(program: Command, finish: Finish): void {
  const keys = program.command('keys').description('make, list, export and import the keys of accounts');
  keys.enablePositionalOptions();
  const passphrase = { flags: '--passphrase-file <file>', about: 'holds the passphrase in its first line' };
  const specs = [
    {
      words: 'new <name>',
      summary: 'make a key, sealed under a passphrase; --plain only on a devnet',
      options: [passphrase, { flags: '--plain', about: 'without a passphrase, on a devnet' }],
      run: make,
    },
    { words: 'list', summary: 'show all keys with their accounts', run: list },
    {
      words: 'export <account> <file>',
      summary: 'write a sealed copy of a key to a file',
      options: [passphrase],
      run: exportKey,
    },
    {
      words: 'import <name> <file>',
      summary: 'take a key from a file that export wrote',
      run: importKey,
    },
  ];
  for (const spec of specs) addVerb(keys, spec, finish);
}

async function make(call: Call): Promise<number> {
  const home = call.home();
  const name = call.arg(0);
  if (call.flag('plain') && home.kind !== 'devnet')
    throw new PskyError('not-a-devnet', 'A plain key is for devnets only.');
  const key = newKey(nodePlatform);
  const text = call.flag('plain')
    ? plainDevKey(key)
    : sealKey(key, { passphrase: await askPassphrase(call.text('passphraseFile'), 'New passphrase: ') }, nodePlatform);
  const path = saveKeyText(home, name, text);
  call.out.result({ name, account: key.account, publicKey: toHex(key.keys.publicKey), path }, `${name} ${key.account}`);
  return exitCode.ok;
}

async function list(call: Call): Promise<number> {
  const { keys, unusable } = listKeys(call.home());
  const rows = [
    ...keys.map((key) => [key.name, key.account, key.sealed ? 'sealed' : 'plain']),
    ...unusable.map(({ name, reason }) => [name, '-', `unusable: ${reason}`]),
  ];
  const text = rows.length === 0 ? 'no keys' : formatTable([['name', 'account', ''], ...rows]);
  call.out.result({ keys: keys.map(shownKey), unusable }, text);
  return exitCode.ok;
}

function shownKey({ name, account, suite, publicKey, sealed }: StoredKey) {
  return { name, account, suite, publicKey: toHex(publicKey), sealed };
}

/** A plain key is sealed on its way out. */
async function exportKey(call: Call): Promise<number> {
  const home = call.home();
  const name = call.arg(0);
  const stored = storedKey(home, name);
  let text = readSecretFile(keyPath(home, name));
  if (!stored.sealed) {
    const opened = openKey(text, undefined, nodePlatform);
    if (!opened.ok) throw new PskyError('key-file-bad', `${name}: ${opened.error}.`);
    const passphrase = await askPassphrase(call.text('passphraseFile'), 'Passphrase for the copy: ');
    text = sealKey(opened.value, { passphrase }, nodePlatform);
  }
  writeSecretText(call.arg(1), text);
  call.out.result({ name, account: stored.account, file: call.arg(1) }, `${name} is in ${call.arg(1)}, sealed`);
  return exitCode.ok;
}

async function importKey(call: Call): Promise<number> {
  const home = call.home();
  const name = call.arg(0);
  const text = readText(call.arg(1), 'file-unusable');
  const info = inspectKeyFile(text);
  if (!info.ok) throw new PskyError('key-file-bad', `${call.arg(1)}: ${info.error}.`);
  if (!info.value.sealed && home.kind !== 'devnet')
    throw new PskyError('not-a-devnet', 'A plain key is for devnets only.');
  const path = saveKeyText(home, name, text);
  call.out.result({ ...shownKey({ name, ...info.value }), path }, `${name} ${info.value.account}`);
  return exitCode.ok;
}
