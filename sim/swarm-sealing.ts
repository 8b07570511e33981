// Sealing in a simulated world: as closed as HPKE, but with ephemeral keys that come from the seed, so that a run gives the
// same bytes twice. X25519, SHA-256, ChaCha20-Poly1305; for the simulator only.

import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { type Bytes, bigEndian, concatBytes, fromUtf8 } from '../lib/bytes.ts';
import { sha256 } from '../lib/hash.ts';
import { type Sealing, sealingX25519 } from '../lib/suites/sealing.ts';

const nonce = new Uint8Array(12); // each key seals once

export function seededSealing(seed: number): Sealing {
  let sealed = 0;
  return {
    keysOf: async (_, secret) => ({
      suite: sealingX25519,
      privateKey: secret,
      publicKey: x25519.getPublicKey(secret),
    }),
    async seal(to, text, context) {
      const ephemeral = sha256(fromUtf8('simulated sealing'), bigEndian(seed, 8), bigEndian(++sealed, 8));
      const enc = x25519.getPublicKey(ephemeral);
      const key = sha256(x25519.getSharedSecret(ephemeral, to.publicKey), enc, to.publicKey);
      return concatBytes([enc, chacha20poly1305(key, nonce, context).encrypt(text)]);
    },
    async open(keys, box, context): Promise<Bytes | undefined> {
      const enc = box.subarray(0, 32);
      try {
        const key = sha256(x25519.getSharedSecret(keys.privateKey, enc), enc, keys.publicKey);
        return chacha20poly1305(key, nonce, context).decrypt(box.subarray(32));
      } catch {
        return undefined; // not for these keys, or changed
      }
    },
  };
}
