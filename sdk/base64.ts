// Base64 without the help of a platform.

import type { Bytes } from '../lib/bytes.ts';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function toBase64(bytes: Bytes): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i] as number, bytes[i + 1], bytes[i + 2]];
    const word = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    parts.push(
      digits.charAt(word >> 18) +
        digits.charAt((word >> 12) & 63) +
        (b === undefined ? '=' : digits.charAt((word >> 6) & 63)) +
        (c === undefined ? '=' : digits.charAt(word & 63)),
    );
  }
  return parts.join('');
}
