// psky tx: one signed command, or a bundle from a file, from here to its receipt.

import type { Command } from 'commander';
import { type Bytes, fromHex, fromUtf8 } from '../../lib/bytes.ts';
import { errorRowOfCode, formatErrorCode, PskyError } from '../../lib/errors.ts';
import type { Receipt } from '../../net/gateway/protocol.ts';
import { type Client, type CommandOptions, type Operation, toBase64, type WalletKey } from '../../sdk/index.ts';
import { fromOptions, signingKey } from '../accounts.ts';
import { readBundle } from '../bundle.ts';
import { chainOption, clientOf } from '../client.ts';
import { exitCode } from '../exit.ts';
import { readText } from '../home/home.ts';
import { addVerb, type Call, duration, type Finish, type OptionSpec, timeoutOption, wholeNumber } from '../verb.ts';

const nonceRange = { min: 1, max: Number.MAX_SAFE_INTEGER };
const sendOptions: readonly OptionSpec[] = [
  ...fromOptions,
  chainOption,
  timeoutOption,
  {
    flags: '--expires <duration>',
    about: 'after this in block time it has no effect',
    initial: 60_000,
    initially: '60s',
    parse: duration,
  },
  { flags: '--nonce <n>', about: 'instead of the next one', parse: wholeNumber(nonceRange) },
  { flags: '--after <n>', about: 'only after the command with this nonce', parse: wholeNumber(nonceRange) },
  { flags: '--hex', about: 'key and values are given as hex' },
  { flags: '--sign-only', about: 'print the signed entry in base64, to be sent by other means, and send nothing' },
];

export function addTx(program: Command, finish: Finish): void {
  const tx = program.command('tx').description('send a signed command and wait for its receipt');
  tx.enablePositionalOptions();
  const specs = [
    {
      words: 'put <key> <value>',
      summary: 'store a value under a key of the account',
      options: sendOptions,
      run: (call: Call) => send(call, [{ kind: 'put', key: bytes(call, 0), value: bytes(call, 1) }]),
    },
    {
      words: 'delete <key>',
      summary: 'remove a key',
      options: sendOptions,
      run: (call: Call) => send(call, [{ kind: 'delete', key: bytes(call, 0) }]),
    },
    {
      words: 'cas <key> [expected] [value]',
      summary: 'compare and set: write the value only where the expected one stands',
      options: [
        ...sendOptions,
        { flags: '--absent', about: 'expect that there is no value; then give only the new one' },
        { flags: '--remove', about: 'remove instead of writing; then give only the expected one' },
      ],
      run: (call: Call) => send(call, [compareAndSet(call)]),
    },
    {
      words: 'bundle <file>',
      summary: 'send up to 1,000 operations of a JSON file under one signature',
      options: [
        ...sendOptions,
        { flags: '--independent', about: 'each operation stands for itself (else: all or none)' },
      ],
      run: (call: Call) => send(call, bundleOf(call)),
    },
  ];
  for (const spec of specs) addVerb(tx, spec, finish);
}

async function send(call: Call, operations: readonly Operation[]): Promise<number> {
  const client = clientOf(call);
  const key = await signingKey(call);
  if (call.flag('signOnly')) return printSigned(call, client, key, operations);
  return report(call, await call.out.waiting('waiting for the commit', execute(call, client, key, operations)));
}

async function printSigned(
  call: Call,
  client: Client,
  key: WalletKey,
  operations: readonly Operation[],
): Promise<number> {
  const nonce = call.number('nonce', 0);
  const options = commandOptions(call);
  const signed = await client.sign(key, operations, nonce === 0 ? await client.nextNonce(key.account) : nonce, options);
  const entry = toBase64(signed.entry);
  call.out.result({ hash: signed.hash, entry }, entry);
  return exitCode.ok;
}

async function execute(call: Call, client: Client, key: WalletKey, operations: readonly Operation[]): Promise<Receipt> {
  const options = { ...commandOptions(call), timeoutMs: call.number('timeout') };
  const nonce = call.number('nonce', 0);
  if (nonce === 0) return client.execute(key, operations, options);
  return client.submitAndWait(await client.sign(key, operations, nonce, options), options);
}

function commandOptions(call: Call): CommandOptions {
  const after = call.number('after', 0);
  return {
    expiresInMs: call.number('expires'),
    atomic: !call.flag('independent'),
    ...(after > 0 ? { after } : {}),
  };
}

function report(call: Call, receipt: Receipt): number {
  const { hash, height, index, acceptedBy } = receipt;
  // a follower accepts nothing itself
  const by = acceptedBy === undefined ? {} : { acceptedBy };
  const through = acceptedBy === undefined ? '' : `, accepted by ${acceptedBy}`;
  if (receipt.status !== 'committed' && receipt.status !== 'refused') {
    const pending = { hash, height: null, index: null, code: 'pending', ...by };
    call.out.result(pending, `pending${through}: ${hash} is not committed yet`);
    return exitCode.retry;
  }
  const number = receipt.code ?? 0;
  if (number === 0) {
    const text = `ok at height ${height}, index ${index}${through}\n${hash}`;
    call.out.result({ hash, height, index, code: 'ok', ...by }, text);
    return exitCode.ok;
  }
  const row = errorRowOfCode(number);
  const code = formatErrorCode(number);
  const where = height === null ? 'refused before it was ordered' : `at height ${height}${through}`;
  const text = `${code} ${row?.name ?? 'unknown'}, ${where}\n${row?.meaning ?? ''}\n${row?.remedy ?? ''}`;
  call.out.result({ hash, height, index, code, name: row?.name ?? 'unknown', ...by }, text.trimEnd());
  return exitCode.error;
}

function bytes(call: Call, index: number): Bytes {
  return bytesOf(call, call.arg(index));
}

function bytesOf(call: Call, text: string): Bytes {
  if (!call.flag('hex')) return fromUtf8(text);
  const value = fromHex(text);
  if (value === undefined) throw new PskyError('bad-usage', `${text} is not lower-case hex.`);
  return value;
}

function compareAndSet(call: Call): Operation {
  const absent = call.flag('absent');
  const remove = call.flag('remove');
  const wanted = 1 + (absent ? 0 : 1) + (remove ? 0 : 1);
  if (call.args.length !== wanted)
    throw new PskyError('bad-usage', `With these options cas takes ${wanted} arguments.`);
  return {
    kind: 'compare-and-set',
    key: bytes(call, 0),
    expected: absent ? null : bytes(call, 1),
    value: remove ? null : bytes(call, wanted - 1),
  };
}

function bundleOf(call: Call): readonly Operation[] {
  const file = call.arg(0);
  const text = readText(file, 'file-unusable');
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new PskyError('file-unusable', `${file}: ${(error as Error).message}.`);
  }
  const bundle = readBundle(document, (text) => bytesOf(call, text));
  if (!bundle.ok) throw new PskyError('bad-usage', `${file}: ${bundle.error.place}: ${bundle.error.message}.`);
  return bundle.value;
}
