// The bytes of a link. Every wire message starts with 13 bytes: kind, the sender's session and its sequence number. By
// session and number the receiver knows what it has already seen. Frames of many chains share a link: each names the
// number that its *receiver* gave to the chain, so a number that was withdrawn never reaches a later subscriber.

import { type Bytes, fromHex, toHex } from '../lib/bytes.ts';
import { decode, type Encodable, encode } from '../lib/codec.ts';
import { bool, bytes, list, misfit, type Shape, text, tuple, uint } from '../lib/shape.ts';
import { maxChains } from './limits.ts';
import type { NodeId } from './ports.ts';

export const linkVersion = 1;

export const wireKind = {
  hello: 1,
  bind: 2,
  bound: 3,
  chains: 4,
  ready: 5,
  frames: 6,
  head: 7,
  slice: 8,
  ping: 9,
  pong: 10,
} as const;
const lastKind = wireKind.pong;

export const headerBytes = 13;

export interface WireHeader {
  readonly kind: number;
  /** 48 bits, drawn anew by the sender for each link; 0 is none */
  readonly session: number;
  /** 0 for hello, bind and bound; then rising by one per connection */
  readonly seq: number;
}

export function encodeHeader(kind: number, session: number, seq: number): Bytes {
  const header = new Uint8Array(headerBytes);
  header[0] = kind;
  put48(header, 1, session);
  put48(header, 7, seq);
  return header;
}

export function readHeader(message: Bytes): WireHeader | undefined {
  const kind = message[0];
  if (kind === undefined || kind === 0 || kind > lastKind || message.length < headerBytes) return undefined;
  return { kind, session: get48(message, 1), seq: get48(message, 7) };
}

/** First message on every connection; see link.ts for who sends which when. */
export interface Hello {
  readonly version: number;
  readonly node: NodeId;
  /** the sender's session */
  readonly mine: number;
  /** the receiver's session, as the sender heard it; 0 when it has heard none */
  readonly yours: number;
  /** the sender knows where to dial the receiver; if not, the receiver dials both bulk connections */
  readonly dialsBack: boolean;
}

/** First message on a bulk connection: to which link it belongs, and whether its dialler reads or writes on it. */
export interface Bind {
  readonly mine: number;
  readonly yours: number;
  readonly diallerReads: boolean;
}

export interface ChainNumber {
  readonly number: number;
  readonly domain: string;
}

const nodeIdShape: Shape<NodeId> = {
  read: (value) => (value instanceof Uint8Array && value.length === 32 ? (toHex(value) as NodeId) : misfit),
  write: (id) => fromHex(id) as Bytes,
};
const session = uint(2 ** 48 - 1);
const helloShape = tuple<Hello>({
  version: uint(0xffff),
  node: nodeIdShape,
  mine: session,
  yours: session,
  dialsBack: bool,
});
const bindShape = tuple<Bind>({ mine: session, yours: session, diallerReads: bool });
const chainsShape = list(tuple<ChainNumber>({ number: uint(0xffffffff), domain: text(80) }), maxChains);

const parse = <T>(shape: Shape<T>, message: Bytes): T | undefined => {
  const decoded = decode(message.subarray(headerBytes));
  if (!decoded.ok) return undefined;
  const value = shape.read(decoded.value as Encodable);
  return value === misfit ? undefined : value;
};

export const encodeHello = (hello: Hello): Bytes => encode(helloShape.write(hello));
export const readHello = (message: Bytes): Hello | undefined => parse(helloShape, message);
export const encodeBind = (bind: Bind): Bytes => encode(bindShape.write(bind));
export const readBind = (message: Bytes): Bind | undefined => parse(bindShape, message);
export const encodeChains = (chains: readonly ChainNumber[]): Bytes => encode(chainsShape.write(chains));
export const readChains = (message: Bytes): readonly ChainNumber[] | undefined => parse(chainsShape, message);

export const framePrefixBytes = 8;

/** Before each frame of a `frames` message, and at the start of a `head`: the chain's number and a length in bytes. */
export function encodePrefix(number: number, length: number): Bytes {
  const prefix = new Uint8Array(framePrefixBytes);
  put32(prefix, 0, number);
  put32(prefix, 4, length);
  return prefix;
}

/**
 * Calls `each` for every frame of a `frames` message.
 * @returns false when the lengths do not fill the message exactly
 */
export function readFrames(message: Bytes, each: (number: number, frame: Bytes) => void): boolean {
  let at = headerBytes;
  if (at === message.length) return false;
  while (at < message.length) {
    if (at + framePrefixBytes > message.length) return false;
    const end = at + framePrefixBytes + get32(message, at + 4);
    if (end > message.length) return false;
    each(get32(message, at), message.subarray(at + framePrefixBytes, end));
    at = end;
  }
  return true;
}

export interface Head {
  readonly number: number;
  readonly bodyBytes: number;
  readonly header: Bytes;
}

export function readHead(message: Bytes): Head | undefined {
  if (message.length < headerBytes + framePrefixBytes) return undefined;
  return {
    number: get32(message, headerBytes),
    bodyBytes: get32(message, headerBytes + 4),
    header: message.subarray(headerBytes + framePrefixBytes),
  };
}

function put32(target: Bytes, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = (value >>> 16) & 0xff;
  target[at + 2] = (value >>> 8) & 0xff;
  target[at + 3] = value & 0xff;
}

function get32(source: Bytes, at: number): number {
  return (
    (((source[at] as number) << 24) |
      ((source[at + 1] as number) << 16) |
      ((source[at + 2] as number) << 8) |
      (source[at + 3] as number)) >>>
    0
  );
}

function put48(target: Bytes, at: number, value: number): void {
  const high = Math.floor(value / 0x100000000);
  target[at] = high >>> 8;
  target[at + 1] = high & 0xff;
  put32(target, at + 2, value >>> 0);
}

function get48(source: Bytes, at: number): number {
  return ((source[at] as number) * 256 + (source[at + 1] as number)) * 0x100000000 + get32(source, at + 2);
}
