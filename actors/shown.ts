// Turns any value into plain data that may be shown: secrets print as `[secret]`, bytes as hex, and what is deep or long
// is cut. What a behaviour describes of its state passes through here before an observer sees it.

import { toHex } from '../lib/bytes.ts';
import { Secret } from '../lib/secret.ts';
import { shownCharacters, shownDepth, shownEntries } from './limits.ts';

export function shown(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
      return cutText(value);
    case 'bigint':
      return String(value);
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    case 'object':
      return value === null ? null : shownObject(value, depth);
    default:
      return value;
  }
}

function shownObject(value: object, depth: number): unknown {
  if (value instanceof Secret) return String(value);
  if (value instanceof Uint8Array) return cutText(toHex(value.subarray(0, shownCharacters)));
  if (value instanceof Error) return cutText(value.message);
  if (depth >= shownDepth) return '[…]';
  if (value instanceof Map) return shownEntriesOf([...value].slice(0, shownEntries + 1), value.size, depth);
  if (Array.isArray(value) || value instanceof Set) return shownList([...value], depth);
  const entries = Object.entries(value);
  return shownEntriesOf(entries, entries.length, depth);
}

function shownList(items: readonly unknown[], depth: number): readonly unknown[] {
  const list = items.slice(0, shownEntries).map((item) => shown(item, depth + 1));
  return items.length > shownEntries ? [...list, `… ${items.length - shownEntries} more`] : list;
}

function shownEntriesOf(entries: readonly (readonly [unknown, unknown])[], total: number, depth: number): object {
  const object: Record<string, unknown> = {};
  for (const [key, item] of entries.slice(0, shownEntries)) object[cutText(String(key))] = shown(item, depth + 1);
  if (total > shownEntries) object['…'] = `${total - shownEntries} more`;
  return object;
}

const cutText = (text: string): string => (text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text);
