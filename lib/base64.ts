// Base64 as JSON carries bytes (RFC 4648 §4), without the help of a platform.

import type { Bytes } from './bytes.ts';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Uint8Array(128).fill(255);
for (let i = 0; i < digits.length; i++) values[digits.charCodeAt(i)] = i;

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

/** @returns undefined when `text` is not base64 in its one canonical form, with padding */
export function fromBase64(text: string): Bytes | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const length = text.length - padding;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    const value = values[text.charCodeAt(i)] ?? 255;
    if (value === 255) return undefined;
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (word >> bits) & 0xff;
  }
  return (word & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
