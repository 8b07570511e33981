// What Byzantine validators do beside running as twins: they know all that was ever sent, sign anything with their own keys,
// and forge certificates that a deleted rule would let through (CONSENSUS §12).

import { leaderOf } from '../../consensus/certificate/committee.ts';
import { batchDigest, proposalText, timeoutText, voteText } from '../../consensus/certificate/hashing.ts';
import {
  certifiedBlock,
  type Header,
  makeHeader,
  type QuorumCert,
  type TimeoutCert,
} from '../../consensus/certificate/index.ts';
import type { Batch, Block, PeerMessage } from '../../consensus/core/index.ts';
import { appendToHistory, historyRoot } from '../../consensus/core/index.ts';
import { present } from '../../lib/assert.ts';
import { type Bytes, fromUtf8 } from '../../lib/bytes.ts';
import { type Hash, sha256Hex } from '../../lib/hash.ts';
import type { Random } from '../../lib/random.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import type { CoreWorld, Host } from './core-world.ts';

export class Liar {
  readonly world: CoreWorld;
  readonly random: Random;
  readonly qcs: QuorumCert[] = [];
  readonly tcs: TimeoutCert[] = [];
  readonly headers = new Map<Hash, Header>();
  private read = 0;

  constructor(world: CoreWorld, random: Random) {
    this.world = world;
    this.random = random;
  }

  /** One lie of one Byzantine validator to one honest node. */
  lie(): void {
    this.listen();
    const { world, random } = this;
    const liar = random.pick(world.options.byzantine);
    const to = random.pick(world.hosts.filter((host) => host.honest));
    const message = random.pick([
      () => this.vote(liar, to),
      () => this.vote(liar, to),
      () => this.timeout(liar, to),
      () => this.block(liar, to),
      () => this.block(liar, to),
      () => this.certificate(),
      () => this.entry(),
      () => this.replay(),
      () => this.batch(liar),
    ])();
    if (message !== undefined) world.say(liar, to, message);
  }

  private listen(): void {
    const { overheard } = this.world;
    for (; this.read < overheard.length; this.read++) {
      const { message } = present(overheard[this.read], 'a message');
      if (message.type === 'proposal') this.note(message.header, message.chainQc, message.entry);
      if (message.type === 'headers') for (const { header, entry } of message.headers) this.note(header, null, entry);
      if (message.type === 'qc') this.noteQc(message.qc);
      if (message.type === 'commit') this.noteQc(message.certificate);
      if (message.type === 'timeout') this.noteQc(message.qc);
      if (message.type === 'entry' && 'tc' in message.entry) this.tcs.push(message.entry.tc);
      if (message.type === 'hello') this.noteQc(message.highQc);
    }
  }

  private note(header: Header, qc: QuorumCert | null, entry: TimeoutCert | null): void {
    this.headers.set(header.id, header);
    this.noteQc(qc);
    if (entry !== null) this.tcs.push(entry);
  }

  private noteQc(qc: QuorumCert | null): void {
    if (qc !== null) this.qcs.push(qc);
  }

  private sign(liar: number, text: Bytes): Bytes {
    return sodiumSuite.sign(present(this.world.keys[liar], 'its own key'), text);
  }

  /** For any block, in its term or in another, with any c. */
  private vote(liar: number, to: Host): PeerMessage | undefined {
    const { random } = this;
    const headers = [...this.headers.values()].slice(-12);
    if (headers.length === 0) return undefined;
    const { id, order } = random.pick(headers);
    const term = random.chance(0.8) ? order.term : to.core.term;
    const commit = random.chance(0.2) ? null : Math.max(0, order.height - random.below(3));
    const fields = { term, tipHeight: order.height, tipId: id, commit };
    const signature = this.sign(liar, voteText(this.world.committee, fields));
    return { type: 'vote', vote: { voter: liar, ...fields, signature }, executed: random.below(order.height + 2) };
  }

  /** For the receiver's term or the next, with any QC that exists: the newest is held back, an old one shown. */
  private timeout(liar: number, to: Host): PeerMessage {
    const { random, world } = this;
    const term = to.core.term + (random.chance(0.2) ? 1 : 0);
    const usable = this.qcs.filter((qc) => qc.term <= term);
    const qc = usable.length === 0 || random.chance(0.2) ? null : random.pick(usable.slice(-12));
    const highest =
      qc === null
        ? { term: -1, height: 0, id: world.committee.genesisId }
        : { term: qc.term, height: qc.height, id: qc.id };
    const fields = { term, highest, tail: [] };
    const signature = this.sign(liar, timeoutText(world.committee, fields));
    return { type: 'timeout', timeout: { voter: liar, ...fields, signature }, qc };
  }

  /** A block of a term that it leads: forks at any height, on any parent that some TC justifies, and on some that none does. */
  private block(liar: number, to: Host): PeerMessage | undefined {
    const { random, world } = this;
    const { term } = to.core;
    if (leaderOf(world.committee, term) !== liar) return undefined;
    const own = [...to.core.blocks.values()].filter((block) => block.term === term && block.connected);
    const entry = own.length === 0 || random.chance(0.4) ? this.entryOf(term) : null;
    const parent = this.parentOf(entry, own, to);
    if (parent?.past === undefined) return undefined;
    const header = this.headerOn(parent, term, to);
    this.headers.set(header.id, header);
    const signature = this.sign(liar, proposalText(world.committee, header.id));
    const chainQc = this.qcs.length > 0 && random.chance(0.5) ? random.pick(this.qcs.slice(-6)) : null;
    return { type: 'proposal', header, signature, entry, chainQc };
  }

