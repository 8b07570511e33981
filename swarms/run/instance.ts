// One party's part of one instance: an event in, effects out, nothing else touched. The agent of the first phase's role keeps
// the chain of records: it takes what the others offer, in order, and decides about deadlines. Every party runs what the
// chain says is its turn, and offers what came out until the chain holds it or has gone another way.
//
// Whoever drives it stores what `takeChanges` gives before it performs any effect of the same event.

import { present } from '../../lib/assert.ts';
import { type Bytes, noBytes } from '../../lib/bytes.ts';
import { ok } from '../../lib/result.ts';
import { Book, type RecordFault } from './book.ts';
import type { Changes, InstanceEffect, InstanceEvent, InstanceOptions } from './instance-events.ts';
import { keptRefusals, maxRecords, newsBytes } from './limits.ts';
import type { Envelope, News, SwarmMessage } from './message.ts';
import { type Mine, nothingOwn, type Own, type Signed } from './own.ts';
import { addRaw, holdsBody, readNews, runIn, starterIn } from './read-news.ts';
import {
  decodeBody,
  encodeRecord,
  encodeRuling,
  type Party,
  type Ruling,
  recordHash,
  type SwarmRecord,
  type Turn,
} from './record.ts';
import { Sendings } from './sendings.ts';
import type { Run } from './tokens.ts';

export class Instance {
  readonly options: InstanceOptions;
  readonly book: Book;
  readonly own: Own;
  readonly records: Bytes[] = [];
  /** by run: values that stay with this party's roles, sealed to its agent */
  readonly ownLetters: Map<number, Bytes>;
  readonly #sendings = new Sendings();
  /** runs and undos that were asked for in this life of the process */
  readonly #asked = new Set<string>();
  #newRecords: { n: number; raw: Bytes }[] = [];
  #newLetters: { run: number; sealed: Bytes }[] = [];
  #ownChanged = false;
  #toldHops = 0;
  #toldEnd = false;
  #toldSettled = false;
  #effects: InstanceEffect[] = [];
  #nowMs = 0;

  constructor(options: InstanceOptions, own: Own = nothingOwn(), ownLetters: Map<number, Bytes> = new Map()) {
    this.options = options;
    this.own = own;
    this.ownLetters = ownLetters;
    this.book = new Book(options.description, options.descriptionHash, options.verify);
  }

  /** A stored record, before any event. @returns why the store does not hold the chain that was stored */
  restore(raw: Bytes): RecordFault | undefined {
    const fault = addRaw(this.book, raw);
    if (fault !== undefined) return fault;
    this.records.push(raw);
    this.#toldHops = this.book.hops.length;
    return undefined;
  }

  get keeps(): boolean {
    return this.book.started && this.book.starter.agent === this.options.agent;
  }

  handle(event: InstanceEvent, nowMs: number): readonly InstanceEffect[] {
    this.#effects = [];
    this.#nowMs = Math.max(nowMs, this.book.lastMs);
    this.#take(event);
    this.#settle();
    return this.#effects;
  }

