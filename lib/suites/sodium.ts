// Ed25519 by libsodium: the verifier that decides, in every node, whether a signature is valid.
// It refuses S ≥ L, small-order and non-canonical keys and R, and compares R byte for byte (no cofactor).

import sodium from 'sodium-native';
import { assert } from '../assert.ts';
import type { Bytes } from '../bytes.ts';
import { type KeyPair, type SignatureSuite, suiteEd25519 } from './suite.ts';

const seedBytes = 32;
const publicKeyBytes = 32;
const secretKeyBytes = 64;
const signatureBytes = 64;

/** libsodium signs with seed ‖ public key; deriving that costs as much as a signature, so it is kept beside the pair. */
const secretKeys = new WeakMap<KeyPair, Bytes>();

export const sodiumSuite: SignatureSuite = {
  suite: suiteEd25519,
  signatureBytes,
  publicKeyBytes,

  keyPairOf(seed) {
    assert(seed.length === seedBytes, 'an Ed25519 seed has 32 bytes');
    const publicKey = new Uint8Array(publicKeyBytes);
    const secretKey = new Uint8Array(secretKeyBytes);
    sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
    const keys: KeyPair = { seed: Uint8Array.from(seed), publicKey };
    secretKeys.set(keys, secretKey);
    return keys;
  },

  sign(keys, message) {
    const signature = new Uint8Array(signatureBytes);
    sodium.crypto_sign_detached(signature, message, secretKeyOf(keys));
    return signature;
  },

  verify(publicKey, message, signature) {
    if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false;
    return sodium.crypto_sign_verify_detached(signature, message, publicKey);
  },

  isSafePublicKey(publicKey) {
    return publicKey.length === publicKeyBytes && sodium.crypto_core_ed25519_is_valid_point(publicKey);
  },
};

function secretKeyOf(keys: KeyPair): Bytes {
  const known = secretKeys.get(keys);
  if (known !== undefined) return known;
  const secretKey = new Uint8Array(secretKeyBytes);
  secretKey.set(keys.seed);
  secretKey.set(keys.publicKey, seedBytes);
  secretKeys.set(keys, secretKey);
  return secretKey;
}
