// A node's identity on the wire: a self-signed Ed25519 certificate over the node key. Nobody's signature counts but the
// key's own: peers are pinned to node ids (hex of the public key), so names and dates in it mean nothing.

import 'reflect-metadata';
import { createPrivateKey, createPublicKey, webcrypto, type X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { assert } from '../../lib/assert.ts';
import { type Bytes, concatBytes, fromHex, toHex } from '../../lib/bytes.ts';
import type { NodeId } from '../ports.ts';

export interface NodeCertificate {
  readonly nodeId: NodeId;
  /** PEM */
  readonly certificate: string;
  /** PEM (PKCS #8); secret */
  readonly key: string;
}

/** RFC 8410: what comes before the 32 bytes of a private and of a public Ed25519 key in DER */
const privateKeyPrefix = fromHex('302e020100300506032b657004220420') as Bytes;
const publicKeyPrefix = fromHex('302a300506032b6570032100') as Bytes;

/** @param seed the node key's 32 bytes */
export async function createNodeCertificate(seed: Bytes): Promise<NodeCertificate> {
  assert(seed.length === 32, 'an Ed25519 seed has 32 bytes');
  const pkcs8 = concatBytes([privateKeyPrefix, seed]);
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const algorithm = { name: 'Ed25519' };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: 'CN=psky-node',
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2120-01-01T00:00:00Z'),
      signingAlgorithm: algorithm,
      keys: {
        privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
        publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
      },
    },
    webcrypto,
  );
  return {
    nodeId: toHex(spki.subarray(publicKeyPrefix.length)) as NodeId,
    certificate: certificate.toString('pem'),
    key: key.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
}

/**
 * The node that a certificate belongs to. TLS has proved that its holder has the key.
 * @returns undefined where there is no certificate, or one of another sort of key
 */
export function nodeIdOf(certificate: X509Certificate | undefined): NodeId | undefined {
  if (certificate === undefined || certificate.publicKey.asymmetricKeyType !== 'ed25519') return undefined;
  const spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
  if (spki.length !== publicKeyPrefix.length + 32) return undefined;
  return toHex(spki.subarray(publicKeyPrefix.length)) as NodeId;
}
