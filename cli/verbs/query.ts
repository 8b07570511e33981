// psky query: reads, with --prove checked here against the genesis alone.

import type { Command } from 'commander';
import { type Bytes, fromHex, fromUtf8, toHex, toUtf8 } from '../../lib/bytes.ts';
import { errorRowOfCode, formatErrorCode, PskyError } from '../../lib/errors.ts';
import { type Hash, parseHash } from '../../lib/hash.ts';
import { devAccount, storedKey } from '../accounts.ts';
import { chainOption, clientOf } from '../client.ts';
import { exitCode } from '../exit.ts';
import { addVerb, type Call, type Finish, timeoutOption, wholeNumber } from '../verb.ts';

const account = {
  flags: '--account <account>',
  about: 'name of a key of this home, or 64 hex digits',
  initial: devAccount,
};
const minHeight = {
  flags: '--min-height <n>',
  about: 'the state must be at least this new',
  parse: wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }),
};
const hex = { flags: '--hex', about: 'key and value as hex' };

export function addQuery(program: Command, finish: Finish): void {
  const query = program.command('query').description('read the state, with or without a proof');
  query.enablePositionalOptions();
  const specs = [
    {
      words: 'get <key>',
      summary: 'print the value under a key of an account',
      options: [
        account,
        chainOption,
        { flags: '--prove', about: 'believe only what the validators certified' },
        minHeight,
        timeoutOption,
        hex,
      ],
      run: get,
    },
    {
      words: 'account [account]',
      summary: 'print nonces and usage of an account',
      options: [chainOption],
      run: showAccount,
    },
    {
      words: 'receipt <hash>',
      summary: 'print what became of a command',
      options: [chainOption],
      run: showReceipt,
    },
  ];
  for (const spec of specs) addVerb(query, spec, finish);
}

async function get(call: Call): Promise<number> {
  const client = clientOf(call);
  const owner = accountNamed(call, call.text('account') ?? devAccount);
  const key = call.flag('hex') ? fromHex(call.arg(0)) : fromUtf8(call.arg(0));
  if (key === undefined) throw new PskyError('bad-usage', 'The key is not lower-case hex.');
  const least = call.number('minHeight', -1);
  const options = { timeoutMs: call.number('timeout'), ...(least < 0 ? {} : { minHeight: least }) };
  if (!call.flag('prove')) {
    const value = await client.get(owner, key, options);
    call.out.result({ ...shown(call, value), verified: null }, text(call, value));
    return exitCode.ok;
  }
  const state = await call.out.waiting('waiting for the proof', client.getVerified(owner, key, options));
  if (!state.ok) {
    const report = { value: null, height: null, verified: false, signers: [], fault: state.error };
    call.out.result(report, `NOT PROVED (${state.error}). ${new PskyError('bad-proof').row.remedy}`);
    return exitCode.broken;
  }
  const { value, height, signers } = state.value;
  const proof = `proved at height ${height} by ${signers.join(', ')}`;
  call.out.result({ ...shown(call, value), height, verified: true, signers }, `${text(call, value)}\n${proof}`);
  return exitCode.ok;
}

/** Text where it is text; else hex, and it says so. */
function shown(call: Call, value: Bytes | undefined): object {
  if (value === undefined) return { value: null };
  const readable = call.flag('hex') ? undefined : toUtf8(value);
  return readable === undefined ? { value: toHex(value), encoding: 'hex' } : { value: readable };
}

function text(call: Call, value: Bytes | undefined): string {
  if (value === undefined) return '(no value)';
  return (call.flag('hex') ? undefined : toUtf8(value)) ?? toHex(value);
}

function accountNamed(call: Call, name: string): Hash {
  return parseHash(name) ?? storedKey(call.home(), name).account;
}

async function showAccount(call: Call): Promise<number> {
  const id = accountNamed(call, call.args[0] ?? devAccount);
  const found = await clientOf(call).account(id);
  const keys = found?.keys.map((key) => toHex(key.key)) ?? [];
  const report = {
    account: id,
    exists: found !== undefined,
    highestNonce: found?.highestNonce ?? 0,
    usedBytes: found?.usedBytes ?? 0,
    keys,
  };
  const words = `${id}\nhighest nonce ${report.highestNonce}, ${report.usedBytes} bytes used`;
  call.out.result(report, found === undefined ? `${id} does not exist yet` : words);
  return exitCode.ok;
}

async function showReceipt(call: Call): Promise<number> {
  const hash = parseHash(call.arg(0));
  if (hash === undefined) throw new PskyError('bad-usage', 'A hash has 64 lower-case hex digits.');
  const client = clientOf(call);
  const receipt = await client.rpc.call('receipt', { hash, chain: await client.chainId() });
  const row = receipt.code === null || receipt.code === 0 ? undefined : errorRowOfCode(receipt.code);
  const code = receipt.code === null ? null : receipt.code === 0 ? 'ok' : formatErrorCode(receipt.code);
  const { status, height, index } = receipt;
  const report = { hash, status, height, index, code, ...(row === undefined ? {} : { name: row.name }) };
  const where = height === null ? '' : ` at height ${height}, index ${index}`;
  call.out.result(
    report,
    `${status}${where}${code === null ? '' : `: ${code}${row === undefined ? '' : ` ${row.meaning}`}`}`,
  );
  return exitCode.ok;
}
