// SHA-256 by OpenSSL. Text digests are the fast way out of it: a fresh buffer per digest costs more than the hash.

import * as crypto from 'node:crypto';
import { present } from '../../lib/assert.ts';
import { type Bytes, fromHex } from '../../lib/bytes.ts';
import type { Sha256 } from '../../lib/hash.ts';

/** Inputs up to this size are joined first, because one call on one piece is three times faster than a streaming hash. */
const joinedBytes = 4096;

/** `crypto.hash` came with Node 20.12 and is missing from some builds. */
const oneShot = (crypto as { hash?: (algorithm: 'sha256', data: Bytes, encoding: 'hex' | 'latin1') => string }).hash;

const scratch = new Uint8Array(joinedBytes);

export const nativeSha256: Sha256 = {
  digest(parts) {
    const input = joined(parts);
    if (input === undefined || oneShot === undefined) return fromHexDigest(streamed(parts));
    const digest = new Uint8Array(32);
    writeLatin1(oneShot('sha256', input, 'latin1'), digest, 0);
    return digest;
  },
  digestInto(parts, target, offset) {
    const input = joined(parts);
    if (input === undefined || oneShot === undefined) target.set(fromHexDigest(streamed(parts)), offset);
    else writeLatin1(oneShot('sha256', input, 'latin1'), target, offset);
  },
  digestHex(parts) {
    const input = joined(parts);
    return input === undefined || oneShot === undefined ? streamed(parts) : oneShot('sha256', input, 'hex');
  },
};

/** @returns undefined when joining would cost more than it saves */
function joined(parts: readonly Bytes[]): Bytes | undefined {
  if (parts.length === 1) return parts[0];
  let length = 0;
  for (const part of parts) length += part.length;
  if (length > joinedBytes) return undefined;
  let offset = 0;
  for (const part of parts) {
    scratch.set(part, offset);
    offset += part.length;
  }
  return scratch.subarray(0, length);
}

function streamed(parts: readonly Bytes[]): string {
  const hasher = crypto.createHash('sha256');
  for (const part of parts) hasher.update(part);
  return hasher.digest('hex');
}

function writeLatin1(text: string, target: Bytes, offset: number): void {
  for (let i = 0; i < 32; i++) target[offset + i] = text.charCodeAt(i);
}

function fromHexDigest(text: string): Bytes {
  return present(fromHex(text), 'a digest is hex');
}
