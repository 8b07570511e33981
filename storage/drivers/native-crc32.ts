// zlib's CRC-32, four times faster than ours on long input (5 GB/s); absent before Node 20.15.

import * as zlib from 'node:zlib';
import type { Crc32 } from '../../lib/crc32.ts';

const native = (zlib as { readonly crc32?: (bytes: Uint8Array, seed?: number) => number }).crc32;

export const nativeCrc32: Crc32 | undefined = native && ((bytes, seed = 0) => native(bytes, seed));
