// Every block that any node of the world has recorded, as a tree. It knows more than any node does, which is what lets a
// checker say that two votes lie on one chain.

import type { Header, LaneHead } from '../../consensus/certificate/index.ts';
import type { Hash } from '../../lib/hash.ts';

export class BlockTree {
  readonly genesisId: Hash;
  #headers = new Map<Hash, Header>();

  constructor(genesisId: Hash) {
    this.genesisId = genesisId;
  }

  add(header: Header): void {
    if (!this.#headers.has(header.id)) this.#headers.set(header.id, header);
  }

  get(id: Hash): Header | undefined {
    return this.#headers.get(id);
  }

  /** @returns the ancestor of `tip` (or `tip` itself) at `height`, or undefined where the tree has a gap */
  at(tip: Hash, height: number): Hash | undefined {
    let id = tip;
    for (;;) {
      if (id === this.genesisId) return height === 0 ? id : undefined;
      const header = this.#headers.get(id);
      if (header === undefined || header.order.height < height) return undefined;
      if (header.order.height === height) return id;
      id = header.parent;
    }
  }

  /** Of each lane that a block advances the last batch; of the others, and where the parent is not held, nothing. */
  newestBatches({ parent, order }: Header): readonly LaneHead[] {
    const below = this.#headers.get(parent)?.order.cut;
    if (below === undefined && parent !== this.genesisId) return [];
    return order.cut.filter(({ seq }, lane) => seq > (below?.[lane]?.seq ?? 0));
  }

  /** whether `below` is `above` or one of its ancestors */
  extends(above: Hash, below: Hash): boolean {
    if (below === this.genesisId) return true;
    const header = this.#headers.get(below);
    return header !== undefined && this.at(above, header.order.height) === below;
  }
}
