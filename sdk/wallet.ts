// Key files: an account's seed, sealed under a passphrase (scrypt, then XChaCha20-Poly1305), or plain where the caller
// says that it is a development key. A file opens with the passphrase or not at all; its public part is authenticated too.

import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { accountOf } from '../ledger/commands/index.ts';
import { type Bytes, equalBytes, fromHex, fromUtf8, toHex } from '../lib/bytes.ts';
import type { Hash } from '../lib/hash.ts';
import { ok, type Result, refused } from '../lib/result.ts';
import type { KeyPair } from '../lib/suites/suite.ts';
import type { Platform } from './platform.ts';

export interface WalletKey {
  readonly suite: number;
  readonly keys: KeyPair;
  /** the account that this key opens */
  readonly account: Hash;
}

export type WalletFault = 'not-a-key-file' | 'passphrase-needed' | 'wrong-passphrase' | 'unknown-suite';

const format = 'privatesky-key';
const seedBytes = 32;
const saltBytes = 16;
const nonceBytes = 24;

/** 128 MiB and about a second on a small machine, for each guess. */
const defaultScrypt = { logN: 17, r: 8, p: 1 };
/** What a file may ask of whoever opens it: 1 GiB. */
const maxScrypt = { logN: 20, r: 8, p: 1 };

export function newKey(platform: Platform): WalletKey {
  return keyOfSeed(platform.randomBytes(seedBytes), platform);
}

export function keyOfSeed(seed: Bytes, platform: Pick<Platform, 'suite'>): WalletKey {
  const { suite } = platform;
  const keys = suite.keyPairOf(seed);
  return { suite: suite.suite, keys, account: accountOf(suite.suite, keys.publicKey) };
}

export interface SealOptions {
  readonly passphrase: string;
  /** log₂ of scrypt's N; 17 unless told otherwise, less only in tests */
  readonly logN?: number;
}

/** @returns the text of a key file */
export function sealKey(key: WalletKey, options: SealOptions, platform: Pick<Platform, 'randomBytes'>): string {
  const kdf = { ...defaultScrypt, logN: options.logN ?? defaultScrypt.logN };
  const salt = platform.randomBytes(saltBytes);
  const nonce = platform.randomBytes(nonceBytes);
  const cipher = xchacha20poly1305(derive(options.passphrase, salt, kdf), nonce, publicPart(key));
  const sealed = {
    kdf: 'scrypt',
    ...kdf,
    salt: toHex(salt),
    cipher: 'xchacha20-poly1305',
    nonce: toHex(nonce),
    box: toHex(cipher.encrypt(key.keys.seed)),
  };
  return fileText(key, { sealed });
}

/** For keys whose loss costs nothing. @returns the text of a key file that anyone who reads it can use */
export function plainDevKey(key: WalletKey): string {
  return fileText(key, { devSeed: toHex(key.keys.seed) });
}

function fileText(key: WalletKey, secret: object): string {
  const { suite, account } = key;
  const file = { format, version: 1, suite, publicKey: toHex(key.keys.publicKey), account, ...secret };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** What a key file says without its secret. */
export interface KeyFileInfo {
  readonly suite: number;
  readonly publicKey: Bytes;
  readonly account: Hash;
  readonly sealed: boolean;
}

export function inspectKeyFile(text: string): Result<KeyFileInfo, WalletFault> {
  const file = parseFile(text);
  if (file === undefined) return refused('not-a-key-file');
  const { suite, publicKey, account } = file;
  return ok({ suite, publicKey, account, sealed: file.sealed !== undefined });
}

/** @param passphrase not asked for by files of development keys */
export function openKey(
  text: string,
  passphrase: string | undefined,
  platform: Pick<Platform, 'suite'>,
): Result<WalletKey, WalletFault> {
  const file = parseFile(text);
  if (file === undefined) return refused('not-a-key-file');
  if (file.suite !== platform.suite.suite) return refused('unknown-suite');
  const seed = file.sealed === undefined ? file.devSeed : unseal(file, file.sealed, passphrase);
  if (typeof seed === 'string') return refused(seed);
  if (seed === undefined || seed.length !== seedBytes) return refused('not-a-key-file');
  const key = keyOfSeed(seed, platform);
  return equalBytes(key.keys.publicKey, file.publicKey) ? ok(key) : refused('not-a-key-file');
}

function unseal(file: KeyFile, sealed: SealedSeed, passphrase: string | undefined): Bytes | WalletFault {
  if (passphrase === undefined) return 'passphrase-needed';
  try {
    return xchacha20poly1305(derive(passphrase, sealed.salt, sealed), sealed.nonce, publicPart(file)).decrypt(
      sealed.box,
    );
  } catch {
    return 'wrong-passphrase';
  }
}

function derive(passphrase: string, salt: Bytes, kdf: { logN: number; r: number; p: number }): Bytes {
  return scrypt(fromUtf8(passphrase.normalize('NFKC')), salt, {
    N: 2 ** kdf.logN,
    r: kdf.r,
    p: kdf.p,
    dkLen: 32,
    maxmem: 2 ** 31,
  });
}

/** Sealed together with the seed, so that a file cannot be given another name. */
function publicPart(key: { readonly suite: number; readonly account: Hash }): Bytes {
  return fromUtf8(`${format}/1/${key.suite}/${key.account}`);
}

interface SealedSeed {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Bytes;
  readonly nonce: Bytes;
  readonly box: Bytes;
}

interface KeyFile {
  readonly suite: number;
  readonly publicKey: Bytes;
  readonly account: Hash;
  readonly sealed: SealedSeed | undefined;
  readonly devSeed: Bytes | undefined;
}

function parseFile(text: string): KeyFile | undefined {
  const file = parseObject(text);
  if (file?.['format'] !== format || file['version'] !== 1) return undefined;
  const suite = file['suite'];
  const publicKey = hexField(file['publicKey']);
  if (typeof suite !== 'number' || publicKey === undefined) return undefined;
  const account = accountOf(suite, publicKey);
  if (file['account'] !== account) return undefined;
  const sealed = parseSealed(file['sealed']);
  const devSeed = hexField(file['devSeed']);
  if ((sealed === undefined) === (devSeed === undefined)) return undefined;
  return { suite, publicKey, account, sealed, devSeed };
}

function parseSealed(value: unknown): SealedSeed | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kdf, cipher, logN, r, p, ...hexes } = value as Readonly<Record<string, unknown>>;
  if (kdf !== 'scrypt' || cipher !== 'xchacha20-poly1305') return undefined;
  if (!isWithin(logN, maxScrypt.logN) || !isWithin(r, maxScrypt.r) || !isWithin(p, maxScrypt.p)) return undefined;
  const salt = hexField(hexes['salt']);
  const nonce = hexField(hexes['nonce']);
  const box = hexField(hexes['box']);
  if (salt === undefined || nonce?.length !== nonceBytes || box === undefined) return undefined;
  return { logN, r, p, salt, nonce, box };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const hexField = (value: unknown): Bytes | undefined => (typeof value === 'string' ? fromHex(value) : undefined);
const isWithin = (value: unknown, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max;
