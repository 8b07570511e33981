// Real cores on links and disks that do nothing by themselves: a schedule says which messages arrive, how much of a journal
// is synced, which node crashes, whose timer fires. The invariants of CONSENSUS §12 are checked at every step by sim/checkers.

import { type Committee, committeeOf } from '../../consensus/certificate/committee.ts';
import {
  type Batch,
  type Block,
  type Core,
  createCore,
  type Input,
  type JournalRecord,
  maySeal,
  nextDeadline,
  type Output,
  type PeerMessage,
  type Roots,
  recover,
  step,
} from '../../consensus/core/index.ts';
import { decodeMessage, encodeMessage } from '../../consensus/wire.ts';
import { assert, present } from '../../lib/assert.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { type Hash, hashToBytes, sha256Hex, taggedHash } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import type { KeyPair } from '../../lib/suites/suite.ts';
import { milliseconds, seconds } from '../../lib/units.ts';
import { ChainChecker } from '../../sim/checkers/chain-checker.ts';
import { observeCore } from '../../sim/checkers/core-observer.ts';
import { provesCommit } from './core-certificates.ts';

export interface WorldOptions {
  readonly n: number;
  /** validators that are twins: two cores with one key, which send before they sync and never stop lying */
  readonly byzantine: readonly number[];
  readonly window: number;
  /** honest code whose disk may be replaced: its word proves nothing */
  readonly sacrificed?: readonly number[];
  /** what is taken out, to prove that the schedules would notice */
  readonly deleted?: 'D1 syncs are real' | 'quorum too small';
}

/** A message that waits for the gate: it rests on the record `after` and keeps its place in its outlet. */
interface Gated {
  readonly to: number;
  readonly message: PeerMessage;
  readonly after: number;
}

/** One core with its disk. A Byzantine validator has two hosts, every honest one has one. */
export interface Host {
  readonly place: number;
  readonly validator: number;
  readonly honest: boolean;
  core: Core;
  alive: boolean;
  readonly disk: JournalRecord[];
  pending: { readonly number: number; readonly record: JournalRecord }[];
  gated: Gated[];
  toExecute: { readonly block: Block; readonly batches: readonly Batch[] }[];
  /** the application: its roots after each height, and the entries that it has applied */
  roots: (Roots & { readonly height: number })[];
  applied: string[];
  readonly accepted: string[];
  /** batches of executed blocks; what the core has forgotten otherwise is not to be had any more */
  readonly archive: Map<Hash, Batch>;
  /** how far its clock is ahead of the world's: firing a timer early moves it */
  skew: number;
  observer: ReturnType<typeof observeCore>;
}

export class Violation extends Error {}

const wallAtStart = 1_000_000;

