// Everything that a peer's bytes pass through: the wire message, the frames and bodies in it, and the consensus messages,
// batches, headers and journal records in those. One input is one wire message.

import {
  decodeBatch,
  decodeMessage,
  decodeRecord,
  encodeBatchHeader,
  encodeMessage,
  encodeRecord,
} from '../../consensus/wire.ts';
import { type Bytes, concatBytes, equalBytes, fromUtf8 } from '../../lib/bytes.ts';
import { misfit } from '../../lib/shape.ts';
import { createBodyAssembler } from '../../net/body.ts';
import {
  encodeBind,
  encodeChains,
  encodeHeader,
  encodeHello,
  encodePrefix,
  framePrefixBytes,
  headerBytes,
  readBind,
  readChains,
  readFrames,
  readHead,
  readHeader,
  readHello,
  wireKind,
} from '../../net/frame.ts';
import type { NodeId } from '../../net/index.ts';
import { maxBulkBodyBytes, maxBulkHeaderBytes, sliceBytes } from '../../net/limits.ts';
import { batch, body, messages, records } from '../support/consensus-samples.ts';
import { type FuzzTarget, promise } from './target.ts';

const nodeId = 'ab'.repeat(32) as NodeId;
const framed = (...frames: readonly Bytes[]): Bytes =>
  concatBytes([
    encodeHeader(wireKind.frames, 7, 1),
    ...frames.flatMap((frame, i) => [encodePrefix(i, frame.length), frame]),
  ]);
const of = (kind: number, ...parts: readonly Bytes[]): Bytes => concatBytes([encodeHeader(kind, 7, 1), ...parts]);

export const peerFrame: FuzzTarget = {
  name: 'peer-frame',
  maxBytes: 4_096,
  dictionary: [
    ...Object.values(wireKind).map((kind) => Uint8Array.of(kind)),
    ...['main', 'rumour', '\ufeffmain', 'é'].map((text) => fromUtf8(text)),
    Uint8Array.of(0xc4, 32),
    Uint8Array.of(0xc4, 64),
    Uint8Array.of(0xd3, 0, 0, 0, 1, 0, 0, 0, 0),
    Uint8Array.of(0xa4),
    Uint8Array.of(0xc0),
  ],
  seeds: () => [
    of(wireKind.hello, encodeHello({ version: 1, node: nodeId, mine: 2 ** 47, yours: 0, dialsBack: true })),
    of(wireKind.bind, encodeBind({ mine: 1, yours: 2 ** 33, diallerReads: false })),
    of(wireKind.bound),
    of(wireKind.chains, encodeChains([{ number: 300, domain: 'main' }])),
    of(wireKind.chains, encodeChains([])),
    of(wireKind.ready),
    of(wireKind.ping),
    of(wireKind.pong),
    ...messages.map((message) => framed(encodeMessage(message))),
    framed(
      encodeMessage(messages[1] as (typeof messages)[number]),
      encodeMessage(messages[7] as (typeof messages)[number]),
    ),
    of(wireKind.head, encodePrefix(7, body.length), encodeBatchHeader(batch, true)),
    of(wireKind.slice, body),
    ...records.map((record) => of(wireKind.slice, ...encodedRecord(record))),
  ],
  run(input) {
    const header = readHeader(input);
    if (header === undefined) return;
    same(encodeHeader(header.kind, header.session, header.seq), input.subarray(0, headerBytes), 'a header');
    const payload = input.subarray(headerBytes);
    switch (header.kind) {
      case wireKind.hello:
        return comesBack(readHello(input), encodeHello, payload, 'a hello');
      case wireKind.bind:
        return comesBack(readBind(input), encodeBind, payload, 'a bind');
      case wireKind.chains:
        return comesBack(readChains(input), encodeChains, payload, 'a list of chains');
      case wireKind.frames:
        return readsFrames(input);
      case wireKind.head:
        return readsHead(input);
      case wireKind.slice:
        return readsRecord(payload);
    }
  },
};

function encodedRecord(record: (typeof records)[number]): readonly Bytes[] {
  const { kind, parts } = encodeRecord(record);
  return [Uint8Array.of(kind), ...parts];
}

function readsFrames(input: Bytes): void {
  const parts: Bytes[] = [];
  const whole = readFrames(input, (number, frame) => {
    parts.push(encodePrefix(number, frame.length), frame);
    const message = decodeMessage(frame);
    if (typeof message !== 'string') same(encodeMessage(message), frame, `a ${message.type}`);
  });
  if (whole) same(concatBytes(parts), input.subarray(headerBytes), 'frames');
}

/** The rest of a head is a bulk header; the same bytes are offered as its body too, in slices of every length. */
function readsHead(input: Bytes): void {
  const head = readHead(input);
  if (head === undefined) return;
  const { number, bodyBytes, header } = head;
  same(concatBytes([encodePrefix(number, bodyBytes), header]), input.subarray(headerBytes), 'a head');
  const assembler = createBodyAssembler();
  let outcome = assembler.head(head);
  if (bodyBytes > maxBulkBodyBytes) promise(outcome === 'too-large', 'a body above its bound is refused at its head');
  for (let given = 0; outcome === undefined; given += sliceBytes) {
    promise(given < maxBulkBodyBytes, 'a body ends');
    outcome = assembler.slice(new Uint8Array(Math.min(sliceBytes, bodyBytes - given)));
  }
  if (typeof outcome === 'string') return;
  promise(outcome.header.length <= maxBulkHeaderBytes, 'a header is within its bound');
  promise(lengthOf(outcome.body) === bodyBytes, 'a body has the length of its head');
  const batchBody = input.subarray(framePrefixBytes);
  for (const body of [outcome.body, [batchBody]]) {
    const decoded = decodeBatch(header, body);
    if (typeof decoded === 'string') continue;
    const { batch, answer } = decoded;
    same(encodeBatchHeader(batch, answer), header, 'a batch header');
    promise(batch.size === lengthOf(batch.body) && batch.count > 0, 'a batch is as long as it says');
  }
}

/** Journal records share the shapes of messages, and a disk lies as peers do. */
function readsRecord([kind = 0, ...rest]: Iterable<number> & Bytes): void {
  const bytes = Uint8Array.from(rest);
  const record = decodeRecord(kind, bytes);
  if (record === misfit) return;
  const again = encodeRecord(record);
  promise(again.kind === kind, 'a record keeps its kind');
  same(concatBytes([...again.parts]), bytes, `a ${record.type} record`);
}

const lengthOf = (parts: readonly Bytes[]): number => parts.reduce((sum, each) => sum + each.length, 0);

function comesBack<T>(value: T | undefined, encode: (value: T) => Bytes, bytes: Bytes, what: string): void {
  if (value !== undefined) same(encode(value), bytes, what);
}

function same(encoded: Bytes, bytes: Bytes, what: string): void {
  promise(equalBytes(encoded, bytes), `${what} has one encoding`);
}
