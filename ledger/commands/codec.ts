// The wire form of a command: a canonical msgpack array whose last element is the signature. Hash and signature cover the
// bytes as they were received. Layout (version 1):
//   [1, chain, account | nil, nonce, expiryMs, after | nil, atomic, [operation, …], suite, public key, signature]
//   operation: [1, key, value] put · [2, key] delete · [3, key, expected | nil, value | nil] compare-and-set

import { assert } from '../../lib/assert.ts';
import { type Bytes, concatBytes, plainBytes } from '../../lib/bytes.ts';
import { type Encodable, encode } from '../../lib/codec.ts';
import { CodecReader } from '../../lib/codec-reader.ts';
import type { ErrorName } from '../../lib/errors.ts';
import { type Hash, hashFromBytes, hashToBytes, holdsHash, taggedHash } from '../../lib/hash.ts';
import { ok, type Result, refused } from '../../lib/result.ts';
import {
  maxBundleBytes,
  maxCommandBytes,
  maxKeyBytes,
  maxOperations,
  maxPublicKeyBytes,
  maxSignatureBytes,
  maxValueBytes,
} from '../limits.ts';
import type { VerificationJob } from '../verification.ts';
import type { Command, Operation, ReceivedCommand } from './types.ts';

export const commandVersion = 1;

const fieldCount = 11;

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

/** What is to be verified of a command. */
export function jobOf({ chain, suite, publicKey, unsigned, signature }: ReceivedCommand): VerificationJob {
  return { suite, publicKey, signedText: signingText(chain, suite, unsigned), signature };
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
  if (entry.length > maxBundleBytes) return refused('malformed-command');
  const command = readCommand(plainBytes(entry));
  return typeof command === 'string' ? refused(command) : ok(command);
}

function readCommand(entry: Bytes): ReceivedCommand | CommandFault {
  const reader = new CodecReader(entry);
  if (reader.array() !== fieldCount || reader.uint() !== commandVersion) return 'malformed-command';
  const chain = readChain(reader);
  const account = reader.nil() ? null : hashOf(reader.bytes());
  const nonce = readCounter(reader);
  const expiryMs = reader.uint();
  const after = reader.nil() ? null : readCounter(reader);
  const atomic = reader.bool();
  const operations = readOperations(reader);
  const suite = reader.uint();
  const publicKey = reader.bytes();
  const unsigned = entry.subarray(0, reader.position);
  const signature = reader.bytes();
  if (!reader.isDone || chain === undefined || account === undefined || operations === undefined)
    return 'malformed-command';
  if (nonce === undefined || expiryMs >= 2 ** 48 || after === undefined || suite > 255) return 'malformed-command';
  if (!isWithin(publicKey, maxPublicKeyBytes) || !isWithin(signature, maxSignatureBytes)) return 'malformed-command';
  const tooLarge = faultOf(operations);
  if (tooLarge !== undefined) return tooLarge;
  if (entry.length > maxCommandBytes && operations.length === 1) return 'malformed-command';
  const actor = account ?? accountOf(suite, publicKey);
  const hash = commandHash(entry);
  const size = entry.length;
  return {
    chain,
    account,
    nonce,
    expiryMs,
    after,
    atomic,
    operations,
    suite,
    publicKey,
    signature,
    hash,
    actor,
    unsigned,
    size,
  };
}

const hashOf = (bytes: Bytes): Hash | undefined => (bytes.length === 32 ? hashFromBytes(bytes) : undefined);

/** A node's commands are nearly all of one chain. */
let lastChain: Hash | undefined;

function readChain(reader: CodecReader): Hash | undefined {
  const bytes = reader.bytes();
  if (bytes.length !== 32) return undefined;
  if (lastChain === undefined || !holdsHash(bytes, 0, lastChain)) lastChain = hashFromBytes(bytes);
  return lastChain;
}

/** From 1; counters stay below 2^48, as everywhere. */
function readCounter(reader: CodecReader): number | undefined {
  const value = reader.uint();
  return value > 0 && value < 2 ** 48 ? value : undefined;
}

const isWithin = (bytes: Bytes, max: number): boolean => bytes.length >= 1 && bytes.length <= max;

/** @returns undefined when they do not fit; the reader may have failed as well */
function readOperations(reader: CodecReader): readonly Operation[] | undefined {
  const count = reader.array();
  if (count === 0 || count > maxOperations) return undefined;
  const operations: Operation[] = [];
  for (let i = 0; i < count; i++) {
    const operation = readOperation(reader);
    if (operation === undefined || reader.failed) return undefined;
    operations.push(operation);
  }
  return operations;
}

function readOperation(reader: CodecReader): Operation | undefined {
  const length = reader.array();
  const opcode = reader.uint();
  const key = reader.bytes();
  switch (opcode) {
    case opcodes.put:
      return length === 3 ? { kind: 'put', key, value: reader.bytes() } : undefined;
    case opcodes.delete:
      return length === 2 ? { kind: 'delete', key } : undefined;
    case opcodes['compare-and-set']:
      if (length !== 4) return undefined;
      return { kind: 'compare-and-set', key, expected: readOptional(reader), value: readOptional(reader) };
    default:
      return undefined;
  }
}

const readOptional = (reader: CodecReader): Bytes | null => (reader.nil() ? null : reader.bytes());

/** Of the first operation that is too large. */
function faultOf(operations: readonly Operation[]): CommandFault | undefined {
  for (const operation of operations) {
    if (!isWithin(operation.key, maxKeyBytes)) return 'key-too-large';
    if (operation.kind === 'delete') continue;
    const expected = operation.kind === 'put' ? null : operation.expected;
    if (Math.max(expected?.length ?? 0, operation.value?.length ?? 0) > maxValueBytes) return 'value-too-large';
  }
  return undefined;
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
