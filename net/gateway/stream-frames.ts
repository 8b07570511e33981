// Frames of the binary stream (/v1/stream): one WebSocket message is one canonical msgpack tuple whose first element is
// its kind. A frame stands for up to 1,000 entries; nothing here makes an object per entry. Entries travel as one byte
// string in the form in which batches hold them, so that a node copies a client's frame once.

import type { Bytes } from '../../lib/bytes.ts';
import { concatBytes } from '../../lib/bytes.ts';
import { type CodecLimits, type DecodeFault, decode, type Encodable, encode } from '../../lib/codec.ts';
import type { Hash } from '../../lib/hash.ts';
import { ok, type Result, refused } from '../../lib/result.ts';
import { bytes, hash, list, misfit, optional, type Shape, text, tuple, uint } from '../../lib/shape.ts';
import {
  maxEntriesPerFrame,
  maxEntryBytes,
  maxFrameEntriesBytes,
  maxNumbersPerFrame,
  maxStreamFrameBytes,
} from './limits.ts';

export const streamVersion = 1;

/** What the entries of a Submit are; the ledger of the chain decides what it takes. */
export const entryKind = { command: 0, bundle: 1, blob: 2 } as const;

/** First frame of a client. Frames that arrive before it close the stream. */
export interface Open {
  readonly type: 'open';
  /** of the stream; 1 */
  readonly version: number;
  /** a chain's id or name; '' is the node's first chain */
  readonly chain: string;
  /** bytes of node frames that the client takes before it gives more */
  readonly credit: number;
}

/** Entries to be ordered; the node answers once per frame. */
export interface Submit {
  readonly type: 'submit';
  /** chosen by the client, strictly rising within a stream */
  readonly frame: number;
  /** 0 commands, 1 bundles, 2 blobs; the ledger of the chain decides what it takes */
  readonly kind: number;
  /** number of entries, 1 to 1,000 */
  readonly count: number;
  /** each entry after its length as 4 bytes little-endian */
  readonly entries: Bytes;
  /** W3C trace context of the client's request */
  readonly traceparent: string | null;
}

/** After a reconnect, also to another validator: notices for entries that some node answered as accepted. */
export interface Watch {
  readonly type: 'watch';
  /** chosen by the client; notices name it */
  readonly frame: number;
  /** as in the Answer: lane, seq, digest and offset */
  readonly place: Place;
  /** as in the Answer */
  readonly accepted: readonly number[];
}

/** Where a frame's accepted entries stand: side by side in one batch, from `offset` on. */
export interface Place {
  readonly lane: number;
  readonly seq: number;
  readonly digest: Hash;
  readonly offset: number;
}

/** More bytes that the sender of this frame takes. */
export interface Credit {
  readonly type: 'credit';
  /** beside what was given before */
  readonly bytes: number;
}

/** First frame of a node. */
export interface Opened {
  readonly type: 'opened';
  /** of the stream */
  readonly version: number;
  /** the id of the chain */
  readonly chain: Hash;
  /** committed height of the node */
  readonly height: number;
  /** bytes of Submit messages that the node takes before it gives more */
  readonly credit: number;
}

/**
 * One per Submit, once its accepted entries are synced. It is final: a node that cannot tell whether entries will be
 * ordered sends no Answer and ends the stream; the client sends the same bytes again, here or to another validator.
 */
export interface Answer {
  readonly type: 'answer';
  /** of the Submit */
  readonly frame: number;
  /** pairs (first, count) of indices within the frame */
  readonly accepted: readonly number[];
  /** pairs (index, code) */
  readonly refused: readonly number[];
  /** lane, seq, digest and offset: where the accepted entries stand; nil where nothing was accepted */
  readonly place: Place | null;
}

/** Entries of this client's frames that became final with the block at `height`. */
export interface Notice {
  readonly type: 'notice';
  /** of the block */
  readonly height: number;
  /** block time, milliseconds since 1970 */
  readonly timeMs: number;
  /** triples (frame, first, count) */
  readonly ranges: readonly number[];
  /** triples (frame, index, code): entries of `ranges` whose code is not 0 */
  readonly exceptions: readonly number[];
}

/** A PSKY error, of one Submit or of the stream, which then closes. */
export interface Fault {
  readonly type: 'fault';
  /** of the Submit that it answers; nil: of the stream as a whole */
  readonly frame: number | null;
  /** 3006 is PSKY-3006 */
  readonly code: number;
  /** what is special about this case */
  readonly detail: string;
}

/** The sender ends the stream in order; answers to what it had taken came before. */
export interface Goodbye {
  readonly type: 'goodbye';
  /** for people */
  readonly reason: string;
}

export type ClientFrame = Open | Submit | Watch | Credit | Goodbye;
export type NodeFrame = Opened | Answer | Notice | Credit | Fault | Goodbye;
export type StreamFault = DecodeFault | 'unknown-kind' | 'misfit';

const numbers = list(uint(), maxNumbersPerFrame);
const place: Shape<Place> = tuple<Place>({ lane: uint(0xffff), seq: uint(), digest: hash, offset: uint() });

