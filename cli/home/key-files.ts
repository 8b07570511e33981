// node_key.json (who this node is to its peers) and validator_key.json (what it signs and decrypts with). Both hold
// secrets: mode 0600, refused when others may read them, and never printed.

import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { type Bytes, equalBytes, toHex } from '../../lib/bytes.ts';
import { PskyError } from '../../lib/errors.ts';
import { type Fields, readFields } from '../../lib/fields.ts';
import { Secret } from '../../lib/secret.ts';
import type { NodeId } from '../../net/ports.ts';

export interface NodeKey {
  readonly nodeId: NodeId;
  /** 32 bytes of Ed25519 */
  readonly seed: Secret<Bytes>;
}

export interface ValidatorKey {
  readonly suite: 1;
  readonly signingKey: Bytes;
  readonly seed: Secret<Bytes>;
  /** X25519 */
  readonly encryptionKey: Bytes;
  readonly encryptionSecret: Secret<Bytes>;
}

export type RandomBytes = (length: number) => Bytes;

export function newNodeKey(random: RandomBytes): NodeKey {
  const seed = random(32);
  return { nodeId: toHex(ed25519.getPublicKey(seed)) as NodeId, seed: new Secret(seed) };
}

export function newValidatorKey(random: RandomBytes): ValidatorKey {
  const seed = random(32);
  const encryptionSecret = random(32);
  return {
    suite: 1,
    signingKey: ed25519.getPublicKey(seed),
    seed: new Secret(seed),
    encryptionKey: x25519.getPublicKey(encryptionSecret),
    encryptionSecret: new Secret(encryptionSecret),
  };
}

export function saveNodeKey(path: string, key: NodeKey): void {
  writeSecretFile(path, { format: 1, nodeId: key.nodeId, seed: toHex(key.seed.reveal()) });
}

export function saveValidatorKey(path: string, key: ValidatorKey): void {
  writeSecretFile(path, {
    format: 1,
    suite: key.suite,
    signingKey: toHex(key.signingKey),
    seed: toHex(key.seed.reveal()),
    encryptionKey: toHex(key.encryptionKey),
    encryptionSecret: toHex(key.encryptionSecret.reveal()),
  });
}

export function loadNodeKey(path: string): NodeKey {
  return readKeyFile(path, (root) => {
    const seed = root.hex('seed', 32);
    const nodeId = root.hex('nodeId', 32);
    requireMatch(path, ed25519.getPublicKey(seed), nodeId);
    return { nodeId: toHex(nodeId) as NodeId, seed: new Secret(seed) };
  });
}

export function loadValidatorKey(path: string): ValidatorKey {
  return readKeyFile(path, (root) => {
    root.whole('suite', { min: 1, max: 1 });
    const seed = root.hex('seed', 32);
    const signingKey = root.hex('signingKey', 32);
    const encryptionKey = root.hex('encryptionKey', 32);
    const encryptionSecret = root.hex('encryptionSecret', 32);
    requireMatch(path, ed25519.getPublicKey(seed), signingKey);
    requireMatch(path, x25519.getPublicKey(encryptionSecret), encryptionKey);
    return {
      suite: 1,
      signingKey,
      seed: new Secret(seed),
      encryptionKey,
      encryptionSecret: new Secret(encryptionSecret),
    };
  });
}

function requireMatch(path: string, derived: Bytes, stated: Bytes): void {
  if (!equalBytes(derived, stated)) throw new PskyError('key-file-bad', `${path}: the two halves of a key differ.`);
}

function readKeyFile<T>(path: string, read: (root: Fields) => T): T {
  let document: unknown;
  try {
    document = JSON.parse(readSecretFile(path));
  } catch (error) {
    if (error instanceof PskyError) throw error;
    // the parser's message would quote the file
    throw new PskyError('key-file-bad', `${path}: not JSON.`);
  }
  const fields = readFields(document, (root) => {
    root.whole('format', { min: 1, max: 1 });
    return read(root);
  });
  if (!fields.ok) throw new PskyError('key-file-bad', `${path}: ${fields.error.place}: ${fields.error.message}.`);
  return fields.value;
}

/** @throws PskyError `key-file-exposed` when group or others may read or write it */
export function readSecretFile(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new PskyError('key-file-bad', `${path}: ${(error as NodeJS.ErrnoException).code}.`);
  }
  try {
    const { mode } = fstatSync(file);
    if ((mode & 0o077) !== 0)
      throw new PskyError('key-file-exposed', `${path} has mode ${(mode & 0o777).toString(8)}.`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Never over an existing file: a key that is gone cannot be made again. */
function writeSecretFile(path: string, document: object): void {
  writeSecretText(path, `${JSON.stringify(document, undefined, 2)}\n`);
}

/** @throws PskyError `home-exists` where a file is there already */
export function writeSecretText(path: string, text: string): void {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new PskyError(code === 'EEXIST' ? 'home-exists' : 'file-unusable', `${path}: ${code}.`);
  }
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
