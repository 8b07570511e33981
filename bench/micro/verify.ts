// What a signature costs: every validator verifies each signed command, and a few votes per block.
// Arithmetic: two scalar multiplications of Ed25519, 40 to 90 µs by machine. `node dist/bench/micro/verify.js`

import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { tellCost } from '../support/figures.ts';

const keys = sodiumSuite.keyPairOf(new Uint8Array(32).fill(9));
for (const bytes of [120, 512]) {
  const text = new Uint8Array(bytes);
  const signature = sodiumSuite.sign(keys, text);
  tellCost(`verify ${bytes} B`, 'µs', { times: 500 }, () => sodiumSuite.verify(keys.publicKey, text, signature));
  tellCost(`sign ${bytes} B`, 'µs', { times: 500 }, () => sodiumSuite.sign(keys, text));
}
tellCost('check a public key', 'µs', { times: 500 }, () => sodiumSuite.isSafePublicKey(keys.publicKey));
