// What SHA-256 costs by size: each byte of a command is hashed once per validator, and short texts (votes, nodes of the
// tree) many times, where the call costs more than the bytes. `node dist/bench/micro/hash.js`

import { randomBytes } from 'node:crypto';
import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { accelerateSha256, sha256Hex, sha256Into, taggedHash } from '../../lib/hash.ts';
import { KiB, MiB } from '../../lib/units.ts';
import { tellCost } from '../support/figures.ts';

accelerateSha256(nativeSha256);
for (const [bytes, times] of [
  [64, 20_000],
  [512, 20_000],
  [64 * KiB, 300],
  [MiB, 20],
] as const) {
  const text = new Uint8Array(randomBytes(bytes));
  tellCost(`sha256 ${bytes} B`, 'µs', { times }, () => sha256Hex(text));
}
const [left, right, target] = [new Uint8Array(32), new Uint8Array(32), new Uint8Array(32)];
tellCost('sha256 of two hashes, in place', 'µs', { times: 20_000 }, () => sha256Into(target, 0, left, right));
tellCost('tagged hash of 100 B', 'µs', { times: 20_000 }, () => taggedHash('bench', new Uint8Array(100)));
