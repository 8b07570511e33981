// A signature suite: how keys sign and who decides that a signature is valid. The suite byte travels with every signature.
// Implementations of Ed25519 disagree on crafted keys and signatures, so within a network one verifier decides (sodium in
// nodes), and keys that would let them disagree are refused when they are registered.

import type { Bytes } from '../bytes.ts';

export const suiteEd25519 = 1;

export interface KeyPair {
  /** 32 bytes; never logged, never sent */
  readonly seed: Bytes;
  readonly publicKey: Bytes;
}

export interface SignatureSuite {
  readonly suite: number;
  readonly signatureBytes: number;
  readonly publicKeyBytes: number;
  keyPairOf(seed: Bytes): KeyPair;
  sign(keys: KeyPair, message: Bytes): Bytes;
  verify(publicKey: Bytes, message: Bytes, signature: Bytes): boolean;
  /** false for keys of small order and non-canonical encodings: they must never be registered */
  isSafePublicKey(publicKey: Bytes): boolean;
}
