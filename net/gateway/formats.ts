// The two forms of requests and answers, JSON and msgpack: the same values, chosen by Content-Type and Accept.

import { type Bytes, fromUtf8, toUtf8 } from '../../lib/bytes.ts';
import type { CodecLimits } from '../../lib/codec.ts';
import { decodeDocument, encodeDocument } from '../../lib/document.ts';
import { ok, type Result, refused } from '../../lib/result.ts';
import { maxDocumentDepth, maxDocumentItems, maxRpcBodyBytes } from './limits.ts';

export interface Format {
  readonly contentType: string;
  /** @returns the value, or what is wrong with the bytes */
  read(body: Bytes): Result<unknown, string>;
  write(value: unknown): Bytes;
}

const limits: CodecLimits = { maxBytes: maxRpcBodyBytes, maxDepth: maxDocumentDepth, maxItems: maxDocumentItems };

const json: Format = {
  contentType: 'application/json',
  read(body) {
    const text = toUtf8(body);
    return text === undefined ? refused('This is not UTF-8.') : readJson(text);
  },
  write: (value) => fromUtf8(JSON.stringify(value)),
};

const msgpack: Format = {
  contentType: 'application/msgpack',
  read(body) {
    const decoded = decodeDocument(body, limits);
    return decoded.ok ? decoded : refused(`This is not msgpack that a node takes: ${decoded.error}.`);
  },
  write: encodeDocument,
};

export const formats: readonly Format[] = [json, msgpack];
export const contentTypes: readonly string[] = formats.map((each) => each.contentType);

export function readJson(text: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(text));
  } catch {
    return refused('This is not JSON.');
  }
}

export const formatOf = (contentType: string | undefined): Format =>
  formats.find((each) => each.contentType === contentType) ?? json;

/** The one that `accept` prefers; where it prefers none, that of the request's body. */
export function answerFormat(accept: string | undefined, body: Format): Format {
  const weights = new Map((accept ?? '').split(',').map(weighted));
  const weight = ({ contentType }: Format): number => weights.get(contentType) ?? 0;
  const [first, second] = [json, msgpack].sort((a, b) => weight(b) - weight(a)) as [Format, Format];
  return weight(first) > weight(second) ? first : body;
}

function weighted(range: string): readonly [string, number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((each) => each.startsWith('q='))?.slice(2) ?? '1';
  return [type, Number(quality) || 0];
}