interface FrameForm {
  readonly kind: number;
  readonly type: string;
  readonly shape: Shape<object>;
}
const form = <T extends { readonly type: string }>(
  kind: number,
  type: T['type'],
  shape: Shape<Omit<T, 'type'>>,
): FrameForm => ({
  kind,
  type,
  shape: shape as unknown as Shape<object>,
});

const creditForm = form<Credit>(4, 'credit', tuple<Omit<Credit, 'type'>>({ bytes: uint(0xffffffff) }));
const goodbyeForm = form<Goodbye>(5, 'goodbye', tuple<Omit<Goodbye, 'type'>>({ reason: text(256) }));

const clientForms = [
  form<Open>(1, 'open', tuple<Omit<Open, 'type'>>({ version: uint(0xff), chain: text(64), credit: uint(0xffffffff) })),
  form<Submit>(
    2,
    'submit',
    tuple<Omit<Submit, 'type'>>({
      frame: uint(),
      kind: uint(0xff),
      count: uint(maxEntriesPerFrame),
      entries: bytes(maxFrameEntriesBytes),
      traceparent: optional(text(64)),
    }),
  ),
  form<Watch>(3, 'watch', tuple<Omit<Watch, 'type'>>({ frame: uint(), place, accepted: numbers })),
  creditForm,
  goodbyeForm,
];

const nodeForms = [
  form<Opened>(
    16,
    'opened',
    tuple<Omit<Opened, 'type'>>({ version: uint(0xff), chain: hash, height: uint(), credit: uint(0xffffffff) }),
  ),
  form<Answer>(
    17,
    'answer',
    tuple<Omit<Answer, 'type'>>({ frame: uint(), accepted: numbers, refused: numbers, place: optional(place) }),
  ),
  form<Notice>(
    18,
    'notice',
    tuple<Omit<Notice, 'type'>>({ height: uint(), timeMs: uint(), ranges: numbers, exceptions: numbers }),
  ),
  form<Fault>(
    19,
    'fault',
    tuple<Omit<Fault, 'type'>>({ frame: optional(uint()), code: uint(0xffff), detail: text(1024) }),
  ),
  creditForm,
  goodbyeForm,
];

/** For the documents that describe them. */
export const streamForms = { client: clientForms, node: nodeForms } as const;

export const encodeClientFrame = (frame: ClientFrame): Bytes => encodeFrame(clientForms, frame);
export const encodeNodeFrame = (frame: NodeFrame): Bytes => encodeFrame(nodeForms, frame);
export const decodeClientFrame = (message: Bytes): Result<ClientFrame, StreamFault> =>
  decodeFrame(clientForms, message) as Result<ClientFrame, StreamFault>;
export const decodeNodeFrame = (message: Bytes): Result<NodeFrame, StreamFault> =>
  decodeFrame(nodeForms, message) as Result<NodeFrame, StreamFault>;

const codecLimits: CodecLimits = {
  maxBytes: maxStreamFrameBytes,
  maxDepth: 4,
  maxItems: 2 * maxNumbersPerFrame + 32,
};

function encodeFrame(forms: readonly FrameForm[], frame: ClientFrame | NodeFrame): Bytes {
  const of = forms.find((each) => each.type === frame.type) as FrameForm;
  return encode([of.kind, ...(of.shape.write(frame) as readonly Encodable[])]);
}

function decodeFrame(forms: readonly FrameForm[], message: Bytes): Result<object, StreamFault> {
  const decoded = decode(message, codecLimits);
  if (!decoded.ok) return decoded;
  const value = decoded.value;
  if (!Array.isArray(value) || value.length === 0) return refused('misfit');
  const of = forms.find((each) => each.kind === value[0]);
  if (of === undefined) return refused('unknown-kind');
  const fields = of.shape.read(value.slice(1));
  return fields === misfit ? refused('misfit') : ok({ type: of.type, ...(fields as object) });
}

/** @param entries 1 to 1,000, none empty, none above 1 MiB */
export function packEntries(entries: readonly Bytes[]): Bytes {
  const parts: Bytes[] = [];
  for (const entry of entries) parts.push(lengthPrefix(entry.length), entry);
  return concatBytes(parts);
}

function lengthPrefix(length: number): Bytes {
  return Uint8Array.of(length & 0xff, (length >>> 8) & 0xff, (length >>> 16) & 0xff, length >>> 24);
}

/**
 * Where each entry of a Submit begins.
 * @returns `count + 1` offsets into `packed`: entry i is `packed.subarray(offsets[i] + 4, offsets[i + 1])`; undefined
 * when the lengths do not fill `packed` exactly, or an entry is empty or above 1 MiB
 */
export function entryOffsets(packed: Bytes, count: number): Uint32Array | undefined {
  const offsets = new Uint32Array(count + 1);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > packed.length) return undefined;
    const length =
      ((packed[at] as number) |
        ((packed[at + 1] as number) << 8) |
        ((packed[at + 2] as number) << 16) |
        ((packed[at + 3] as number) << 24)) >>>
      0;
    if (length === 0 || length > maxEntryBytes) return undefined;
    at += 4 + length;
    offsets[i + 1] = at;
  }
  return at === packed.length ? offsets : undefined;
}
