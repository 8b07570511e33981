// A few cores on virtual links and virtual disks, small enough to read: directed schedules of the core's own tests.
// Whole nodes with faults, Byzantine behaviours and checkers live in sim/.

import { nativeSha256 } from '../../../actors/drivers/native-sha256.ts';
import { type Committee, committeeOf, leaderOf } from '../../../consensus/certificate/committee.ts';
import {
  type Batch,
  type Core,
  commitHeight,
  createCore,
  type Input,
  type JournalRecord,
  liveRecords,
  nextDeadline,
  type Output,
  type PeerMessage,
  type Roots,
  recover,
  step,
} from '../../../consensus/core/index.ts';
import { maySeal } from '../../../consensus/core/lanes.ts';
import { fromUtf8 } from '../../../lib/bytes.ts';
import { accelerateSha256, type Hash, sha256Hex, taggedHash } from '../../../lib/hash.ts';
import { sodiumSuite } from '../../../lib/suites/sodium.ts';
import type { KeyPair } from '../../../lib/suites/suite.ts';
import { milliseconds } from '../../../lib/units.ts';

accelerateSha256(nativeSha256);

export interface ClusterOptions {
  readonly n: number;
  readonly delayMs?: (from: number, to: number) => number;
  readonly syncMs?: (node: number) => number;
  readonly executeMs?: (node: number) => number;
  /** a block is executed after the one before it, and not beside it */
  readonly oneAtATime?: boolean;
  /** what was executed survives a crash, and so does the archive; else a node executes its whole chain again */
  readonly keepsState?: boolean;
  readonly plannedTermMs?: number;
  readonly window?: number;
  /** what a node that executes wrongly adds to the entries whose root it computes; nothing on the others */
  readonly wrong?: (node: number, height: number) => string | undefined;
}

interface Event {
  readonly at: number;
  readonly order: number;
  run(): void;
}

export interface Host {
  readonly index: number;
  core: Core;
  alive: boolean;
  life: number;
  /** what survives a crash */
  readonly disk: JournalRecord[];
  pending: { readonly number: number; readonly record: JournalRecord }[];
  syncing: boolean;
  inbox: Input[];
  waking: boolean;
  readonly accepted: string[];
  readonly executed: { readonly height: number; readonly entries: readonly string[] }[];
  /** batches of blocks that were given to execution; what the core has forgotten otherwise is not to be had any more */
  readonly archive: Map<Hash, Batch>;
  /** of the application after each height */
  readonly roots: (Roots & { readonly height: number })[];
  /** when the last block that it was given will be executed */
  executedAt: number;
}

export class CoreCluster {
  readonly options: ClusterOptions;
  readonly committee: Committee;
  readonly keys: readonly KeyPair[];
  readonly hosts: Host[] = [];
  readonly outputs: { readonly node: number; readonly at: number; readonly output: Output }[] = [];
  readonly linkUp = new Set<string>();
  now = 0;
  messages = 0;
  /** lets a test drop or change what leaves a node */
  intercept: (from: number, to: number, message: PeerMessage) => PeerMessage | undefined = (_from, _to, message) =>
    message;
  private readonly events: Event[] = [];
  private order = 0;
  private readonly lastArrival = new Map<string, number>();
  private readonly epochs = new Map<string, number>();

  constructor(options: ClusterOptions) {
    this.options = options;
    this.keys = Array.from({ length: options.n }, (_, i) => sodiumSuite.keyPairOf(new Uint8Array(32).fill(i + 1)));
    this.committee = committeeOf({
      chain: sha256Hex(fromUtf8('test chain')),
      epoch: 0,
      keys: this.keys.map((key) => key.publicKey),
      window: options.window ?? 64,
      suite: sodiumSuite,
    });
    for (let i = 0; i < options.n; i++) this.hosts.push(this.newHost(i));
    for (let i = 0; i < options.n; i++) for (let j = i + 1; j < options.n; j++) this.connect(i, j);
  }

  private newHost(index: number): Host {
    const disk: JournalRecord[] = [{ type: 'init' }];
    const host: Host = {
      index,
      core: this.newCore(index, []),
      alive: true,
      life: 0,
      disk,
      pending: [],
      syncing: false,
      inbox: [],
      waking: false,
      accepted: [],
      executed: [],
      archive: new Map(),
      roots: [],
      executedAt: 0,
    };
    this.boot(host);
    return host;
  }