  takeChanges(): Changes {
    const changes = { records: this.#newRecords, letters: this.#newLetters, own: this.#ownChanged };
    this.#newRecords = [];
    this.#newLetters = [];
    this.#ownChanged = false;
    return changes;
  }

  /** Of an instance that is over the keeper signs the whole chain: what was sent before carries its word for a part. */
  signEnd(sign: () => Bytes): void {
    if (!this.keeps || !this.book.over || this.own.headSignature.length > 0) return;
    this.own.headSignature = sign();
    this.#ownChanged = true;
  }

  /** Nothing is left to do here, whatever time passes. */
  get settled(): boolean {
    return this.book.over && this.own.mine.size === 0 && this.own.undone.size === 0 && this.#owing().length === 0;
  }

  /** somebody does not answer, and is asked no more until `wake` says again */
  get parked(): boolean {
    return this.#sendings.parked;
  }

  /** The next instant at which `wake` is due; undefined where only a message can go on. */
  get wakeMs(): number | undefined {
    const due: number[] = [this.#sendings.nextMs];
    if (this.keeps && this.book.life === 'running') {
      for (const run of this.book.tokens.active) if (run.dueMs !== null) due.push(run.dueMs);
      if (this.book.dueMs !== null) due.push(this.book.dueMs);
    }
    if (this.keeps && this.book.undoing !== undefined) due.push(this.book.undoDueMs);
    const next = Math.min(...due);
    return Number.isFinite(next) ? next : undefined;
  }

  #take(event: InstanceEvent): void {
    switch (event.type) {
      case 'begin':
        if (!this.book.started) this.#append('start', event);
        return;
      case 'arrived':
        return this.#arrived(event.envelope);
      case 'finished':
        return this.#finished(event);
      case 'undone':
        if (this.book.undoing?.run !== event.run) return;
        if (this.keeps) this.#append('undone', event);
        else this.own.undone.set(event.run, { body: event.body, signature: event.signature });
        this.#ownChanged = true;
        return;
      case 'taken-back':
        return this.#forget(event.run);
      case 'tell':
        this.#toldEnd = false;
        this.#toldSettled = false;
        return;
      case 'cancel':
        if (this.keeps && this.book.life === 'running') this.#rule({ ruling: 'cancelled', run: 0, code: event.reason });
        return;
      case 'unreachable':
        return this.#unreachable(event.agent, event.code);
      case 'wake':
        return;
    }
  }

  #finished({ run, body, signature, own }: Extract<InstanceEvent, { type: 'finished' }>): void {
    const mine = this.own.mine.get(run);
    if (mine?.status !== 'running') return;
    if (own !== null) {
      this.ownLetters.set(run, own);
      this.#newLetters.push({ run, sealed: own });
    }
    mine.signed = { body, signature };
    mine.status = 'offered';
    this.#ownChanged = true;
    if (this.keeps && this.book.tokens.run(run)?.status === 'active') this.#append('turn', mine.signed);
  }

  // — the chain —

