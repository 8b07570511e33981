// The invariants of CONSENSUS §12 that validators must keep together: committed prefixes agree, every batch is ordered
// once, roots are equal, certificates prove what they say, and nobody honest is accused.

import type { Header, QuorumCert } from '../../consensus/certificate/index.ts';
import type { Hash } from '../../lib/hash.ts';
import { BlockTree } from './block-tree.ts';
import { NodeChecker } from './node-checker.ts';
import type { ChainProbe } from './probe.ts';
import { type ChainUnderTest, short, type Verdict } from './verdict.ts';

/** In every so many commits a node's certificate is verified, beside the first of each height: a check costs q signatures. */
const verifyOneIn = 8;

export class ChainChecker {
  readonly chain: ChainUnderTest;
  readonly nodes: readonly NodeChecker[];
  #tree: BlockTree;
  #verdict: Verdict;
  #committed = new Map<number, Header>();
  #commitHeights: number[];
  #executed: number[];
  #roots = new Map<number, string>();
  #order = new Map<number, string>();
  /** of each committed block the newest batch per lane, and its height */
  #orderedAt = new Map<Hash, number>();
  #places = new Map<string, string>();
  #lastCommitNew = 0;

  constructor(chain: ChainUnderTest, verdict: Verdict) {
    const { n, genesisId } = chain.committee;
    this.chain = chain;
    this.#verdict = verdict;
    this.#tree = new BlockTree(genesisId);
    this.#commitHeights = new Array<number>(n).fill(0);
    this.#executed = new Array<number>(n).fill(0);
    this.nodes = Array.from({ length: n }, (_, index) => new NodeChecker(index, chain, this.#tree, verdict));
  }

  /** heights committed by anyone honest, each counted once */
  get commits(): number {
    return this.#committed.size;
  }

  get highestCommitted(): number {
    return this.#lastCommitNew;
  }

  commitHeight(node: number): number {
    return this.#commitHeights[node] as number;
  }

  executedHeight(node: number): number {
    return this.#executed[node] as number;
  }

  /** What one validator's chain reports to; a sacrificed validator's word only adds blocks to the tree. */
  probe(index: number): ChainProbe {
    const node = this.nodes[index] as NodeChecker;
    if (this.chain.sacrificed.has(index)) return this.#deafProbe(node);
    return {
      began: () => node.began(),
      recovered: (state) => {
        this.#commitHeights[index] = state.commitHeight;
        node.recovered(state);
      },
      headerRecorded: (header, position) => node.records.header(header, position),
      batchRecorded: ({ lane, seq, digest, position }) => node.records.batch(lane, seq, digest, position),
      qcRecorded: (qc, position) => node.records.certificate(qc, position),
      voteReleased: (vote, released) => node.voted(vote, released, (header) => this.#isCommitted(index, header)),
      timeoutReleased: (timeout, released) => node.timedOut(timeout, released),
      batchReleased: ({ seq }, released) => node.batchLeft(seq, released),
      proposed: (header) => node.proposed(header),
      highestQc: (rank) => node.highest(rank),
      abandoned: (term, reason) => this.#abandoned(index, term, reason),
      committed: (header, certificate) => this.#commit(index, header, certificate),
      ordered: (height, batches) =>
        this.#ordered(
          index,
          height,
          batches.map(({ lane, seq, digest }) => `${lane}:${seq}:${digest}`),
        ),
      executed: (height, stateRoot, outboxRoot) => this.#execute(index, height, stateRoot, outboxRoot),
      headersHeld: (held) => this.#headersHeld(node, held),
      batchesForgotten: (digests, executed) => this.#forgotten(node, digests, executed),
      fenced: (reason) => this.#violated('an intact validator is not fenced', index, reason),
      stopped: (detail) => this.#violated('an intact chain does not stop', index, detail),
      evidence: (culprit, kind) => {
        if (!this.chain.sacrificed.has(culprit))
          this.#violated('no honest validator is accused', index, `${kind} against validator ${culprit + 1}`);
      },
    };
  }

  #deafProbe(node: NodeChecker): ChainProbe {
    return {
      began: () => node.began(),
      headerRecorded: (header, position) => node.records.header(header, position),
      proposed: (header) => this.#tree.add(header),
    };
  }

  #isCommitted(index: number, { id, order: { height } }: Header): boolean {
    return height <= this.commitHeight(index) && this.#committed.get(height)?.id === id;
  }

