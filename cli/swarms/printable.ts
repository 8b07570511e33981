// Values of a process as JSON: amounts (bigint) as strings, instants as ISO 8601, bytes as hex.

import { toHex } from '../../lib/bytes.ts';

export function printable(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Map) return [...value].map(([key, each]) => [printable(key), printable(each)]);
  if (value instanceof Set) return [...value].map(printable);
  if (Array.isArray(value)) return value.map(printable);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, printable(each)]));
}
