// Ed25519 in plain JavaScript, for browsers: it accepts exactly what libsodium accepts. Noble's own `verify` multiplies
// by the cofactor, so a small-order component in R or in the key would pass; here R is compared byte for byte.

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { assert } from '../assert.ts';
import { type Bytes, concatBytes, equalBytes } from '../bytes.ts';
import { type SignatureSuite, suiteEd25519 } from './suite.ts';

const Point = ed25519.Point;
type Point = InstanceType<typeof Point>;
const groupOrder = Point.Fn.ORDER;

export const nobleSuite: SignatureSuite = {
  suite: suiteEd25519,
  signatureBytes: 64,
  publicKeyBytes: 32,

  keyPairOf(seed) {
    assert(seed.length === 32, 'an Ed25519 seed has 32 bytes');
    return { seed: Uint8Array.from(seed), publicKey: ed25519.getPublicKey(seed) };
  },

  sign: (keys, message) => ed25519.sign(message, keys.seed),

  verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    const encodedR = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    if (s >= groupOrder) return false;
    const key = parseCanonical(publicKey);
    const r = parseCanonical(encodedR);
    if (key === undefined || key.isSmallOrder() || r === undefined || r.isSmallOrder()) return false;
    const k = littleEndian(sha512(concatBytes([encodedR, publicKey, message]))) % groupOrder;
    const expected = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
    return equalBytes(expected.toBytes(), encodedR);
  },

  isSafePublicKey(publicKey) {
    const key = parseCanonical(publicKey);
    return key !== undefined && !key.isSmallOrder() && key.isTorsionFree();
  },
};

/** @returns undefined when the bytes are not the one encoding of a point of the curve */
function parseCanonical(encoded: Bytes): Point | undefined {
  if (encoded.length !== 32) return undefined;
  try {
    const point = Point.fromBytes(encoded, false);
    return equalBytes(point.toBytes(), encoded) ? point : undefined;
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Bytes): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}
