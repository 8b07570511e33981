import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import t from 'tap';
import { nativeSha256 } from '../../../actors/drivers/native-sha256.ts';
import { present } from '../../../lib/assert.ts';
import { concatBytes, fromHex, fromUtf8, toHex } from '../../../lib/bytes.ts';
import { accelerateSha256, sha256Hex, taggedHash } from '../../../lib/hash.ts';
import { nobleSuite } from '../../../lib/suites/noble.ts';
import { sodiumSuite } from '../../../lib/suites/sodium.ts';

const hex = (text: string) => present(fromHex(text), 'test vectors are hex');
const Point = ed25519.Point;
const order = Point.Fn.ORDER;
const message = fromUtf8('a message');

const littleEndian = (bytes: Uint8Array) => BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);
const scalarBytes = (value: bigint) => hex(value.toString(16).padStart(64, '0')).reverse();

/** a point of order 8 */
const torsion = Point.fromBytes(hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'), true);
const seed = new Uint8Array(32).fill(7);
const keys = sodiumSuite.keyPairOf(seed);
const secret = ((): bigint => {
  const half = sha512(seed).slice(0, 32);
  half[0] = (half[0] as number) & 248;
  half[31] = ((half[31] as number) & 63) | 64;
  return littleEndian(half);
})();

/** a signature whose R is chosen freely: what an attacker with the key can do */
function signWith(r: InstanceType<typeof Point>, nonce: bigint, publicKey: Uint8Array): Uint8Array {
  const encodedR = r.toBytes();
  const k = littleEndian(sha512(concatBytes([encodedR, publicKey, message]))) % order;
  return concatBytes([encodedR, scalarBytes((nonce + k * secret) % order)]);
}

const honest = sodiumSuite.sign(keys, message);
const identity = concatBytes([Uint8Array.of(1), new Uint8Array(31)]);
const nonCanonicalIdentity = hex('eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
const negativeZero = hex('0100000000000000000000000000000000000000000000000000000000000080');
/** y = p + 3, a point of large order in its second encoding */
const nonCanonicalLarge = hex('f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
const mixedKey = Point.fromBytes(keys.publicKey).add(torsion).toBytes();
const fiveB = Point.BASE.multiply(5n);
const bigS = concatBytes([honest.subarray(0, 32), scalarBytes(littleEndian(honest.subarray(32)) + order)]);

const vectors: readonly (readonly [string, Uint8Array, Uint8Array, boolean])[] = [
  ['an honest signature', keys.publicKey, honest, true],
  ['a hand-made signature', keys.publicKey, signWith(fiveB, 5n, keys.publicKey), true],
  ['a flipped bit in R', keys.publicKey, honest.map((byte, i) => (i === 3 ? byte ^ 1 : byte)), false],
  ['a flipped bit in S', keys.publicKey, honest.map((byte, i) => (i === 40 ? byte ^ 1 : byte)), false],
  ['S beyond the group order', keys.publicKey, bigS, false],
  ['the identity as key and S = 0', identity, concatBytes([identity, new Uint8Array(32)]), false],
  ['the identity as R', keys.publicKey, signWith(Point.ZERO, 0n, keys.publicKey), false],
  ['a non-canonical identity as key', nonCanonicalIdentity, concatBytes([identity, new Uint8Array(32)]), false],
  ['a negative zero as key', negativeZero, concatBytes([identity, new Uint8Array(32)]), false],
  ['a small-order key', torsion.toBytes(), concatBytes([torsion.toBytes(), new Uint8Array(32)]), false],
  ['a small-order component in R', keys.publicKey, signWith(fiveB.add(torsion), 5n, keys.publicKey), false],
  ['a non-canonical R', keys.publicKey, concatBytes([nonCanonicalLarge, honest.subarray(32)]), false],
  ['a non-canonical large key', nonCanonicalLarge, honest, false],
  ['a short signature', keys.publicKey, honest.subarray(1), false],
  ['a short key', keys.publicKey.subarray(1), honest, false],
];

for (const [name, suite] of Object.entries({ sodium: sodiumSuite, noble: nobleSuite })) {
  t.test(`${name} agrees with every vector`, (t) => {
    for (const [what, key, signature, valid] of vectors) t.equal(suite.verify(key, message, signature), valid, what);
    t.same(suite.keyPairOf(seed).publicKey, keys.publicKey, 'same public key');
    t.same(suite.sign(suite.keyPairOf(seed), message), honest, 'same signature');
    t.same(suite.sign({ ...keys }, message), honest, 'same signature for a copied pair');
    t.equal(suite.isSafePublicKey(keys.publicKey), true);
    for (const key of [identity, nonCanonicalIdentity, negativeZero, nonCanonicalLarge, torsion.toBytes(), mixedKey])
      t.equal(suite.isSafePublicKey(key), false, `refuses ${toHex(key)}`);
    t.end();
  });
}

t.test('native SHA-256 gives the same digests', (t) => {
  const inputs = [[], [fromUtf8('a')], [fromUtf8('a'), fromUtf8('bc')], [new Uint8Array(5000), fromUtf8('x')]];
  const expected = inputs.map((parts) => sha256Hex(...parts));
  const tagged = taggedHash('test', message);
  for (const [i, parts] of inputs.entries()) {
    t.equal(nativeSha256.digestHex(parts), expected[i]);
    t.equal(toHex(nativeSha256.digest(parts)), expected[i]);
  }
  accelerateSha256(nativeSha256);
  t.equal(taggedHash('test', message), tagged);
  t.end();
});
