// Builds the proof of what the state holds at a name, present or absent, from the pages on the way to it.

import { type Bytes } from '../../lib/bytes.ts';
import { hashToBytes } from '../../lib/hash.ts';
import { bitOf, encodeProof, type StateProof } from '../proof/state-proof.ts';
import { digitOf, type Leaf, levelsPerPage, nodeHash, nodeKinds, type Page, slotCount } from './page.ts';
import type { AuthenticatedState, StateAnswer, StateName } from './state.ts';

export function proveName(state: AuthenticatedState, name: StateName, height: number, done: StateAnswer<Bytes>): void {
  const path = hashToBytes(name.path);
  const siblings: Bytes[] = [];
  const visit = (prefix: string, hash: Bytes | undefined): void =>
    state.readPage(prefix, height, hash, (fault, page) => {
      if (fault !== undefined || page === undefined) return done(fault, new Uint8Array(0));
      const end = descend(page, path, siblings);
      if (end.kind === 'page') return visit(end.prefix, end.hash);
      const isOther = end.kind === 'leaf' && end.leaf.path !== name.path;
      const other: StateProof['other'] = isOther
        ? { path: end.leaf.content.subarray(0, 32), valueHash: end.leaf.content.subarray(32) }
        : null;
      done(undefined, encodeProof({ siblings, other }));
    });
  visit('', undefined);
}

type End =
  | { readonly kind: 'empty' }
  | { readonly kind: 'leaf'; readonly leaf: Leaf }
  | { readonly kind: 'page'; readonly prefix: string; readonly hash: Bytes };

/** Walks one page, noting the siblings, to where the path ends or the next page begins. */
function descend(page: Page, path: Bytes, siblings: Bytes[]): End {
  let node = 1;
  for (let depth = page.prefix.length * levelsPerPage; ; depth++) {
    const kind = page.kinds[node];
    if (kind === nodeKinds.empty) return { kind: 'empty' };
    if (kind === nodeKinds.leaf) return { kind: 'leaf', leaf: leafBelow(page, node) };
    if (node >= slotCount) {
      return { kind: 'page', prefix: page.prefix + digitOf(node - slotCount), hash: nodeHash(page, node) };
    }
    node = 2 * node + bitOf(path, depth);
    siblings.push(nodeHash(page, node ^ 1));
  }
}

/** The one leaf under a node that is one. */
function leafBelow(page: Page, node: number): Leaf {
  let below = node;
  while (below < slotCount) below = page.kinds[2 * below] === nodeKinds.leaf ? 2 * below : 2 * below + 1;
  return page.leaves[below - slotCount] as Leaf;
}