  private entryOf(term: number): TimeoutCert | null {
    const tcs = this.tcs.filter((tc) => tc.term === term - 1);
    if (tcs.length === 0) return null;
    const tc = this.random.pick(tcs);
    return this.random.chance(0.2) ? this.forgedEntry(tc) : tc;
  }

  private parentOf(entry: TimeoutCert | null, own: readonly Block[], to: Host): Block | undefined {
    const { random, world } = this;
    if (random.chance(0.1)) return random.pick([...to.core.blocks.values()]);
    if (entry !== null) return to.core.blocks.get(entry.qc?.id ?? world.committee.genesisId);
    return own.length === 0 ? to.core.genesis : random.pick(own.slice(-3));
  }

  private headerOn(parent: Block, term: number, to: Host): Header {
    const { random, world } = this;
    const { chain, epoch } = world.committee;
    const height = parent.height + 1;
    const wrongRoot = random.chance(0.2) && to.core.executed > parent.execHeight && to.core.executed < height;
    const cut = parent.cut.map((head, lane) => {
      const next = [...world.batches.values()].filter(
        (batch) => batch.lane === lane && batch.seq === head.seq + 1 && batch.prev === head.digest,
      );
      if (next.length === 0 || random.chance(0.3)) return head;
      const { seq, digest } = random.pick(next);
      return { seq, digest };
    });
    return makeHeader(
      { chain, epoch, term, height, cut, control: null },
      {
        chain,
        epoch,
        height,
        timeMs: Math.max(parent.timeMs + 1, Math.floor(1_000_000 + world.now)) + random.below(3),
        execHeight: wrongRoot ? to.core.executed : parent.execHeight,
        stateRoot: wrongRoot ? sha256Hex(fromUtf8('a lie')) : parent.stateRoot,
        outboxRoot: parent.outboxRoot,
        historyRoot: historyRoot(appendToHistory(present(parent.past, 'a connected parent'), parent.id)),
        parentRef: null,
        nextSetHash: null,
      },
      parent.id,
    );
  }

  /** Q1, Q2: certificates that claim another term, another height, another block, too few signers, or a commit that is none. */
  private certificate(): PeerMessage | undefined {
    const { random } = this;
    if (this.qcs.length === 0) return undefined;
    const qc = random.pick(this.qcs.slice(-12));
    const forged = random.pick([
      () => certifiedBlock({ ...qc, height: qc.height + 1 }),
      () => certifiedBlock({ ...qc, term: qc.term + 1 + random.below(2) }),
      () => certifiedBlock({ ...qc, votes: qc.votes.slice(1) }),
      () => certifiedBlock({ ...qc, votes: [...qc.votes.slice(1), present(qc.votes[1] ?? qc.votes[0], 'a vote')] }),
      () => certifiedBlock({ ...qc, links: qc.links.slice(1) }),
      () => this.ofAnOlderBlock(qc),
      () => qc,
    ])();
    return random.chance(0.5) ? { type: 'qc', qc: forged } : { type: 'commit', certificate: forged };
  }

  /** Q1: the votes of a newer term certify, in its name, the block of an older term below. */
  private ofAnOlderBlock(qc: QuorumCert): QuorumCert {
    const below = this.headers.get(qc.parent);
    if (below === undefined) return qc;
    return certifiedBlock({
      term: qc.term,
      height: below.order.height,
      parent: below.parent,
      body: below.body,
      votes: qc.votes,
      links: [qc.body, ...qc.links],
    });
  }

  private entry(): PeerMessage | undefined {
    if (this.tcs.length === 0) return undefined;
    return { type: 'entry', entry: { tc: this.forgedEntry(this.random.pick(this.tcs.slice(-6))) } };
  }

  /** Q3: a QC below the highest or above the term, too few Timeouts, another term, or simply an old one. */
  private forgedEntry(tc: TimeoutCert): TimeoutCert {
    const { random } = this;
    return random.pick([
      (): TimeoutCert => ({ ...tc, qc: this.qcs.length === 0 ? null : random.pick(this.qcs) }),
      (): TimeoutCert => ({ ...tc, qc: null }),
      (): TimeoutCert => ({ ...tc, timeouts: tc.timeouts.slice(1) }),
      (): TimeoutCert => ({ ...tc, term: tc.term + 1 }),
      () => tc,
    ])();
  }

  private replay(): PeerMessage | undefined {
    const { overheard } = this.world;
    return overheard.length === 0
      ? undefined
      : present(overheard[this.random.below(overheard.length)], 'a message').message;
  }

  /** L4: a second batch at one place of its own lane, or one on the lane of another, which its blocks may then name. */
  private batch(liar: number): PeerMessage {
    const { random, world } = this;
    const lane = random.chance(0.5) ? liar : random.below(world.options.n);
    const head = present(random.pick(world.hosts.filter((host) => host.honest)).core.lanes[lane], 'a lane').committed;
    const body = [fromUtf8(`forged ${random.below(1_000_000)}`)];
    const contentHash = sha256Hex(...body);
    const [seq, prev, count, size] = [head.seq + 1, head.digest, 1, 13];
    const batch: Batch = {
      lane,
      seq,
      prev,
      count,
      size,
      contentHash,
      body,
      digest: batchDigest(prev, lane, seq, count, contentHash),
    };
    world.batches.set(batch.digest, batch);
    return { type: 'batch', batch, answer: false };
  }
}