  #rule(ruling: Ruling): boolean {
    return this.#append('ruling', { body: encodeRuling(ruling), signature: noBytes });
  }

  /** @returns false where it does not fit */
  #append(kind: SwarmRecord['kind'], { body, signature }: Signed, from: string = this.options.agent): boolean {
    const { length: n, head: before } = this.book;
    const record: SwarmRecord = { n, before, atMs: this.#nowMs, kind, body, signature };
    const raw = encodeRecord(record);
    const fault = this.book.add(raw, record);
    if (fault === undefined) this.#added(raw, n);
    else this.#refuse(fault.name, fault.detail, from);
    return fault === undefined;
  }

  #added(raw: Bytes, n: number): void {
    this.records.push(raw);
    this.#newRecords.push({ n, raw });
  }

  #refuse(name: string, detail: string, from: string): void {
    this.own.refusals.push({ name, detail, from, atMs: this.#nowMs });
    if (this.own.refusals.length > keptRefusals) this.own.refusals.shift();
    this.own.refusedCount++;
    this.#ownChanged = true;
  }

  // — messages —

  #arrived(envelope: Envelope): void {
    const { message, from } = envelope;
    switch (message.type) {
      case 'news':
        return this.#news(message, envelope);
      case 'offer':
        return this.#offered(message.kind, { body: message.body, signature: envelope.signature }, from);
      case 'got':
      case 'refuse': {
        if (!this.keeps) return;
        const party = this.book.start.parties.find(({ agent }) => agent === from);
        if (party === undefined || !this.options.verifyMessage(party, envelope))
          return this.#refuse('swarm-hop-forged', `A word of '${from}' is not signed by it.`, from);
        if (message.type === 'refuse') return this.#unreachable(from, message.code);
        const have = Math.min(message.have, this.book.length);
        if (this.own.have.get(from) === have) return;
        this.own.have.set(from, have);
        this.#sendings.answered(`news ${from}`);
        this.#ownChanged = true;
      }
    }
  }

  #news(news: News, envelope: Envelope): void {
    if (this.keeps) return this.#refuse('swarm-hop-forged', 'Somebody else claims to keep the chain.', envelope.from);
    if (news.n > this.book.length) return this.#send(envelope.from, { type: 'got', have: this.book.length });
    const starter = this.book.started ? ok(this.book.starter) : starterIn(news, this.options);
    if (!starter.ok) return this.#refuse(starter.error.name, starter.error.detail, envelope.from);
    if (starter.value.agent !== envelope.from || !this.options.verifyMessage(starter.value, envelope))
      return this.#refuse('swarm-hop-forged', 'The keeper has not signed these records.', envelope.from);
    const fault = readNews(this.book, this.records, news, (raw, n) => this.#added(raw, n));
    if (fault !== undefined) return this.#refuse(fault.name, fault.detail, envelope.from);
    if (this.book.head === news.head) {
      this.own.headSignature = envelope.signature;
      this.#ownChanged = true;
    }
    this.#send(envelope.from, { type: 'got', have: this.book.length });
  }

  #offered(kind: 'turn' | 'undone', signed: Signed, from: string): void {
    if (!this.keeps) return this.#refuse('swarm-hop-out-of-graph', 'The chain is not kept here.', from);
    if (this.#isKnown(kind, signed) || !this.#append(kind, signed, from)) this.#remind(from);
  }

  /** It offers what the chain has decided: it has not heard, or has an older disk. By its answer the keeper sees which. */
  #remind(agent: string): void {
    const last = this.records.at(-1);
    if (last === undefined || !this.book.start.parties.some((party) => party.agent === agent)) return;
    this.#send(agent, { type: 'news', n: this.records.length - 1, records: [last], head: recordHash(last) });
  }

  /** An offer that is repeated until its sender hears of it is no replay by somebody else: it changes nothing. */
  #isKnown(kind: 'turn' | 'undone', { body }: Signed): boolean {
    const run = runIn(kind, body);
    if (run === undefined || this.book.tokens.run(run)?.status === 'active') return false;
    return this.records.some((raw) => holdsBody(raw, kind, body));
  }

  #unreachable(agent: string, code: string): void {
    if (!this.keeps) return;
    this.own.have.set(agent, Number.MAX_SAFE_INTEGER);
    this.#ownChanged = true;
    for (const run of [...this.book.tokens.active]) {
      if (this.book.partyOf(run.role).agent === agent && run.status === 'active')
        this.#rule({ ruling: 'unreachable', run: run.run, code });
    }
  }

  // — what follows —

  #settle(): void {
    if (!this.book.started) return;
    if (this.keeps) this.#judge();
    this.#runMine();
    this.#undoMine();
    if (this.keeps) for (const [agent, n] of this.#owing()) this.#tell(agent, n);
    else this.#offerMine();
    this.#forgetSendings();
    if (!this.keeps) return;
    for (const hop of this.book.hops.slice(this.#toldHops)) this.#effects.push({ do: 'hop', hop });
    this.#toldHops = this.book.hops.length;
    if (this.book.over && !this.#toldEnd) {
      this.#toldEnd = true;
      this.#effects.push({ do: 'ended' });
    }
    if (this.settled && !this.#toldSettled) {
      this.#toldSettled = true;
      this.#effects.push({ do: 'settled' });
    }
  }

  /** Deadlines, each after the last had its consequences. */
  #judge(): void {
    for (;;) {
      const { book } = this;
      if (book.life === 'running' && book.length >= maxRecords) this.#rule({ ruling: 'too-long', run: 0, code: '' });
      else if (book.life === 'running' && book.dueMs !== null && book.dueMs <= this.#nowMs)
        this.#rule({ ruling: 'overdue', run: 0, code: '' });
      else if (book.undoing !== undefined && book.undoDueMs <= this.#nowMs)
        this.#rule({ ruling: 'undo-timeout', run: book.undoing.run, code: '' });
      else {
        const late = [...book.tokens.active].find((run) => run.dueMs !== null && run.dueMs <= this.#nowMs);
        if (late === undefined) return;
        this.#rule({ ruling: 'timeout', run: late.run, code: '' });
      }
    }
  }

  #isMine(run: Run): boolean {
    return this.book.partyOf(run.role).agent === this.options.agent;
  }

  #runMine(): void {
    for (const run of this.book.tokens.active) {
      if (!this.#isMine(run) || this.own.mine.has(run.run)) continue;
      this.own.mine.set(run.run, { status: 'running', signed: null });
      this.#ownChanged = true;
    }
    for (const [number, mine] of this.own.mine) {
      const run = present(this.book.tokens.run(number), 'a party runs what the chain says');
      if (mine.status === 'running') {
        // begun is begun: where the chain has gone on meanwhile, it is taken back when it is through
        if (run.status === 'active' || this.book.hasUndo(run)) this.#ask(`run ${number}`, { do: 'run', run: number });
        else this.#forget(number);
      } else if (run.status === 'done' || (run.status === 'failed' && mine.signed !== null)) this.#forget(number);
      else if (run.status !== 'active') this.#takeBack(run, mine);
    }
  }

  #takeBack(run: Run, mine: Mine): void {
    const body = decodeBody('turn', present(mine.signed, 'it is through').body);
    if (body?.kind !== 'turn' || body.turn.fault !== null || !this.book.hasUndo(run)) return this.#forget(run.run);
    if (mine.status !== 'late') {
      mine.status = 'late';
      this.#ownChanged = true;
    }
    this.#ask(`take back ${run.run}`, { do: 'take-back', run: run.run, turn: body.turn });
  }

  #forget(run: number): void {
    this.own.mine.delete(run);
    this.#ownChanged = true;
  }

  #undoMine(): void {
    const run = this.book.undoing;
    for (const number of this.own.undone.keys()) {
      if (number === run?.run) continue;
      this.own.undone.delete(number);
      this.#ownChanged = true;
    }
    if (run === undefined || !this.#isMine(run) || this.own.undone.has(run.run)) return;
    this.#ask(`undo ${run.run}`, { do: 'undo', run: run.run });
  }

  /** Once in a life of the process; the next life asks again. */
  #ask(what: string, effect: InstanceEffect): void {
    if (this.#asked.has(what)) return;
    this.#asked.add(what);
    this.#effects.push(effect);
  }

  // — sending, until it is answered —

  /** agents that lack records they must have, with how many those are */
  #owing(): readonly (readonly [agent: string, records: number])[] {
    const owed = new Map<string, number>();
    for (const [role, records] of this.book.owed) {
      const { agent } = this.book.partyOf(role);
      if (agent !== this.options.agent) owed.set(agent, Math.max(records, owed.get(agent) ?? 0));
    }
    return this.keeps ? [...owed].filter(([agent, records]) => (this.own.have.get(agent) ?? 0) < records) : [];
  }

  #tell(agent: string, owed: number): void {
    if (!this.#sendings.isDue(`news ${agent}`, owed, this.#nowMs)) return;
    const n = this.own.have.get(agent) ?? 0;
    const records: Bytes[] = [];
    let size = 0;
    for (const raw of this.records.slice(n)) {
      size += raw.length;
      if (records.length > 0 && size > newsBytes) break;
      records.push(raw);
    }
    const last = n + records.length - 1;
    this.#send(agent, { type: 'news', n, records, head: recordHash(present(this.records[last], 'it is owed')) });
  }

  #offerMine(): void {
    for (const [run, { status, signed }] of this.own.mine)
      if (status === 'offered' && signed !== null) this.#offer('turn', run, signed);
    for (const [run, signed] of this.own.undone) this.#offer('undone', run, signed);
  }

  #offer(kind: 'turn' | 'undone', run: number, { body, signature }: Signed): void {
    if (!this.#sendings.isDue(`${kind} ${run}`, run, this.#nowMs)) return;
    this.#effects.push({ do: 'send', to: this.book.starter.agent, message: { type: 'offer', kind, body }, signature });
  }

  #send(to: string, message: SwarmMessage): void {
    this.#effects.push({ do: 'send', to, message, signature: null });
  }

  #forgetSendings(): void {
    const owing = new Set(this.#owing().map(([agent]) => `news ${agent}`));
    this.#sendings.keepOnly((what) => {
      const [kind, of] = what.split(' ', 2) as [string, string];
      if (kind === 'news') return owing.has(what);
      return kind === 'turn' ? this.own.mine.get(Number(of))?.status === 'offered' : this.own.undone.has(Number(of));
    });
  }
}
