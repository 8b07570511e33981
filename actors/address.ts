// The name of an actor: <chain or domain>/<kind>/<id>. Code sends to addresses and never asks where they live.

import { assert } from '../lib/assert.ts';
import type { Brand } from '../lib/units.ts';

export type Address = Brand<string, 'Address'>;

const part = /^[A-Za-z0-9_.:-]{1,80}$/;

export function address(domain: string, kind: string, id: string): Address {
  assert(part.test(domain) && part.test(kind) && part.test(id), 'the parts of an address are short and plain');
  return `${domain}/${kind}/${id}` as Address;
}

/** @returns undefined when `text` is not an address */
export function parseAddress(text: string): Address | undefined {
  const parts = text.split('/');
  return parts.length === 3 && parts.every((each) => part.test(each)) ? (text as Address) : undefined;
}