  private newCore(index: number, applied: Host['roots']): Core {
    const roots = rootsAt(0, []);
    return createCore(
      {
        committee: this.committee,
        me: index,
        sign: (text) => this.committee.suite.sign(this.keys[index] as KeyPair, text),
        genesisRoots: roots,
        genesisTimeMs: 0,
        plannedTermMs: milliseconds(this.options.plannedTermMs ?? 30_000),
        applied: { height: applied.at(-1)?.height ?? 0, roots: applied },
      },
      milliseconds(this.now),
      this.now,
    );
  }

  private boot(host: Host): void {
    if (this.options.keepsState !== true) {
      host.executed.length = 0;
      host.roots.length = 0;
      host.archive.clear();
    }
    host.core = this.newCore(host.index, host.roots);
    host.alive = true;
    host.life += 1;
    host.pending = [];
    host.syncing = false;
    host.inbox = [];
    host.waking = false;
    recover(host.core, host.disk);
    this.poke(host);
  }

  connect(a: number, b: number): void {
    const key = pair(a, b);
    const [first, second] = [this.hosts[a] as Host, this.hosts[b] as Host];
    if (this.linkUp.has(key) || !first.alive || !second.alive) return;
    this.linkUp.add(key);
    this.epochs.set(key, (this.epochs.get(key) ?? 0) + 1);
    this.give(first, { type: 'link-up', peer: b });
    this.give(second, { type: 'link-up', peer: a });
  }

  disconnect(a: number, b: number): void {
    if (!this.linkUp.delete(pair(a, b))) return;
    this.give(this.hosts[a] as Host, { type: 'link-down', peer: b });
    this.give(this.hosts[b] as Host, { type: 'link-down', peer: a });
  }

  crash(index: number): void {
    const host = this.hosts[index] as Host;
    host.alive = false;
    host.life += 1;
    for (let peer = 0; peer < this.options.n; peer++) if (peer !== index) this.disconnect(index, peer);
  }

  restart(index: number): void {
    this.boot(this.hosts[index] as Host);
    for (let peer = 0; peer < this.options.n; peer++) if (peer !== index) this.connect(index, peer);
  }

  /** A new segment began with the records from `first` on, and all before it is pruned: live records stand behind them (D6). */
  prune(index: number, first: number): void {
    const { disk, core, pending } = this.hosts[index] as Host;
    disk.splice(0, first);
    disk.push(...pending.splice(0).map(({ record }) => record), ...liveRecords(core));
  }

  /** What the links of a node have measured. */
  measured(index: number, roundTripMs: number): void {
    this.give(this.hosts[index] as Host, { type: 'round-trip', slowestMs: roundTripMs, quorumMs: roundTripMs });
  }

  /** @param count of entries that the batch says it has. @returns false while the node seals nothing */
  submit(index: number, entry: string, count = 1): boolean {
    const host = this.hosts[index] as Host;
    if (!host.alive || !maySeal(host.core)) return false;
    const body = [fromUtf8(entry)];
    this.give(host, { type: 'seal', content: { count, size: entry.length, contentHash: sha256Hex(...body), body } });
    return true;
  }

  at(delayMs: number, run: () => void): void {
    this.events.push({ at: this.now + delayMs, order: this.order++, run });
    this.events.sort((x, y) => x.at - y.at || x.order - y.order);
  }

  run(untilMs: number, stop: () => boolean = () => false): void {
    while (this.events.length > 0 && (this.events[0] as Event).at <= untilMs && !stop()) {
      const event = this.events.shift() as Event;
      this.now = event.at;
      event.run();
    }
    if (!stop()) this.now = Math.max(this.now, untilMs);
  }

  leader(term: number): number {
    return leaderOf(this.committee, term);
  }

  /** A message that a misbehaving validator sends past its own core. */
  deliver(from: number, to: number, message: PeerMessage): void {
    this.give(this.hosts[to] as Host, { type: 'message', from, message });
  }

  heights(): readonly number[] {
    return this.hosts.map((host) => commitHeight(host.core));
  }

  private give(host: Host, input: Input): void {
    if (!host.alive) return;
    host.inbox.push(input);
    this.poke(host);
  }

  private poke(host: Host): void {
    if (host.waking) return;
    host.waking = true;
    const { life } = host;
    this.at(0.01, () => {
      if (host.life !== life) return;
      host.waking = false;
      this.turn(host);
    });
  }

