// What the agents of an instance send each other. News: records of the chain, from the keeper to a party. Got: how many a
// party has. Offer: what a party's phase did, to the keeper. Refuse: a party cannot take part. Each has one signature, and
// repeating one changes nothing.

import type { Bytes } from '../../lib/bytes.ts';
import { encode } from '../../lib/codec.ts';
import type { Hash } from '../../lib/hash.ts';
import { bytes, hash, list, type Shape, text, tuple, uint } from '../../lib/shape.ts';
import { maxTurnBytes } from './limits.ts';
import { kinds, readAs } from './record.ts';

export interface News {
  readonly type: 'news';
  /** of the first record */
  readonly n: number;
  readonly records: readonly Bytes[];
  /** of the last record; what is signed */
  readonly head: Hash;
}

export interface Got {
  readonly type: 'got';
  /** records that the party has */
  readonly have: number;
}

export interface Offer {
  readonly type: 'offer';
  readonly kind: 'turn' | 'undone';
  readonly body: Bytes;
}

export interface Refuse {
  readonly type: 'refuse';
  readonly code: string;
}

export type SwarmMessage = News | Got | Offer | Refuse;

/** A message on its way. */
export interface Envelope {
  readonly instance: string;
  readonly from: string;
  readonly message: SwarmMessage;
  /** by the agent `from`; of an offer the one that its record will carry */
  readonly signature: Bytes;
}

const types = ['news', 'got', 'offer', 'refuse'] as const;

const envelopeShape = tuple({
  instance: text(80),
  from: text(250),
  type: uint(types.length - 1),
  body: bytes(2 * maxTurnBytes),
  signature: bytes(4096),
});

const newsShape: Shape<Omit<News, 'type'>> = tuple({
  n: uint(),
  records: list(bytes(2 * maxTurnBytes), 65_536),
  head: hash,
});
const gotShape: Shape<Omit<Got, 'type'>> = tuple({ have: uint() });
const offerShape = tuple({ kind: uint(kinds.length - 1), body: bytes(2 * maxTurnBytes) });
const refuseShape: Shape<Omit<Refuse, 'type'>> = tuple({ code: text(80) });

export function encodeEnvelope({ instance, from, message, signature }: Envelope): Bytes {
  const type = types.indexOf(message.type);
  return encode(envelopeShape.write({ instance, from, type, body: encode(writeMessage(message)), signature }));
}

function writeMessage(message: SwarmMessage): ReturnType<typeof newsShape.write> {
  switch (message.type) {
    case 'news':
      return newsShape.write(message);
    case 'got':
      return gotShape.write(message);
    case 'offer':
      return offerShape.write({ kind: kinds.indexOf(message.kind), body: message.body });
    case 'refuse':
      return refuseShape.write(message);
  }
}

/** @returns undefined where the bytes are no envelope */
export function decodeEnvelope(raw: Bytes): Envelope | undefined {
  const envelope = readAs(envelopeShape, raw);
  if (envelope === undefined) return undefined;
  const { instance, from, type, body, signature } = envelope;
  const message = readMessage(types[type] as SwarmMessage['type'], body);
  return message === undefined ? undefined : { instance, from, message, signature };
}

function readMessage(type: SwarmMessage['type'], body: Bytes): SwarmMessage | undefined {
  if (type === 'offer') {
    const offer = readAs(offerShape, body);
    const kind = offer === undefined ? undefined : kinds[offer.kind];
    return offer !== undefined && (kind === 'turn' || kind === 'undone') ? { type, kind, body: offer.body } : undefined;
  }
  if (type === 'news') return typed(type, readAs(newsShape, body));
  if (type === 'got') return typed(type, readAs(gotShape, body));
  return typed(type, readAs(refuseShape, body));
}

const typed = <Type extends string, T>(type: Type, value: T | undefined): ({ readonly type: Type } & T) | undefined =>
  value === undefined ? undefined : { type, ...value };

/** What is signed of a message that is no offer; an offer's body has a signature of its own (record.ts). */
export function messageText(instance: string, message: News | Got | Refuse): Bytes {
  switch (message.type) {
    case 'news':
      return headText(instance, message.n + message.records.length, message.head);
    case 'got':
      return encode(['psky swarm got', instance, message.have]);
    case 'refuse':
      return encode(['psky swarm refuse', instance, message.code]);
  }
}

/** The keeper's word for a chain of so many records that ends in `head`. */
export const headText = (instance: string, length: number, head: Hash): Bytes =>
  encode(['psky swarm head', instance, length, head]);
