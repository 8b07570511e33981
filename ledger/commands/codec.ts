// The wire form of a command: a canonical msgpack array whose last element is the signature. Hash and signature cover the
// bytes as they were received. Layout (version 1):
//   [1, chain, account | nil, nonce, expiryMs, after | nil, atomic, [operation, …], suite, public key, signature]
//   operation: [1, key, value] put · [2, key] delete · [3, key, expected | nil, value | nil] compare-and-set

import { assert } from '../../lib/assert.ts';
import { type Bytes, concatBytes } from '../../lib/bytes.ts';
import { type CodecLimits, decode, type Encodable, encode } from '../../lib/codec.ts';
import type { ErrorName } from '../../lib/errors.ts';
import { type Hash, hashFromBytes, hashToBytes, taggedHash } from '../../lib/hash.ts';
import { ok, type Result, refused } from '../../lib/result.ts';
import { maxBundleBytes, maxCommandBytes, maxKeyBytes, maxOperations, maxValueBytes } from '../limits.ts';
import type { Command, Operation, ReceivedCommand, SignedCommand } from './types.ts';

export const commandVersion = 1;

const fieldCount = 11;
const maxPublicKeyBytes = 2048;
const maxSignatureBytes = 4096;
/** a command, its list, and per operation the array and at most four elements */
const codecLimits: CodecLimits = {
  maxBytes: maxBundleBytes,
  maxDepth: 4,
  maxItems: fieldCount + 2 + 5 * maxOperations,
};

const opcodes = { put: 1, delete: 2, 'compare-and-set': 3 } as const;

export type CommandFault = Extract<ErrorName, 'malformed-command' | 'key-too-large' | 'value-too-large'>;

/** The name of the account that a key opens. */
export function accountOf(suite: number, publicKey: Bytes): Hash {
  return taggedHash('account', Uint8Array.of(suite), publicKey);
}

/** What tells commands apart, in receipts and everywhere: covers every byte, the signature too. */
export function commandHash(entry: Bytes): Hash {
  return taggedHash('command', entry);
}

/** Everything but the signature: give it to `signingText`, sign that, then `sealCommand`. */
export function encodeUnsigned(command: Command, suite: number, publicKey: Bytes): Bytes {
  assert(
    command.operations.length >= 1 && command.operations.length <= maxOperations,
    'a command has 1 to 1,000 operations',
  );
  const signed = encode([...fieldsOf(command, suite, publicKey), emptySignature]);
  return signed.subarray(0, signed.length - encodedSignatureBytes(0));
}

const emptySignature = new Uint8Array(0);

function fieldsOf(command: Command, suite: number, publicKey: Bytes): readonly Encodable[] {
  return [
    commandVersion,
    hashToBytes(command.chain),
    command.account === null ? null : hashToBytes(command.account),
    command.nonce,
    command.expiryMs,
    command.after,
    command.atomic,
    command.operations.map(writeOperation),
    suite,
    publicKey,
  ];
}

/** Domain-separated by kind, chain and suite; the fields follow as they stand in the command. */
export function signingText(chain: Hash, suite: number, unsigned: Bytes): Bytes {
  return concatBytes([domainOf(chain, suite), unsigned]);
}

/** A chain's commands come one after the other, nearly always under one suite. */
let lastDomain: { readonly chain: Hash; readonly suite: number; readonly bytes: Bytes } | undefined;

function domainOf(chain: Hash, suite: number): Bytes {
  if (lastDomain?.chain !== chain || lastDomain.suite !== suite) {
    lastDomain = { chain, suite, bytes: encode(['psky/command', hashToBytes(chain), suite]) };
  }
  return lastDomain.bytes;
}

/** @returns the entry to submit */
export function sealCommand(unsigned: Bytes, signature: Bytes): Bytes {
  return concatBytes([unsigned, encode(signature)]);
}

/** msgpack's head of a byte string grows with its length */
function encodedSignatureBytes(length: number): number {
  return length + (length < 0x100 ? 2 : 3);
}

