// What is read and written without the general codec: by it, the same bytes mean the same, and no others mean anything.

import fc from 'fast-check';
import t from 'tap';
import { type Command, decodeCommand, type Operation, signCommand } from '../../../ledger/commands/index.ts';
import {
  decodePlace,
  decodeReceipts,
  encodePlace,
  encodeReceipts,
  type Receipt,
  receiptShape,
} from '../../../ledger/receipt.ts';
import { type Account, decodeAccount, encodeAccount } from '../../../ledger/state/account.ts';
import { type Bytes, concatBytes, equalBytes } from '../../../lib/bytes.ts';
import { decode, type Encodable, encode } from '../../../lib/codec.ts';
import { CodecReader } from '../../../lib/codec-reader.ts';
import { arrayLength, bytesLength, CodecWriter, uintLength } from '../../../lib/codec-writer.ts';
import { type Hash, hashToBytes, sha256Hex } from '../../../lib/hash.ts';
import { sodiumSuite } from '../../../lib/suites/sodium.ts';

const numbers = fc.oneof(
  fc.nat(300),
  fc.constantFrom(0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 0x100000000, 2 ** 48 - 1),
);
const strings = (maxLength: number): fc.Arbitrary<Bytes> =>
  fc.oneof(
    fc.uint8Array({ maxLength }),
    fc.constantFrom(255, 256, 65_535, 65_536).map((n) => new Uint8Array(Math.min(n, maxLength))),
  );
const hashes: fc.Arbitrary<Hash> = fc.uint8Array({ maxLength: 4 }).map((seed) => sha256Hex(seed));

t.test('numbers, byte strings and lists are written and read as the codec does', async () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(numbers, strings(70_000)), { maxLength: 20 }), (items) => {
      let length = arrayLength(items.length);
      for (const item of items) length += typeof item === 'number' ? uintLength(item) : bytesLength(item.length);
      const bytes = new Uint8Array(length);
      const writer = new CodecWriter(bytes).array(items.length);
      for (const item of items) typeof item === 'number' ? writer.uint(item) : writer.bytes(item);
      if (!equalBytes(bytes, encode(items))) return false;
      const reader = new CodecReader(bytes);
      if (reader.array() !== items.length) return false;
      for (const item of items) {
        if (typeof item === 'number' ? reader.uint() !== item : !equalBytes(reader.bytes(), item)) return false;
      }
      return reader.isDone;
    }),
  );
});

const keys = sodiumSuite.keyPairOf(new Uint8Array(32).fill(7));
const operations: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key: strings(300), value: strings(33_000) }),
  fc.record({ kind: fc.constant('delete' as const), key: strings(300) }),
  fc.record({
    kind: fc.constant('compare-and-set' as const),
    key: strings(20),
    expected: fc.option(strings(300)),
    value: fc.option(strings(300)),
  }),
);
const commands: fc.Arbitrary<Command> = fc.record({
  chain: hashes,
  account: fc.option(hashes),
  nonce: numbers,
  expiryMs: numbers,
  after: fc.option(numbers),
  atomic: fc.boolean(),
  operations: fc.array(operations, { minLength: 1, maxLength: 20 }),
});

/** The fields that the general codec finds, where they make a command; how large its parts may be is said elsewhere. */
function fieldsOf(entry: Bytes): readonly Encodable[] | undefined {
  const decoded = decode(entry, { maxBytes: 2 ** 20, maxDepth: 4, maxItems: 6_000 });
  const fields = decoded.ok && Array.isArray(decoded.value) ? (decoded.value as readonly Encodable[]) : [];
  if (fields.length !== 11) return undefined;
  const [version, chain, account, nonce, expiryMs, after, atomic, list, suite, key, signature] = fields;
  const isCounter = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < 2 ** 48;
  const isBytes = (value: unknown): value is Bytes => value instanceof Uint8Array;
  const isOperation = (each: Encodable): boolean => {
    if (!Array.isArray(each) || !isBytes(each[1])) return false;
    if (each[0] === 1) return each.length === 3 && isBytes(each[2]);
    if (each[0] === 2) return each.length === 2;
    return each[0] === 3 && each.length === 4 && each.slice(2).every((value) => value === null || isBytes(value));
  };
  const isCommand =
    version === 1 &&
    isBytes(chain) &&
    chain.length === 32 &&
    (account === null || (isBytes(account) && account.length === 32)) &&
    isCounter(nonce) &&
    (expiryMs === 0 || isCounter(expiryMs)) &&
    (after === null || isCounter(after)) &&
    typeof atomic === 'boolean' &&
    Array.isArray(list) &&
    list.length >= 1 &&
    list.length <= 1_000 &&
    list.every(isOperation) &&
    typeof suite === 'number' &&
    suite <= 255 &&
    isBytes(key) &&
    key.length >= 1 &&
    key.length <= 2048 &&
    isBytes(signature) &&
    signature.length >= 1 &&
    signature.length <= 4096 &&
    !(list.length === 1 && entry.length > 65_536);
  return isCommand ? fields : undefined;
}

