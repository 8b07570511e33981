// Builds the proof of what the state holds at a name, present or absent, from the pages on the way to it.

import type { Bytes } from '../../lib/bytes.ts';
import { hashToBytes } from '../../lib/hash.ts';
import { bitOf, encodeProof, type StateProof } from '../proof/state-proof.ts';
import type { StateName } from './held-value.ts';
import {
  leafContent,
  leafPath,
  levelsPerPage,
  nodeHash,
  nodeKind,
  nodeKinds,
  type Page,
  prefixBelow,
  slotCount,
} from './page.ts';
import type { AuthenticatedState } from './state.ts';
import type { StateAnswer } from './state-fault.ts';

export function proveName(state: AuthenticatedState, name: StateName, height: number, done: StateAnswer<Bytes>): void {
  const path = hashToBytes(name.path);
  const siblings: Bytes[] = [];
  const visit = (prefix: string, hash: Bytes | undefined): void =>
    state.readPage(prefix, height, hash, (fault, page) => {
      if (fault !== undefined || page === undefined) return done(fault, new Uint8Array(0));
      const end = descend(page, path, siblings);
      if (end.kind === 'page') return visit(end.prefix, end.hash);
      done(undefined, encodeProof({ siblings, other: end.kind === 'leaf' ? otherLeaf(page, end.slot, name) : null }));
    });
  visit('', undefined);
}

/** The leaf that stands in the name's place, unless it is the name's own. */
function otherLeaf(page: Page, slot: number, name: StateName): StateProof['other'] {
  if (leafPath(page, slot) === name.path) return null;
  const content = leafContent(page, slot).slice();
  return { path: content.subarray(0, 32), valueHash: content.subarray(32) };
}

type End =
  | { readonly kind: 'empty' }
  | { readonly kind: 'leaf'; readonly slot: number }
  | { readonly kind: 'page'; readonly prefix: string; readonly hash: Bytes };

/** Walks one page, noting copies of the siblings, to where the path ends or the next page begins. */
function descend(page: Page, path: Bytes, siblings: Bytes[]): End {
  let node = 1;
  for (let depth = page.prefix.length * levelsPerPage; ; depth++) {
    const kind = nodeKind(page, node);
    if (kind === nodeKinds.empty) return { kind: 'empty' };
    if (kind === nodeKinds.leaf) return { kind: 'leaf', slot: slotBelow(page, node) };
    if (node >= slotCount) {
      return { kind: 'page', prefix: prefixBelow(page, node - slotCount), hash: nodeHash(page, node).slice() };
    }
    node = 2 * node + bitOf(path, depth);
    siblings.push(nodeHash(page, node ^ 1).slice());
  }
}

/** Where the one leaf is under a node that is one. */
function slotBelow(page: Page, node: number): number {
  let below = node;
  while (below < slotCount) below = nodeKind(page, 2 * below) === nodeKinds.leaf ? 2 * below : 2 * below + 1;
  return below - slotCount;
}