/** Strict: one form for each command, every size within its bound. Signatures, nonces and expiry are judged elsewhere. */
export function decodeCommand(entry: Bytes): Result<ReceivedCommand, CommandFault> {
  const decoded = decode(entry, codecLimits);
  if (!decoded.ok || !Array.isArray(decoded.value)) return refused('malformed-command');
  const command = readCommand(decoded.value as readonly Encodable[]);
  if (typeof command === 'string') return refused(command);
  if (entry.length > maxCommandBytes && command.operations.length === 1) return refused('malformed-command');
  const unsigned = entry.subarray(0, entry.length - encodedSignatureBytes(command.signature.length));
  return ok({
    ...command,
    hash: commandHash(entry),
    actor: command.account ?? accountOf(command.suite, command.publicKey),
    signedText: signingText(command.chain, command.suite, unsigned),
    size: entry.length,
  });
}

function readCommand(fields: readonly Encodable[]): SignedCommand | CommandFault {
  if (fields.length !== fieldCount) return 'malformed-command';
  const [version, chain, account, nonce, expiryMs, after, atomic, list, suite, publicKey, signature] = fields;
  if (version !== commandVersion || !isBytes(chain, 32, 32)) return 'malformed-command';
  if (account !== null && !isBytes(account, 32, 32)) return 'malformed-command';
  if (!isCounter(nonce) || nonce === 0 || !isCounter(expiryMs)) return 'malformed-command';
  if (after !== null && (!isCounter(after) || after === 0)) return 'malformed-command';
  if (typeof atomic !== 'boolean' || !isCounter(suite) || suite > 255) return 'malformed-command';
  if (!isBytes(publicKey, 1, maxPublicKeyBytes) || !isBytes(signature, 1, maxSignatureBytes))
    return 'malformed-command';
  if (!Array.isArray(list) || list.length === 0 || list.length > maxOperations) return 'malformed-command';
  const operations: Operation[] = [];
  for (const each of list as readonly Encodable[]) {
    const operation = readOperation(each);
    if (typeof operation === 'string') return operation;
    operations.push(operation);
  }
  return {
    chain: hashFromBytes(chain),
    account: account === null ? null : hashFromBytes(account),
    nonce,
    expiryMs,
    after,
    atomic,
    operations,
    suite,
    publicKey,
    signature,
  };
}

function readOperation(encoded: Encodable): Operation | CommandFault {
  if (!Array.isArray(encoded)) return 'malformed-command';
  const [opcode, key, third, fourth] = encoded as readonly Encodable[];
  if (!(key instanceof Uint8Array)) return 'malformed-command';
  if (key.length === 0 || key.length > maxKeyBytes) return 'key-too-large';
  switch (opcode) {
    case opcodes.put:
      if (encoded.length !== 3 || !(third instanceof Uint8Array)) return 'malformed-command';
      return third.length > maxValueBytes ? 'value-too-large' : { kind: 'put', key, value: third };
    case opcodes.delete:
      return encoded.length === 2 ? { kind: 'delete', key } : 'malformed-command';
    case opcodes['compare-and-set']:
      if (encoded.length !== 4 || !isOptionalBytes(third) || !isOptionalBytes(fourth)) return 'malformed-command';
      if (Math.max(third?.length ?? 0, fourth?.length ?? 0) > maxValueBytes) return 'value-too-large';
      return { kind: 'compare-and-set', key, expected: third, value: fourth };
    default:
      return 'malformed-command';
  }
}

function writeOperation(operation: Operation): Encodable {
  switch (operation.kind) {
    case 'put':
      return [opcodes.put, operation.key, operation.value];
    case 'delete':
      return [opcodes.delete, operation.key];
    case 'compare-and-set':
      return [opcodes['compare-and-set'], operation.key, operation.expected, operation.value];
  }
}

function isBytes(value: Encodable | undefined, min: number, max: number): value is Bytes {
  return value instanceof Uint8Array && value.length >= min && value.length <= max;
}

function isOptionalBytes(value: Encodable | undefined): value is Bytes | null {
  return value === null || value instanceof Uint8Array;
}

/** Counters stay below 2^48, as everywhere. */
function isCounter(value: Encodable | undefined): value is number {
  return typeof value === 'number' && value < 2 ** 48;
}
