// Golden bytes between nodes and between clients and nodes. A change here is a change of the protocol: linkVersion or
// streamVersion rises with it.

import t from 'tap';
import { toHex } from '../../lib/bytes.ts';
import type { Hash } from '../../lib/hash.ts';
import { encodeBind, encodeChains, encodeHeader, encodeHello, encodePrefix, wireKind } from '../../net/frame.ts';
import { encodeClientFrame, encodeNodeFrame, packEntries } from '../../net/gateway/protocol.ts';
import type { NodeId } from '../../net/index.ts';

const digest = 'ab'.repeat(32) as Hash;
const place = { lane: 3, seq: 99, digest, offset: 12 };

t.test('between nodes', async (t) => {
  t.same(wireKind, {
    hello: 1,
    bind: 2,
    bound: 3,
    chains: 4,
    ready: 5,
    frames: 6,
    head: 7,
    slice: 8,
    ping: 9,
    pong: 10,
  });
  t.equal(toHex(encodeHeader(wireKind.frames, 0x0102030405a6, 0xfedcba987654)), '060102030405a6fedcba987654');
  t.equal(toHex(encodePrefix(7, 65_536)), '0000000700010000');
  const hello = { version: 1, node: digest as string as NodeId, mine: 2 ** 47, yours: 0, dialsBack: true };
  t.equal(
    toHex(encodeHello(hello)),
    '9501c420ababababababababababababababababababababababababababababababababd3000080000000000000c3',
  );
  t.equal(toHex(encodeBind({ mine: 1, yours: 2 ** 33, diallerReads: false })), '9301d30000000200000000c2');
  t.equal(toHex(encodeChains([{ number: 300, domain: 'main' }])), '9192cd012ca46d61696e');
});

t.test('between clients and nodes', async (t) => {
  const entries = packEntries([Uint8Array.of(1), Uint8Array.of(2, 3)]);
  const client = [
    encodeClientFrame({ type: 'open', version: 1, chain: 'main', credit: 1 << 20 }),
    encodeClientFrame({ type: 'submit', frame: 5, kind: 2, count: 2, entries, traceparent: null }),
    encodeClientFrame({ type: 'watch', frame: 5, place, accepted: [0, 2] }),
    encodeClientFrame({ type: 'credit', bytes: 70_000 }),
    encodeClientFrame({ type: 'goodbye', reason: 'done' }),
  ];
  t.same(client.map(toHex), [
    '940101a46d61696ece00100000',
    '9602050202c40b0100000001020000000203c0',
    '940305940363c420abababababababababababababababababababababababababababababababab0c920002',
    '9204ce00011170',
    '9205a4646f6e65',
  ]);
  const node = [
    encodeNodeFrame({ type: 'opened', version: 1, chain: digest, height: 2 ** 40, credit: 4 << 20 }),
    encodeNodeFrame({ type: 'answer', frame: 5, accepted: [0, 1], refused: [1, 2001], place }),
    encodeNodeFrame({ type: 'answer', frame: 6, accepted: [], refused: [0, 2001], place: null }),
    encodeNodeFrame({ type: 'notice', height: 9, timeMs: 1_700_000_000_000, ranges: [5, 0, 1], exceptions: [] }),
    encodeNodeFrame({ type: 'fault', frame: null, code: 3011, detail: 'x' }),
  ];
  t.same(node.map(toHex), [
    '951001c420ababababababababababababababababababababababababababababababababd30000010000000000ce004000' + '00',
    '9511059200019201cd07d1940363c420abababababababababababababababababababababababababababababababab0c',
    '951106909200cd07d1c0',
    '951209d30000018bcfe568009305000190',
    '9413c0cd0bc3a178',
  ]);
});