  #commit(index: number, header: Header, certificate: QuorumCert): void {
    const { height } = header.order;
    if (height !== this.commitHeight(index) + 1)
      this.#violated('commits come in order', index, `${height} after ${this.commitHeight(index)}`);
    this.#commitHeights[index] = height;
    this.#tree.add(header);
    const known = this.#committed.get(height);
    if (known !== undefined && known.id !== header.id)
      return this.#violated(
        'committed prefixes agree',
        index,
        `${short(header.id)}, not ${short(known.id)}, at ${height}`,
      );
    const isNew = known === undefined;
    if (isNew) {
      this.#committed.set(height, header);
      for (const { digest } of this.#tree.newestBatches(header)) this.#orderedAt.set(digest, height);
      this.#lastCommitNew = Math.max(this.#lastCommitNew, height);
      const parent = height === 1 ? this.#tree.genesisId : this.#committed.get(height - 1)?.id;
      if (parent !== undefined && header.parent !== parent)
        this.#violated('committed prefixes agree', index, `${short(header.id)} at ${height} extends another block`);
    }
    if ((isNew || height % verifyOneIn === index) && !this.chain.certificateProves(header, certificate))
      this.#violated('certificates re-verify from bytes', index, `commit of ${height}`);
  }

  /** D2: data stays until its block is executed, from the vote for it on unless it loses. */
  #forgotten(node: NodeChecker, digests: readonly Hash[], executed: number): void {
    const commit = this.commitHeight(node.index);
    const votedFor = this.#votedAbove(node).flatMap((header) => this.#tree.newestBatches(header));
    const voted = new Set(votedFor.map(({ digest }) => digest));
    for (const digest of digests) {
      const height = this.#orderedAt.get(digest);
      if (voted.has(digest) || (height !== undefined && height > executed && height <= commit))
        this.#violated('what is voted for is kept', node.index, `batch ${short(digest)} above height ${executed}`);
    }
  }

  /** D2: headers stay from the vote for them on, in whatever term, until the commit passes them or they lose. */
  #headersHeld(node: NodeChecker, held: { has(id: Hash): boolean }): void {
    for (const { id, order } of this.#votedAbove(node))
      if (!held.has(id))
        this.#violated('what is voted for is kept', node.index, `header ${short(id)} of term ${order.term}`);
  }

  #votedAbove(node: NodeChecker): readonly Header[] {
    const commit = this.commitHeight(node.index);
    return node.votedAbove(this.#committed.get(commit)?.id ?? this.#tree.genesisId, commit);
  }

  #ordered(index: number, height: number, batches: readonly string[]): void {
    const order = batches.join(' ');
    const known = this.#order.get(height);
    if (known === undefined) {
      this.#order.set(height, order);
      for (const batch of batches) this.#orderedOnce(index, height, batch);
    } else if (known !== order)
      this.#violated('committed prefixes agree', index, `another order of batches at ${height}`);
  }

  #orderedOnce(index: number, height: number, batch: string): void {
    const place = batch.slice(0, batch.lastIndexOf(':'));
    const before = this.#places.get(place);
    if (before !== undefined)
      this.#violated('each (lane, seq) is ordered once', index, `${place} at ${before} and ${height}`);
    this.#places.set(place, String(height));
  }

  #execute(index: number, height: number, stateRoot: Hash, outboxRoot: Hash): void {
    const roots = `${stateRoot} ${outboxRoot}`;
    const known = this.#roots.get(height);
    if (known === undefined) this.#roots.set(height, roots);
    else if (known !== roots) this.#violated('roots are equal', index, `state ${short(stateRoot)} at ${height}`);
    this.#executed[index] = height;
  }

  #abandoned(index: number, term: number, reason: string): void {
    if (this.chain.faultFree && reason !== 'planned-end' && reason !== 'leader-resigned')
      this.#violated('no term change without a fault', index, `abandons term ${term}: ${reason}`);
  }

  #violated(invariant: string, index: number, detail: string): void {
    this.#verdict.violated(invariant, `${this.chain.name}, validator ${index + 1}: ${detail}`);
  }
}
