// The binary stream of clients: frames of both directions, the entries in a Submit, and the session that takes them. The
// first byte of an input says who wrote the frames; each frame follows its length in two bytes.

import { type Bytes, concatBytes, equalBytes, fromUtf8 } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import { ok } from '../../lib/result.ts';
import { maxClientQueueBytes } from '../../net/gateway/limits.ts';
import {
  type ClientFrame,
  decodeClientFrame,
  decodeNodeFrame,
  encodeClientFrame,
  encodeNodeFrame,
  entryOffsets,
  type NodeFrame,
  packEntries,
} from '../../net/gateway/protocol.ts';
import { ClientStream } from '../../net/gateway/stream-session.ts';
import { type FuzzTarget, promise } from './target.ts';

const digest = 'ab'.repeat(32) as Hash;
const place = { lane: 3, seq: 99, digest, offset: 12 };
const entries = packEntries([Uint8Array.of(1), Uint8Array.of(2, 3)]);
const open: ClientFrame = { type: 'open', version: 1, chain: 'main', credit: 1 << 20 };
const submit: ClientFrame = { type: 'submit', frame: 5, kind: 2, count: 2, entries, traceparent: null };
const traced: ClientFrame = { ...submit, frame: 6, traceparent: `00-${'0a'.repeat(16)}-${'0b'.repeat(8)}-01` };
const watch: ClientFrame = { type: 'watch', frame: 5, place, accepted: [0, 2] };
const credit = { type: 'credit', bytes: 70_000 } as const;
const goodbye = { type: 'goodbye', reason: 'done' } as const;

const conversations: readonly (readonly ClientFrame[])[] = [
  [open, submit, credit, traced, watch, goodbye],
  [open],
  [submit],
  [watch],
  [credit],
  [goodbye],
];
const answers: readonly NodeFrame[] = [
  { type: 'opened', version: 1, chain: digest, height: 2 ** 40, credit: 4 << 20 },
  { type: 'answer', frame: 5, accepted: [0, 1], refused: [1, 2001], place },
  { type: 'answer', frame: 6, accepted: [], refused: [0, 2001], place: null },
  { type: 'notice', height: 9, timeMs: 1_700_000_000_000, ranges: [5, 0, 1], exceptions: [5, 0, 9] },
  { type: 'fault', frame: null, code: 3011, detail: 'x' },
  credit,
  goodbye,
];

const written = (by: 0 | 1, frames: readonly Bytes[]): Bytes =>
  concatBytes([
    Uint8Array.of(by),
    ...frames.flatMap((frame) => [Uint8Array.of(frame.length >> 8, frame.length & 255), frame]),
  ]);

export const streamFrame: FuzzTarget = {
  name: 'stream-frame',
  maxBytes: 4_096,
  dictionary: [
    ...[1, 2, 3, 4, 5, 16, 17, 18, 19].map((kind) => Uint8Array.of(kind)),
    ...['main', '\ufeff', '\u0000'].map((text) => fromUtf8(text)),
    Uint8Array.of(0xc4, 32),
    Uint8Array.of(0xd3, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(1, 0, 0, 0),
    Uint8Array.of(0xc0),
  ],
  seeds: () => [
    ...conversations.map((frames) => written(0, frames.map(encodeClientFrame))),
    written(1, answers.map(encodeNodeFrame)),
    ...answers.map((frame) => written(1, [encodeNodeFrame(frame)])),
  ],
  run(input) {
    const frames = split(input.subarray(1));
    if (((input[0] ?? 0) & 1) === 1) {
      for (const bytes of frames) {
        const frame = decodeNodeFrame(bytes);
        if (frame.ok) promise(equalBytes(encodeNodeFrame(frame.value), bytes), `${frame.value.type} has one encoding`);
      }
      return;
    }
    for (const bytes of frames) {
      const frame = decodeClientFrame(bytes);
      if (!frame.ok) continue;
      promise(equalBytes(encodeClientFrame(frame.value), bytes), `${frame.value.type} has one encoding`);
      if (frame.value.type === 'submit') unpacks(frame.value.entries, frame.value.count);
    }
    converses(frames);
  },
};

function split(input: Bytes): readonly Bytes[] {
  const frames: Bytes[] = [];
  for (let at = 0; at + 2 <= input.length; ) {
    const length = ((input[at] as number) << 8) | (input[at + 1] as number);
    frames.push(input.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return frames;
}

function unpacks(packed: Bytes, count: number): void {
  const offsets = entryOffsets(packed, count);
  if (offsets === undefined) return;
  const found = Array.from({ length: count }, (_, i) =>
    packed.subarray((offsets[i] as number) + 4, offsets[i + 1] as number),
  );
  promise(
    found.every((entry) => entry.length > 0),
    'no entry is empty',
  );
  promise(equalBytes(packEntries(found), packed), 'entries fill their bytes exactly');
}

/** What a node says to it is well formed, ends with a goodbye where the stream was closed, and waits within its bound. */
function converses(frames: readonly Bytes[]): void {
  const sent: NodeFrame[] = [];
  const soon: (() => void)[] = [];
  let submitted = 0;
  let answered = 0;
  let closed = 0;
  let waiting = 0;
  const stream = new ClientStream({
    id: 'stream/1',
    principal: { kind: 'anonymous' },
    soon: (run) => void soon.push(run),
    socket: {
      bufferedBytes: 0,
      send(bytes) {
        promise(closed === 0, 'nothing follows a close');
        const frame = decodeNodeFrame(bytes);
        promise(frame.ok, 'a node writes what a client can read');
        if (frame.ok) sent.push(frame.value);
        if (frame.ok && frame.value.type === 'answer') waiting -= bytes.length;
      },
      close: () => void closed++,
    },
    handler: {
      open(session) {
        session.opened(digest, 7);
        return ok({
          submit({ frame, count }, offsets, bytes) {
            submitted++;
            promise(offsets.length === count + 1, 'a handler gets an offset for each entry');
            const answer: NodeFrame = { type: 'answer', frame, accepted: [0, count], refused: [], place };
            waiting += encodeNodeFrame(answer).length;
            session.send(answer);
            session.consumed(bytes);
          },
          watch: () => {},
          closed: () => void answered++,
        });
      },
    },
  });
  for (const bytes of frames) {
    stream.message(bytes);
    for (const run of soon.splice(0)) run();
    promise(waiting <= maxClientQueueBytes + 4_096 || closed === 1, 'what waits for a client is bounded');
  }
  promise(closed <= 1 && answered <= 1, 'a stream ends once');
  if (closed === 1) promise(sent.at(-1)?.type === 'goodbye', 'a stream that the node ends says goodbye');
  stream.ended();
  promise(submitted === 0 || answered === 1, 'who took a submit hears of the end');
}
