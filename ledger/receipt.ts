// What became of a command: where it was ordered, its code, what happened. Code 0 is success; others have a row in
// lib/errors.ts. The receipt of an executed command never changes.

import type { Bytes } from '../lib/bytes.ts';
import { type CodecLimits, decode, type Encodable, encode } from '../lib/codec.ts';
import { arrayLength, bytesLength, CodecWriter, hashLength, uintLength } from '../lib/codec-writer.ts';
import { type Hash, zeroHash } from '../lib/hash.ts';
import { bytes, hash, list, misfit, type Shape, text, tuple, uint } from '../lib/shape.ts';
import { maxKeyBytes, maxOperations, receiptsPerChunk } from './limits.ts';

export interface LedgerEvent {
  /** `put` or `delete` */
  readonly topic: string;
  /** the key that was written */
  readonly data: Bytes;
}

/** An operation of a bundle that failed. */
export interface OperationFailure {
  readonly operation: number;
  readonly code: number;
}

export interface Receipt {
  readonly hash: Hash;
  readonly height: number;
  /** of the command within its block */
  readonly index: number;
  readonly code: number;
  readonly failures: readonly OperationFailure[];
  readonly events: readonly LedgerEvent[];
}

export const receiptShape: Shape<Receipt> = tuple<Receipt>({
  hash,
  height: uint(),
  index: uint(),
  code: uint(9999),
  failures: list(tuple<OperationFailure>({ operation: uint(maxOperations), code: uint(9999) }), maxOperations),
  events: list(tuple<LedgerEvent>({ topic: text(32), data: bytes(maxKeyBytes) }), maxOperations),
});

const receiptItems = 8 + 6 * maxOperations;
const receiptLimits: CodecLimits = { maxBytes: 1 << 20, maxDepth: 5, maxItems: receiptItems };
const chunkLimits: CodecLimits = { maxBytes: 2 ** 27, maxDepth: 6, maxItems: receiptsPerChunk * receiptItems };

export function encodeReceipt(receipt: Receipt): Bytes {
  return encode(receiptShape.write(receipt));
}

/** @returns undefined when the bytes are no receipt */
export function decodeReceipt(encoded: Bytes): Receipt | undefined {
  const decoded = decode(encoded, receiptLimits);
  const receipt = decoded.ok ? receiptShape.read(decoded.value) : misfit;
  return receipt === misfit ? undefined : receipt;
}

const chunkShape = list(receiptShape, receiptsPerChunk);

/** As the shape says; written at once, since a block may have thousands. */
export function encodeReceipts(receipts: readonly Receipt[]): Bytes {
  let length = arrayLength(receipts.length);
  for (const receipt of receipts) length += receiptLength(receipt);
  const bytes = new Uint8Array(length);
  const writer = new CodecWriter(bytes).array(receipts.length);
  for (const receipt of receipts) writeReceipt(writer, receipt);
  return bytes;
}

function receiptLength({ height, index, code, failures, events }: Receipt): number {
  let length = 1 + hashLength + uintLength(height) + uintLength(index) + uintLength(code);
  length += arrayLength(failures.length) + arrayLength(events.length);
  for (const failure of failures) length += 1 + uintLength(failure.operation) + uintLength(failure.code);
  for (const { topic, data } of events) length += 1 + encodedTopic(topic).length + bytesLength(data.length);
  return length;
}

function writeReceipt(writer: CodecWriter, { hash, height, index, code, failures, events }: Receipt): void {
  writer.array(6).hash(hash).uint(height).uint(index).uint(code).array(failures.length);
  for (const failure of failures) writer.array(2).uint(failure.operation).uint(failure.code);
  writer.array(events.length);
  for (const { topic, data } of events) writer.array(2).raw(encodedTopic(topic)).bytes(data);
}

const topics: ReadonlyMap<string, Bytes> = new Map(['put', 'delete'].map((topic) => [topic, encode(topic)]));
const encodedTopic = (topic: string): Bytes => topics.get(topic) ?? encode(topic);

/** @returns undefined when the bytes are no list of receipts */
export function decodeReceipts(encoded: Bytes): readonly Receipt[] | undefined {
  const decoded = decode(encoded, chunkLimits);
  const receipts = decoded.ok ? chunkShape.read(decoded.value) : misfit;
  return receipts === misfit ? undefined : receipts;
}

/** Where the receipt of a command is. */
export interface ReceiptPlace {
  readonly height: number;
  readonly index: number;
}

export function encodePlace({ height, index }: ReceiptPlace): Bytes {
  const bytes = new Uint8Array(arrayLength(2) + uintLength(height) + uintLength(index));
  new CodecWriter(bytes).array(2).uint(height).uint(index);
  return bytes;
}

export function decodePlace(encoded: Bytes): ReceiptPlace | undefined {
  const decoded = decode(encoded);
  if (!decoded.ok || !Array.isArray(decoded.value)) return undefined;
  const [height, index] = decoded.value as readonly Encodable[];
  return typeof height === 'number' && typeof index === 'number' ? { height, index } : undefined;
}

/** An entry that cannot even be cut out of its batch has no hash. */
export const noHash: Hash = zeroHash;
