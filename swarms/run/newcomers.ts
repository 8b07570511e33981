// Messages for instances that are not in memory. Before anything is spawned or stored for one, its sender must be known and
// have signed it, and it must belong to an instance that the store holds, or bring the first record of one, signed by the
// agent that starts it, in which this agent can take part.

import type { Bytes } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import type { Log } from '../../lib/log.ts';
import { loadFirstRecord } from './instance-rows.ts';
import { maxLookups } from './limits.ts';
import { type Envelope, messageText } from './message.ts';
import type { AgentCard, Directory, SwarmStore } from './ports.ts';
import { decodeBody, decodeRecord, type Party, signedText } from './record.ts';

export interface NewcomersWorld {
  readonly agent: string;
  readonly store: SwarmStore;
  readonly directory: Directory;
  readonly log: Log;
  verify(signer: AgentCard, text: Bytes, signature: Bytes): boolean;
  /** @returns why this agent takes no part among them */
  whyNot(parties: readonly Party[]): string | undefined;
  knows(description: Hash): boolean;
}

export interface Answers {
  welcome(): void;
  /** to be told that its description is none that this agent executes */
  stranger(): void;
}

export class Newcomers {
  readonly #world: NewcomersWorld;
  /** by sender: messages for which the store is being asked */
  readonly #lookups = new Map<string, number>();
  readonly #verified = new WeakMap<Envelope, AgentCard>();

  constructor(world: NewcomersWorld) {
    this.#world = world;
  }

  /** whose signature under it has been seen to be right */
  signerOf(envelope: Envelope): AgentCard | undefined {
    return this.#verified.get(envelope);
  }

  /** @param isStored where that is known already */
  meet(envelope: Envelope, isStored: boolean, { welcome, stranger }: Answers): void {
    const { agent, directory, log } = this.#world;
    const { instance, from } = envelope;
    const card = directory.find(from);
    if (card === undefined || !this.#isSigned(envelope, card))
      return log.warn('a message is not signed by its sender', { agent, instance, from });
    this.#verified.set(envelope, card);
    if (isStored) return welcome();
    const first = this.#firstRecord(envelope);
    if (first === 'begins') return welcome();
    this.#lookup(envelope, (isThere) => {
      if (isThere) return welcome();
      if (first === 'of another description') return stranger();
      log.warn('a message belongs to no instance', { agent, instance, from });
    });
  }

  #isSigned({ instance, message, signature }: Envelope, card: AgentCard): boolean {
    const text = message.type === 'offer' ? signedText(message.kind, message.body) : messageText(instance, message);
    return this.#world.verify(card, text, signature);
  }

  #firstRecord({ instance, from, message }: Envelope): 'begins' | 'of another description' | 'none' {
    const raw = message.type === 'news' && message.n === 0 ? message.records[0] : undefined;
    const record = raw === undefined ? undefined : decodeRecord(raw);
    const body = record === undefined ? undefined : decodeBody(record.kind, record.body);
    if (record === undefined || body?.kind !== 'start' || body.start.instance !== instance) return 'none';
    const { start } = body;
    const starter = start.parties.find(({ role }) => role === start.starter);
    if (starter?.agent !== from || this.#world.whyNot(start.parties) !== undefined) return 'none';
    if (!this.#world.verify(starter, signedText('start', record.body), record.signature)) return 'none';
    return this.#world.knows(start.description) ? 'begins' : 'of another description';
  }

  #lookup({ instance, from }: Envelope, done: (isThere: boolean) => void): void {
    const { agent, store, log } = this.#world;
    const waiting = this.#lookups.get(from) ?? 0;
    if (waiting >= maxLookups) return log.warn('a sender asks for too much at once', { agent, instance, from });
    this.#lookups.set(from, waiting + 1);
    loadFirstRecord(store, instance, (fault, raw) => {
      const left = (this.#lookups.get(from) ?? 1) - 1;
      if (left === 0) this.#lookups.delete(from);
      else this.#lookups.set(from, left);
      if (fault !== undefined)
        return log.error('the store of choreographies', { agent, instance, reason: fault.message });
      done(raw !== undefined);
    });
  }
}