  private turn(host: Host): void {
    const inputs = host.inbox;
    host.inbox = [];
    const outputs = step(host.core, milliseconds(this.now), this.now, inputs);
    for (const output of outputs) this.perform(host, output);
    this.sync(host);
    const deadline = nextDeadline(host.core);
    if (deadline === undefined) return;
    const { life } = host;
    this.at(Math.max(0.001, deadline - this.now), () => {
      if (host.life === life && (nextDeadline(host.core) ?? Number.POSITIVE_INFINITY) <= this.now) this.poke(host);
    });
  }

  private perform(host: Host, output: Output): void {
    this.outputs.push({ node: host.index, at: this.now, output });
    if (output.type === 'append') host.pending.push({ number: output.number, record: output.record });
    if (output.type === 'accepted') host.accepted.push(textOf(output.batch.body));
    if (output.type === 'send') {
      for (let peer = 0; peer < this.options.n; peer++)
        if (output.to === 'all' ? peer !== host.index : peer === output.to) this.transmit(host, peer, output.message);
    }
    if (output.type === 'serve-batches') {
      for (const digest of output.digests) {
        const batch = host.core.batches.get(digest) ?? host.archive.get(digest);
        if (batch !== undefined) this.transmit(host, output.to, { type: 'batch', batch, answer: true });
      }
    }
    if (output.type === 'execute') {
      for (const batch of output.batches) host.archive.set(batch.digest, batch);
      const entries = output.batches.map((batch) => textOf(batch.body));
      const { life } = host;
      const begins = this.options.oneAtATime === true ? Math.max(this.now, host.executedAt) : this.now;
      host.executedAt = begins + (this.options.executeMs?.(host.index) ?? 1);
      this.at(host.executedAt - this.now, () => {
        if (host.life !== life) return;
        host.executed.push({ height: output.block.height, entries });
        const wrong = this.options.wrong?.(host.index, output.block.height);
        const roots = rootsAt(output.block.height, [
          ...host.executed.flatMap((block) => block.entries),
          ...(wrong === undefined ? [] : [wrong]),
        ]);
        host.roots.push({ height: output.block.height, ...roots });
        this.give(host, { type: 'executed', height: output.block.height, roots });
      });
    }
  }

  private transmit(host: Host, to: number, original: PeerMessage): void {
    const message = this.intercept(host.index, to, original);
    const key = pair(host.index, to);
    if (message === undefined || !this.linkUp.has(key)) return;
    this.messages += 1;
    const epoch = this.epochs.get(key);
    const direction = `${host.index}>${to}`;
    const arrival = Math.max(
      this.now + (this.options.delayMs?.(host.index, to) ?? 1),
      this.lastArrival.get(direction) ?? 0,
    );
    this.lastArrival.set(direction, arrival);
    this.at(arrival - this.now, () => {
      if (this.linkUp.has(key) && this.epochs.get(key) === epoch)
        this.give(this.hosts[to] as Host, { type: 'message', from: host.index, message });
    });
  }

  private sync(host: Host, lazyOver = false): void {
    if (host.syncing || host.pending.length === 0) return;
    const { life } = host;
    // D6: other lanes' batches alone wait for a record that gates something
    const gates = host.pending.some(({ record }) => record.type !== 'batch' || record.batch.lane === host.index);
    if (!gates && !lazyOver) {
      this.at(20, () => host.life === life && this.sync(host, true));
      return;
    }
    host.syncing = true;
    const group = host.pending;
    host.pending = [];
    this.at(this.options.syncMs?.(host.index) ?? 1, () => {
      if (host.life !== life) return;
      host.disk.push(...group.map(({ record }) => record));
      host.syncing = false;
      this.give(host, { type: 'synced', through: (group.at(-1) as { number: number }).number });
      this.sync(host);
    });
  }
}

const pair = (a: number, b: number): string => (a < b ? `${a}-${b}` : `${b}-${a}`);
const textOf = (body: readonly Uint8Array[]): string => body.map((piece) => new TextDecoder().decode(piece)).join('');

function rootsAt(height: number, entries: readonly string[]) {
  const stateRoot = taggedHash('test-state', fromUtf8(entries.join(',')));
  return { stateRoot, outboxRoot: taggedHash('test-outbox', fromUtf8(String(height * 0))) };
}
