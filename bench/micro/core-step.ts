// What consensus itself costs: n cores in one process on virtual links and disks, steady load, real signatures.
// `node dist/bench/micro/core-step.js [validators] [blocks] [rounds per sync]`;
// more rounds per sync put more blocks in flight; with --cpu-prof it shows where the time goes.
// Links hand messages over as objects: encoding is measured apart, in the last figure.

import { nativeSha256 } from '../../actors/drivers/native-sha256.ts';
import { committeeOf, leaderOf } from '../../consensus/certificate/committee.ts';
import {
  type Core,
  commitHeight,
  createCore,
  type Input,
  type JournalRecord,
  type PeerMessage,
  recover,
  step,
} from '../../consensus/core/index.ts';
import { type ControlMessage, decodeMessage, encodeMessage } from '../../consensus/wire.ts';
import { fromUtf8 } from '../../lib/bytes.ts';
import { accelerateSha256, sha256Hex } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { milliseconds, seconds } from '../../lib/units.ts';
import { cpuSince, tell } from '../support/figures.ts';

accelerateSha256(nativeSha256);
const n = Number(process.argv[2] ?? 4);
const blocks = Number(process.argv[3] ?? 4_000);
const roundsPerSync = Number(process.argv[4] ?? 1);

const keys = Array.from({ length: n }, (_, i) => sodiumSuite.keyPairOf(new Uint8Array(32).fill(i + 1)));
let signed = 0;
let verified = 0;
const suite = {
  ...sodiumSuite,
  verify: (...args: Parameters<typeof sodiumSuite.verify>) => {
    verified += 1;
    return sodiumSuite.verify(...args);
  },
};

/** Microseconds of CPU that `run` takes, over 2,000 runs. */
function cost(run: () => void): number {
  const since = process.cpuUsage();
  for (let i = 0; i < 2_000; i++) run();
  return cpuSince(since) / 2_000;
}
const someKey = sodiumSuite.keyPairOf(new Uint8Array(32).fill(9));
const someText = new Uint8Array(120);
const signature = sodiumSuite.sign(someKey, someText);
const signUs = cost(() => sodiumSuite.sign(someKey, someText));
const verifyUs = cost(() => sodiumSuite.verify(someKey.publicKey, someText, signature));
const committee = committeeOf({
  chain: sha256Hex(fromUtf8('bench')),
  epoch: 0,
  keys: keys.map((key) => key.publicKey),
  window: 64,
  suite,
});
const genesisRoots = { stateRoot: sha256Hex(fromUtf8('s')), outboxRoot: sha256Hex(fromUtf8('o')) };

interface Node {
  readonly core: Core;
  inputs: Input[];
  synced: number;
  appended: number;
}

const nodes: Node[] = keys.map((key, me) => {
  const sign = (text: Uint8Array): Uint8Array => {
    signed += 1;
    return sodiumSuite.sign(key, text);
  };
  const options = { committee, me, sign, genesisRoots, genesisTimeMs: 0, plannedTermMs: seconds(100_000) };
  const core = createCore({ ...options, applied: { height: 0, roots: [] } }, milliseconds(0), 0);
  recover(core, [{ type: 'init' } satisfies JournalRecord]);
  const inputs: Input[] = [];
  for (let peer = 0; peer < n; peer++) if (peer !== me) inputs.push({ type: 'link-up', peer });
  return { core, inputs, synced: 0, appended: 0 };
});

let now = 0;
let turns = 0;
let votes = 0;
const sampled: ControlMessage[] = [];

function turn(node: Node): void {
  const { inputs } = node;
  node.inputs = [];
  for (const output of step(node.core, milliseconds(now), now, inputs)) {
    if (output.type === 'append') node.appended = output.number;
    else if (output.type === 'execute')
      node.inputs.push({ type: 'executed', height: output.block.height, roots: genesisRoots });
    else if (output.type === 'send') deliver(node, output.to, output.message);
  }
  turns += 1;
}

function deliver(from: Node, to: number | 'all', message: PeerMessage): void {
  const sender = from.core.me as number;
  if (message.type === 'vote') votes += 1;
  if (message.type !== 'batch' && sampled.length < 20_000) sampled.push(message);
  for (const [peer, node] of nodes.entries())
    if (peer !== sender && (to === 'all' || to === peer)) node.inputs.push({ type: 'message', from: sender, message });
}

/** Half a millisecond of the virtual world: everybody takes one turn, then every journal's group is synced. */
function round(load: boolean): void {
  now += 0.5;
  for (const [lane, node] of nodes.entries()) {
    if (node.appended > node.synced && Math.round(now * 2) % roundsPerSync === 0) {
      node.synced = node.appended;
      node.inputs.push({ type: 'synced', through: node.synced });
    }
    if (load && Math.round(now * 2) % 8 === lane % 8) {
      const body = [fromUtf8(`${lane} ${now}`)];
      const contentHash = sha256Hex(...body);
      node.inputs.push({
        type: 'seal',
        content: { count: 1, size: (body[0] as Uint8Array).length, contentHash, body },
      });
    }
  }
  for (const node of nodes) if (node.inputs.length > 0) turn(node);
}

const leader = nodes[leaderOf(committee, 0)] as Node;
while (commitHeight(leader.core) < blocks / 10) round(true);
[turns, votes, signed, verified] = [0, 0, 0, 0];
const [cpu, height] = [process.cpuUsage(), commitHeight(leader.core)];
while (commitHeight(leader.core) < height + blocks) round(true);
const total = cpuSince(cpu);
const signatures = verified * verifyUs + signed * signUs;
const each = (count: number): number => Number((count / blocks / n).toFixed(2));
const facts = { validators: n, blocks, votes: each(votes), verified: each(verified), signed: each(signed) };
tell('block and node', 'µs', [total / blocks / n], facts);
tell('block and node, beside signatures', 'µs', [(total - signatures) / blocks / n], facts);
tell('turn, beside signatures', 'µs', [(total - signatures) / turns], { turns });

let bytesOnWire = 0;
const since = process.cpuUsage();
for (const message of sampled) {
  const bytes = encodeMessage(message);
  bytesOnWire += bytes.length;
  if (typeof decodeMessage(bytes) === 'string') throw new Error('what is sent can be read');
}
const meanBytes = Math.round(bytesOnWire / sampled.length);
tell('encode and decode a message', 'µs', [cpuSince(since) / sampled.length], { meanBytes });