export class CoreWorld {
  readonly options: WorldOptions;
  readonly committee: Committee;
  readonly keys: readonly KeyPair[];
  readonly hosts: Host[] = [];
  readonly checker: ChainChecker;
  readonly sacrificed: ReadonlySet<number>;
  /** messages on their way, by `from>to` of hosts; a pair is linked when both directions are here */
  readonly links = new Map<string, PeerMessage[]>();
  /** everything that left a node, for the adversary */
  readonly overheard: { readonly from: number; readonly message: PeerMessage }[] = [];
  readonly batches = new Map<Hash, Batch>();
  now = 0;
  delivered = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.keys = Array.from({ length: options.n }, (_, i) => sodiumSuite.keyPairOf(new Uint8Array(32).fill(i + 1)));
    this.sacrificed = new Set([...options.byzantine, ...(options.sacrificed ?? [])]);
    const committee = committeeOf({
      chain: sha256Hex(fromUtf8('scheduled chain')),
      epoch: 0,
      keys: this.keys.map((key) => key.publicKey),
      window: options.window,
      suite: sodiumSuite,
    });
    this.committee = options.deleted === 'quorum too small' ? { ...committee, q: committee.q - 1 } : committee;
    this.checker = new ChainChecker(
      {
        name: 'chain',
        committee,
        certificateProves: (header, certificate) => provesCommit(committee, header, certificate),
        sacrificed: this.sacrificed,
        faultFree: false,
      },
      {
        violated: (invariant, detail) => {
          throw new Violation(`${invariant}: ${detail}`);
        },
      },
    );
    for (let validator = 0; validator < options.n; validator++) this.addHost(validator);
    for (const validator of options.byzantine) this.addHost(validator);
    for (const host of this.hosts) this.start(host);
  }

  private addHost(validator: number): void {
    const observer = observeCore(this.checker.probe(validator));
    this.hosts.push({
      place: this.hosts.length,
      validator,
      honest: !this.options.byzantine.includes(validator),
      core: this.newCore(validator, []),
      alive: false,
      disk: [{ type: 'init' }],
      pending: [],
      gated: [],
      toExecute: [],
      roots: [],
      applied: [],
      accepted: [],
      archive: new Map(),
      skew: 0,
      observer,
    });
  }

  private newCore(validator: number, roots: Host['roots']): Core {
    return createCore(
      {
        committee: this.committee,
        me: validator,
        sign: (text) => sodiumSuite.sign(present(this.keys[validator], 'a key'), text),
        genesisRoots: rootsAfter('genesis', []),
        genesisTimeMs: 0,
        plannedTermMs: seconds(30),
        applied: { height: roots.at(-1)?.height ?? 0, roots },
      },
      milliseconds(this.now),
      wallAtStart,
    );
  }

  // ----------------------------------------------------------------------------------- what a schedule can do

  /** D4: from the journal, and from whatever of the application's state the journal's commits cover. */
  start(host: Host): void {
    assert(!host.alive, 'only a dead node starts');
    const heights = commitHeightOn(host.disk);
    host.roots = host.roots.filter(({ height }) => height <= heights);
    host.applied = host.applied.filter((entry) => Number(entry.split('@')[1]) <= heights);
    host.core = this.newCore(host.validator, host.roots);
    host.alive = true;
    host.observer = observeCore(this.checker.probe(host.validator));
    recover(host.core, host.disk);
    host.observer.started?.(host.core, () => {});
    this.turn(host, []);
  }

  /** The undurable rest of the journal, what waited for it, and everything on its links is lost. */
  crash(host: Host): void {
    for (const other of this.hosts) this.unlink(host, other);
    if (host.honest) this.checker.nodes[host.validator]?.began();
    host.alive = false;
    host.pending = [];
    host.gated = [];
    host.toExecute = [];
  }

  areLinked(a: Host, b: Host): boolean {
    return this.links.has(`${a.place}>${b.place}`);
  }

  /** A validator has one link to another; a Byzantine one decides which of its twins answers. */
  link(a: Host, b: Host): void {
    if (!a.alive || !b.alive || a.validator === b.validator) return;
    if (this.hostAt(a, b.validator) !== undefined || this.hostAt(b, a.validator) !== undefined) return;
    this.links.set(`${a.place}>${b.place}`, []);
    this.links.set(`${b.place}>${a.place}`, []);
    this.turn(a, [{ type: 'link-up', peer: b.validator }]);
    this.turn(b, [{ type: 'link-up', peer: a.validator }]);
  }

  unlink(a: Host, b: Host): void {
    if (!this.links.delete(`${a.place}>${b.place}`)) return;
    this.links.delete(`${b.place}>${a.place}`);
    a.gated = a.gated.filter(({ to }) => to !== b.validator);
    b.gated = b.gated.filter(({ to }) => to !== a.validator);
    this.turn(a, [{ type: 'link-down', peer: b.validator }]);
    this.turn(b, [{ type: 'link-down', peer: a.validator }]);
  }

  /** The first `count` messages of one direction arrive in one turn. */
  deliver(from: Host, to: Host, count: number): void {
    const queue = this.links.get(`${from.place}>${to.place}`) ?? [];
    const messages = queue.splice(0, count);
    this.delivered += messages.length;
    const inputs: Input[] = [];
    for (const sent of messages) {
      const message = overTheWire(sent);
      assert(message !== undefined || !from.honest, `a ${sent.type} of an honest node is read as it was written`);
      if (message !== undefined) inputs.push({ type: 'message', from: from.validator, message });
    }
    this.turn(to, inputs);
  }

  /** The first `count` records become durable: a group, or the part of one that a crash left. */
  sync(host: Host, count: number): void {
    const lies = this.options.deleted === 'D1 syncs are real';
    const through = (lies ? host.pending.at(-1) : host.pending[count - 1])?.number;
    if (through === undefined) return;
    host.disk.push(...host.pending.splice(0, count).map(({ record }) => record));
    this.turn(host, [{ type: 'synced', through }]);
    this.openGate(host);
  }

  /** The application answers for the oldest block that it was given. */
  execute(host: Host): void {
    const next = host.toExecute.shift();
    if (next === undefined) return;
    const { height } = next.block;
    for (const batch of next.batches) host.archive.set(batch.digest, batch);
    const entries = next.batches.map((batch) => `${textOf(batch)}@${height}`);
    const roots = rootsAfter(host.roots.at(-1)?.stateRoot ?? 'genesis', entries);
    host.roots.push({ height, ...roots });
    host.applied.push(...entries);
    this.turn(host, [{ type: 'executed', height, roots }]);
  }

  submit(host: Host, entry: string): void {
    if (!maySeal(host.core)) return;
    const body = [fromUtf8(entry)];
    this.turn(host, [
      { type: 'seal', content: { count: 1, size: entry.length, contentHash: sha256Hex(...body), body } },
    ]);
  }

  /** Its next timer fires at once, by its own clock. */
  fire(host: Host): void {
    const deadline = nextDeadline(host.core);
    if (deadline === undefined) return;
    host.skew = Math.max(host.skew, deadline - this.now);
    this.turn(host, [{ type: 'wake' }]);
  }

  /** What a Byzantine validator says beside what its twins say. */
  say(validator: number, to: Host, message: PeerMessage): void {
    const twin = this.hostAt(to, validator);
    if (twin !== undefined) this.links.get(`${twin.place}>${to.place}`)?.push(message);
  }

  // ---------------------------------------------------------------------------------------- what then happens

  turn(host: Host, inputs: readonly Input[]): void {
    if (!host.alive) return;
    this.now += 0.1;
    const now = milliseconds(this.now + host.skew);
    const wall = wallAtStart + this.now;
    const outputs = step(host.core, now, wall, inputs);
    host.observer.stepped?.(host.core, outputs);
    for (const output of outputs) this.perform(host, output);
    this.openGate(host);
  }

  private perform(host: Host, output: Output): void {
    if (output.type === 'append') host.pending.push({ number: output.number, record: output.record });
    else if (output.type === 'accepted') host.accepted.push(textOf(output.batch));
    else if (output.type === 'execute') host.toExecute.push({ block: output.block, batches: output.batches });
    else if (output.type === 'serve-batches') this.serveBatches(host, output.to, output.digests);
    else if (output.type === 'serve-headers') this.serveHeaders(host, output);
    else if (output.type === 'misbehaved') this.judgeAccusation(host, output.peer, output.reason);
    else if (output.type === 'send') {
      const { to, message } = output;
      const after = output.after ?? host.core.appended;
      for (let peer = 0; peer < this.options.n; peer++)
        if (to === 'all' ? peer !== host.validator : peer === to) host.gated.push({ to: peer, message, after });
    }
  }

  private judgeAccusation(host: Host, peer: number, reason: string): void {
    if (host.honest && !this.sacrificed.has(peer))
      throw new Violation(`no honest validator is accused: ${reason} against validator ${peer + 1}`);
  }

  /** D1: in the order of each outlet (votes and proposals do not wait behind bulk); Byzantine nodes have no gate. */
  private openGate(host: Host): void {
    if (host.gated.length === 0) return;
    const durable = host.honest ? host.core.durable : Number.POSITIVE_INFINITY;
    const stopped = new Set<string>();
    host.gated = host.gated.filter((gated) => {
      const outlet = `${gated.to}${gated.message.type === 'batch' ? ' bulk' : ''}`;
      if (gated.after > durable || stopped.has(outlet)) {
        stopped.add(outlet);
        return true;
      }
      this.leave(host, gated);
      return false;
    });
  }

  private leave(host: Host, { to, message }: Gated): void {
    if (message.type === 'batch') this.batches.set(message.batch.digest, message.batch);
    else this.overheard.push({ from: host.validator, message });
    const receiver = this.hostAt(host, to);
    if (receiver !== undefined) this.links.get(`${host.place}>${receiver.place}`)?.push(message);
  }

  /** The host of `validator` that `host` is linked to. */
  hostAt(host: Host, validator: number): Host | undefined {
    return this.hosts.find((other) => other.validator === validator && this.areLinked(host, other));
  }

  private serveBatches(host: Host, to: number, digests: readonly Hash[]): void {
    for (const digest of digests) {
      const batch = host.core.batches.get(digest) ?? host.archive.get(digest) ?? this.inLies(host, digest);
      if (batch !== undefined)
        host.gated.push({ to, message: { type: 'batch', batch, answer: true }, after: host.core.appended });
    }
  }

  private inLies(host: Host, digest: Hash): Batch | undefined {
    return host.honest ? undefined : this.batches.get(digest);
  }

  private serveHeaders(host: Host, { to, id, above, count }: Extract<Output, { type: 'serve-headers' }>): void {
    const headers = new Map(
      host.disk.flatMap((record) => (record.type === 'header' ? [[record.signed.header.id, record.signed]] : [])),
    );
    const answer = [];
    for (let at = headers.get(id); at !== undefined && answer.length < count; at = headers.get(at.header.parent)) {
      if (at.header.order.height <= above) break;
      answer.push(at);
    }
    if (answer.length > 0)
      host.gated.push({ to, message: { type: 'headers', id, headers: answer }, after: host.core.appended });
  }
}

/** What is on the wire is bytes. @returns undefined when they make no message */
function overTheWire(message: PeerMessage): PeerMessage | undefined {
  if (message.type === 'batch') return message;
  const read = decodeMessage(encodeMessage(message));
  return typeof read === 'string' ? undefined : read;
}

function commitHeightOn(disk: readonly JournalRecord[]): number {
  let height = 0;
  for (const record of disk) if (record.type === 'commit') height = Math.max(height, record.certificate.height);
  return height;
}

const textOf = (batch: Batch): string => batch.body.map((piece) => new TextDecoder().decode(piece)).join('');

/** A state is the hash of all entries ever applied. */
function rootsAfter(before: Hash | 'genesis', entries: readonly string[]): Roots {
  const start = before === 'genesis' ? taggedHash('scheduled-genesis') : before;
  const stateRoot =
    entries.length === 0 && before !== 'genesis'
      ? before
      : taggedHash('scheduled-state', hashToBytes(start), fromUtf8(entries.join()));
  return { stateRoot, outboxRoot: taggedHash('scheduled-outbox') };
}
