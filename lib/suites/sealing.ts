// Sealing to a reader's public key: HPKE in base mode (RFC 9180), by the suite that the reader's key belongs to. The suite
// byte leads every sealed text. The package answers by promise but computes in plain JavaScript, so nothing leaves the
// thread and no clock decides when it answers.

import {
  AEAD_ChaCha20Poly1305,
  KDF_HKDF_SHA256,
  KEM_DHKEM_X25519_HKDF_SHA256,
  KEM_MLKEM768_X25519,
} from '@panva/hpke-noble';
import { CipherSuite } from 'hpke';
import { assert } from '../assert.ts';
import { type Bytes, concatBytes } from '../bytes.ts';

/** DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305 */
export const sealingX25519 = 1;
/** X-Wing (ML-KEM-768 with X25519), HKDF-SHA256, ChaCha20-Poly1305: also closed to those who record now and compute later */
export const sealingXWing = 2;

export interface SealingKey {
  readonly suite: number;
  readonly publicKey: Bytes;
}

export interface SealingKeys extends SealingKey {
  /** never logged, never sent */
  readonly privateKey: Bytes;
}

export interface Sealing {
  /** @param seed 32 secret bytes */
  keysOf(suite: number, seed: Bytes): Promise<SealingKeys>;
  /** @param context what the sealed text belongs to: it opens with the same one only */
  seal(to: SealingKey, text: Bytes, context: Bytes): Promise<Bytes>;
  /** @returns undefined where it is not for these keys, not of this context, or was changed */
  open(keys: SealingKeys, sealed: Bytes, context: Bytes): Promise<Bytes | undefined>;
}

const suites: Readonly<Record<number, CipherSuite>> = {
  [sealingX25519]: new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_ChaCha20Poly1305),
  [sealingXWing]: new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_ChaCha20Poly1305),
};

export const isSealingSuite = (suite: number): boolean => suites[suite] !== undefined;

export const hpkeSealing: Sealing = {
  async keysOf(suite, seed) {
    const hpke = suiteOf(suite);
    const { publicKey, privateKey } = await hpke.DeriveKeyPair(seed, true);
    return {
      suite,
      publicKey: await hpke.SerializePublicKey(publicKey),
      privateKey: await hpke.SerializePrivateKey(privateKey),
    };
  },

  async seal(to, text, context) {
    const hpke = suiteOf(to.suite);
    const key = await hpke.DeserializePublicKey(to.publicKey);
    const { encapsulatedSecret, ciphertext } = await hpke.Seal(key, text, { aad: context });
    return concatBytes([Uint8Array.of(to.suite), encapsulatedSecret, ciphertext]);
  },

  async open(keys, sealed, context) {
    const hpke = suiteOf(keys.suite);
    const textAt = 1 + hpke.KEM.Nenc;
    if (sealed[0] !== keys.suite || sealed.length < textAt) return undefined;
    try {
      const key = await hpke.DeserializePrivateKey(keys.privateKey);
      return await hpke.Open(key, sealed.subarray(1, textAt), sealed.subarray(textAt), { aad: context });
    } catch {
      return undefined; // a key of another, or changed bytes: the package throws for both
    }
  },
};

function suiteOf(suite: number): CipherSuite {
  const found = suites[suite];
  assert(found !== undefined, 'keys of unknown suites are refused when they are registered');
  return found;
}
