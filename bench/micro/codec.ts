// What it costs to write and strictly read what travels: a client's frame with 200 commands, its answer, a notice, and a
// signed command. Entries are not parsed one by one, so a frame costs little more than its head.
// `node dist/bench/micro/codec.js`

import { type Command, decodeCommand, signCommand } from '../../ledger/commands/index.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { sha256Hex } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import {
  decodeClientFrame,
  decodeNodeFrame,
  encodeClientFrame,
  encodeNodeFrame,
  entryKind,
  entryOffsets,
  packEntries,
} from '../../net/gateway/protocol.ts';
import { tellCost } from '../support/figures.ts';

const perFrame = 200;
const digest = sha256Hex(fromUtf8('a batch'));
const entries = packEntries(Array.from({ length: perFrame }, () => new Uint8Array(512)));
const submit = {
  type: 'submit',
  frame: 70_000,
  kind: entryKind.blob,
  count: perFrame,
  entries,
  traceparent: null,
} as const;
const place = { lane: 1, seq: 4_000, digest, offset: 0 };
const answer = { type: 'answer', frame: 70_000, accepted: [0, perFrame], refused: [], place } as const;
const ranges = Array.from({ length: 20 }, (_, i) => [70_000 + i, 0, perFrame]).flat();
const notice = { type: 'notice', height: 9_000, timeMs: 1_700_000_000_000, ranges, exceptions: [] } as const;

const [submitted, answered, noticed] = [encodeClientFrame(submit), encodeNodeFrame(answer), encodeNodeFrame(notice)];
tellCost(`encode a frame of ${perFrame} × 512 B`, 'µs', { times: 2_000 }, () => encodeClientFrame(submit));
tellCost(`decode a frame of ${perFrame} × 512 B`, 'µs', { times: 2_000 }, () => {
  if (!decodeClientFrame(submitted).ok) throw new Error('what is written can be read');
  return entryOffsets(entries, perFrame);
});
tellCost('encode an answer', 'µs', { times: 20_000 }, () => encodeNodeFrame(answer));
tellCost('decode an answer', 'µs', { times: 20_000 }, () => decodeNodeFrame(answered));
tellCost('encode a notice of 20 frames', 'µs', { times: 5_000 }, () => encodeNodeFrame(notice));
tellCost('decode a notice of 20 frames', 'µs', { times: 5_000 }, () => decodeNodeFrame(noticed));

const put = { kind: 'put', key: fromUtf8('load/00000'), value: new Uint8Array(32) } as const;
const command: Command = {
  ...{ chain: digest, account: null, nonce: 1_000, expiryMs: 1_700_000_000_000, after: null, atomic: false },
  operations: [put],
};
const { entry } = signCommand(command, sodiumSuite, sodiumSuite.keyPairOf(new Uint8Array(32).fill(3)));
tellCost('decode a signed put', 'µs', { times: 20_000 }, () => {
  if (!decodeCommand(entry).ok) throw new Error('what is signed can be read');
});
