// What one node has in its journal, by its own word: a vote attests things, and they must be durable when it leaves (D1).

import type { Header, QuorumCert, Vote } from '../../consensus/certificate/index.ts';
import type { Hash } from '../../lib/hash.ts';
import type { BlockTree } from './block-tree.ts';
import type { Released } from './probe.ts';
import { short } from './verdict.ts';

export class DurableRecords {
  #tree: BlockTree;
  #quorum: number;
  #headers = new Map<Hash, number>();
  #certificates = new Map<Hash, { readonly term: number; readonly position: number }>();
  #batches = new Map<string, number>();
  #digests = new Map<Hash, number>();

  /** @param quorum votes of a quorum: of one, a vote is its own certificate (D6) */
  constructor(tree: BlockTree, quorum: number) {
    this.#tree = tree;
    this.#quorum = quorum;
  }

  header(header: Header, position: number): void {
    this.#tree.add(header);
    keepEarliest(this.#headers, header.id, position);
  }

  certificate(qc: QuorumCert, position: number): void {
    if (!this.#certificates.has(qc.id)) this.#certificates.set(qc.id, { term: qc.term, position });
  }

  batch(lane: number, seq: number, digest: Hash, position: number): void {
    keepEarliest(this.#batches, `${lane}:${seq}`, position);
    keepEarliest(this.#digests, digest, position);
  }

  /** A new life: recovery tells anew what the journal still holds. */
  forget(): void {
    this.#headers.clear();
    this.#certificates.clear();
    this.#batches.clear();
    this.#digests.clear();
  }

  /** @returns what `vote` attests without having it durably, as a sentence, or undefined */
  missingFor(vote: Vote, { durable }: Released): string | undefined {
    return this.#missingCertificate(vote, durable) ?? this.#missingBlocks(vote, durable);
  }

  #missingCertificate(vote: Vote, durable: number): string | undefined {
    if (vote.commit === null || this.#quorum === 1) return undefined;
    const id = this.#tree.at(vote.tipId, vote.commit);
    const certificate = id === undefined ? undefined : this.#certificates.get(id);
    if (certificate === undefined) return `no certificate of height ${vote.commit}`;
    if (certificate.term !== vote.term)
      return `the certificate of height ${vote.commit} is of term ${certificate.term}`;
    return certificate.position > durable ? `the certificate of height ${vote.commit} is not durable` : undefined;
  }

  /**
   * @param isCommitted by this node; a block on a chain that has lost is not, however low it stands
   * @returns how many blocks of its term `vote` accepts that neither a certificate nor the commit covers (§4: W at most)
   */
  uncertifiedIn(vote: Vote, isCommitted: (header: Header) => boolean): number {
    let count = 0;
    for (let id = vote.tipId; ; count++) {
      const header = this.#tree.get(id);
      if (header === undefined || header.order.term !== vote.term || isCommitted(header)) return count;
      if (this.#certificates.has(id)) return count;
      id = header.parent;
    }
  }

  /** V2: the headers of its term down to the highest certified one, and every batch above that. */
  #missingBlocks(vote: Vote, durable: number): string | undefined {
    for (let id = vote.tipId; ; ) {
      const header = this.#tree.get(id);
      if (header === undefined || header.order.term !== vote.term || this.#certificates.has(id)) return undefined;
      const at = this.#headers.get(id);
      if (at === undefined || at > durable) return `header ${short(id)} is not durable`;
      const missing = this.#missingBatches(header, durable);
      if (missing !== undefined) return missing;
      id = header.parent;
    }
  }

  #missingBatches(header: Header, durable: number): string | undefined {
    const parentCut = this.#tree.get(header.parent)?.order.cut;
    for (const [lane, head] of header.order.cut.entries()) {
      const from = parentCut?.[lane]?.seq ?? 0;
      for (let seq = from + 1; seq <= head.seq; seq++) {
        const position = seq === head.seq ? this.#digests.get(head.digest) : this.#batches.get(`${lane}:${seq}`);
        if (position === undefined || position > durable) return `batch ${seq} of lane ${lane} is not durable`;
      }
    }
    return undefined;
  }
}

function keepEarliest<K>(positions: Map<K, number>, key: K, position: number): void {
  const known = positions.get(key);
  if (known === undefined || position < known) positions.set(key, position);
}