t.test('a command is what the codec finds, whatever byte of it is altered', async () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0xc0, 0xc4, 0xcc, 0x91, 0x93))), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(commands, edits, fc.option(fc.oneof(fc.nat(), fc.constant(-1))), (command, changes, cut) => {
      const entry = Uint8Array.from(signCommand(command, sodiumSuite, keys).entry);
      // most of what decides stands in front and at the end
      for (const [at, byte] of changes)
        entry[at % 3 === 0 ? at % entry.length : at % Math.min(120, entry.length)] = byte;
      const altered =
        cut === null
          ? entry
          : concatBytes([entry, Uint8Array.of(0)]).subarray(0, cut < 0 ? entry.length + 1 : cut % entry.length);
      const read = decodeCommand(altered);
      const fields = fieldsOf(altered);
      if (fields === undefined) return !read.ok && read.error === 'malformed-command';
      if (!read.ok) return read.error !== 'malformed-command';
      const { value } = read;
      const again: Encodable[] = value.operations.map((each) => {
        if (each.kind === 'put') return [1, each.key, each.value];
        return each.kind === 'delete' ? [2, each.key] : [3, each.key, each.expected, each.value];
      });
      return equalBytes(
        encode([
          hashToBytes(value.chain),
          value.account === null ? null : hashToBytes(value.account),
          value.nonce,
          value.expiryMs,
          value.after,
          value.atomic,
          again,
          value.suite,
          value.publicKey,
          value.signature,
        ]),
        encode(fields.slice(1)),
      );
    }),
    { numRuns: 2_000 },
  );
});

t.test('receipts, their places and accounts are written as their shapes say', async () => {
  const receipts: fc.Arbitrary<Receipt> = fc.record({
    hash: hashes,
    height: numbers,
    index: numbers,
    code: fc.nat(9_999),
    failures: fc.array(fc.record({ operation: fc.nat(1_000), code: fc.nat(9_999) }), { maxLength: 20 }),
    events: fc.array(fc.record({ topic: fc.constantFrom('put', 'delete', 'later'), data: strings(256) }), {
      maxLength: 20,
    }),
  });
  fc.assert(
    fc.property(fc.array(receipts, { maxLength: 20 }), (list) => {
      const bytes = encodeReceipts(list);
      const isSame = equalBytes(bytes, encode(list.map((receipt) => receiptShape.write(receipt))));
      return isSame && decodeReceipts(bytes)?.length === list.length;
    }),
  );
  fc.assert(
    fc.property(numbers, numbers, (height, index) => {
      const place = encodePlace({ height, index });
      return equalBytes(place, encode([height, index])) && decodePlace(place)?.index === index;
    }),
  );
  const accounts: fc.Arbitrary<Account> = fc.record({
    keys: fc.array(fc.record({ suite: fc.nat(255), key: fc.uint8Array({ minLength: 1, maxLength: 2048 }) }), {
      maxLength: 16,
    }),
    highestNonce: numbers,
    window: fc.uint8Array({ minLength: 128, maxLength: 128 }),
    usedBytes: fc.maxSafeNat(),
  });
  fc.assert(
    fc.property(accounts, ({ keys, highestNonce, window, usedBytes }) => {
      const bytes = encodeAccount({ keys, highestNonce, window, usedBytes });
      const plain = encode([1, keys.map(({ suite, key }) => [suite, key]), highestNonce, window, usedBytes]);
      return equalBytes(bytes, plain) && decodeAccount(bytes)?.usedBytes === usedBytes;
    }),
  );
});
