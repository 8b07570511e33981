// Keys of accounts: a folder of key files beside the homes. Sealed under a passphrase; only a devnet has plain ones.

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PskyError } from '../lib/errors.ts';
import { nodePlatform } from '../sdk/drivers/node-platform.ts';
import { inspectKeyFile, type KeyFileInfo, newKey, openKey, plainDevKey, type WalletKey } from '../sdk/index.ts';
import { type DevnetHome, type Home, readText } from './home/home.ts';
import { readSecretFile, writeSecretText } from './home/key-files.ts';
import { askPassphrase } from './passphrase.ts';
import type { Call, OptionSpec } from './verb.ts';

/** the account that a devnet's user acts for unless told otherwise */
export const devAccount = 'dev';

export const fromOptions: readonly OptionSpec[] = [
  { flags: '--from <account>', about: 'the key that signs (see psky keys)', initial: devAccount },
  { flags: '--passphrase-file <file>', about: 'holds the passphrase of the key in its first line' },
];

export function accountsFolder(home: Home): string {
  return home.kind === 'devnet' ? home.accountsFolder : home.files.wallets;
}

export function keyPath(home: Home, name: string): string {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) throw new PskyError('bad-usage', `${name} is not a lower-case word.`);
  return join(accountsFolder(home), `${name}.json`);
}

export interface StoredKey extends KeyFileInfo {
  readonly name: string;
}

export interface KeyFolder {
  readonly keys: readonly StoredKey[];
  /** files that are there and give no key */
  readonly unusable: readonly { readonly name: string; readonly reason: string }[];
}

/** @throws PskyError `file-unusable` where the folder itself cannot be read */
export function listKeys(home: Home): KeyFolder {
  const keys: StoredKey[] = [];
  const unusable: { name: string; reason: string }[] = [];
  for (const name of keyNames(accountsFolder(home))) {
    try {
      const info = inspectKeyFile(readText(join(accountsFolder(home), `${name}.json`), 'file-unusable'));
      if (info.ok) keys.push({ name, ...info.value });
      else unusable.push({ name, reason: info.error });
    } catch (error) {
      if (!(error instanceof PskyError)) throw error;
      unusable.push({ name, reason: error.row.name });
    }
  }
  return { keys, unusable };
}

function keyNames(folder: string): string[] {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
    return files.map((file) => file.replace(/\.json$/, '')).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return []; // the folder is made with the first key
    throw new PskyError('file-unusable', `${folder}: ${code}.`);
  }
}

/** @throws PskyError `key-unknown`, or `key-file-bad` where a file has the name and gives no key */
export function storedKey(home: Home, name: string): StoredKey {
  const { keys, unusable } = listKeys(home);
  const found = keys.find((key) => key.name === name);
  if (found !== undefined) return found;
  const bad = unusable.find((key) => key.name === name);
  if (bad !== undefined) throw new PskyError('key-file-bad', `${keyPath(home, name)}: ${bad.reason}.`);
  throw new PskyError('key-unknown', `${name}; there are: ${keys.map((key) => key.name).join(', ') || 'none'}.`);
}

export function saveKeyText(home: Home, name: string, text: string): string {
  const path = keyPath(home, name);
  mkdirSync(accountsFolder(home), { recursive: true, mode: 0o700 });
  writeSecretText(path, text);
  return path;
}

/** A devnet's own account, made with the first start. */
export function ensureDevAccount(home: DevnetHome): void {
  if (existsSync(keyPath(home, devAccount))) return;
  saveKeyText(home, devAccount, plainDevKey(newKey(nodePlatform)));
}

/** Opens the key that --from names. */
export async function signingKey(call: Call): Promise<WalletKey> {
  const home = call.home();
  const name = call.text('from') ?? devAccount;
  const stored = storedKey(home, name);
  const passphrase = stored.sealed
    ? await askPassphrase(call.text('passphraseFile'), `Passphrase of ${name}: `)
    : undefined;
  const opened = openKey(readSecretFile(keyPath(home, name)), passphrase, nodePlatform);
  if (!opened.ok) throw new PskyError('key-file-bad', `${name}: ${opened.error}.`);
  return opened.value;
}
