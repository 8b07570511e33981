// The key-value ledger under faults. Its state is in the store up to 3 s after its blocks, so a crash undoes many of them;
// small segments are pruned behind snapshots meanwhile. Whatever happens, all nodes come to one state that holds all that
// was accepted.

import t from 'tap';
import type { Message } from '../../actors/index.ts';
import { accountOf, signCommand } from '../../ledger/commands/index.ts';
import { unwrapValue } from '../../ledger/proof/index.ts';
import { bigEndian, concatBytes, equalBytes, fromUtf8, noBytes, toHex } from '../../lib/bytes.ts';
import { hashToBytes } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import { KiB, seconds } from '../../lib/units.ts';
import { type FaultKind, FaultPlan, faultKinds } from '../../sim/faults.ts';
import { smallSegments, WholeNodes } from './whole-nodes.ts';

t.setTimeout(0); // the runner's budget for the file decides

const survivable = faultKinds.filter((kind: FaultKind) => kind !== 'byzantine' && kind !== 'bit-rot');
const keyPair = sodiumSuite.keyPairOf(new Uint8Array(32).fill(9));
const account = accountOf(sodiumSuite.suite, keyPair.publicKey);
const keyOf = (nonce: number): Uint8Array => fromUtf8(`k${nonce}`);

const valueBytes = 3_000;

function ask(net: WholeNodes, index: number, path: string, argument: Uint8Array): Uint8Array | undefined {
  const { system, served } = net.node(index);
  const executor = served[0]?.addresses.executor as NonNullable<(typeof served)[0]>['addresses']['executor'];
  const request = { path, argument, prove: false };
  let value: Uint8Array | undefined;
  let over = false;
  system.ask(executor, { type: 'query', request, minHeight: 0, timeoutMs: 1_000 } as Message, seconds(5), (outcome) => {
    over = true;
    if (outcome.ok) value = (outcome.value as { value?: Uint8Array }).value;
  });
  net.until(() => over, 5_000);
  return value;
}

function holds(net: WholeNodes, index: number, nonce: number): boolean {
  const stored = ask(net, index, 'value', concatBytes([hashToBytes(account), keyOf(nonce)]));
  const value = stored === undefined ? undefined : unwrapValue(stored);
  return value !== undefined && equalBytes(value, bigEndian(nonce, valueBytes));
}

/** whether two nodes have the same receipts of the newest blocks; who adopted a snapshot has none of those below it */
function agree(net: WholeNodes, one: number, other: number): boolean {
  const newest = net.status(one).height;
  const receiptsOf = (index: number, height: number): string =>
    toHex(ask(net, index, 'receipts', bigEndian(height * 2 ** 32, 12)) ?? noBytes);
  for (let height = Math.max(newest - 30, oldest(net, one), oldest(net, other)); height <= newest; height++)
    if (receiptsOf(one, height) !== receiptsOf(other, height)) return false;
  return true;
}

/** the lowest block that a node holds */
const oldest = (net: WholeNodes, index: number): number => net.nodes.get(index)?.node.served[0]?.archive()?.oldest ?? 0;

for (const seed of [21, 23])
  t.test(`all that was accepted is in one state: seed ${seed}`, (t) => {
    const net = new WholeNodes(seed, {
      ...{ validators: 4, ...smallSegments, retainBytes: 512 * KiB },
      chains: [{ name: 'main', application: 'key-value' }],
    });
    const { world, hosts, network, chain } = net;
    const plan = new FaultPlan(
      { world, hosts, network, sacrificed: [], mayRot: () => false },
      { kinds: survivable, everyMs: [500, 2_500], rotFromMs: 0 },
    );
    const put = (nonce: number): Uint8Array =>
      signCommand(
        {
          ...{ chain, account: null, nonce, after: null, atomic: true },
          expiryMs: (hosts[0]?.machine.wallMs() as number) + 300_000,
          operations: [{ kind: 'put', key: keyOf(nonce), value: bigEndian(nonce, valueBytes) }],
        },
        sodiumSuite,
        keyPair,
      ).entry;
    plan.start();
    const pruned = (): boolean => [0, 1, 2, 3].some((index) => oldest(net, index) > 1);
    const [enough, latest] = [world.nowMs + 20_000, world.nowMs + 120_000];
    // a command goes to one node after the other until one has accepted it, so no nonce is left out
    let nonce = 1;
    let waiting = put(nonce);
    while (world.nowMs < enough || (!pruned() && world.nowMs < latest)) {
      const [node] = [...net.nodes.values()].sort(() => world.random.workload.between(-1, 1));
      let accepted = false;
      node?.submit(waiting, (outcome) => {
        accepted ||= outcome === 'accepted';
      });
      net.until(() => accepted, 30);
      if (accepted) waiting = put(++nonce);
      net.run(4);
    }
    t.ok(pruned(), 'journals were pruned');
    plan.heal();
    const heights = (): readonly string[] =>
      [0, 1, 2, 3].map((index) => {
        if (!net.nodes.has(index)) return `${index} is away`;
        const { height, executed, stateRoot } = net.status(index);
        return height === executed ? `${height} ${stateRoot}` : `${index} executes`;
      });
    const settled = (): boolean => new Set(heights()).size === 1;
    t.ok(net.until(settled, 60_000), `${JSON.stringify(plan.counts)}`);
    net.run(5_000);
    t.ok(net.until(settled, 60_000), `${net.status(0).height} blocks, ${nonce} commands: ${heights()[0]}`);
    for (const index of [0, 1, 2, 3]) {
      const lost: number[] = [];
      for (let each = 1; each < nonce; each++) if (!holds(net, index, each)) lost.push(each);
      t.same(lost, [], `what was accepted is at node ${index}`);
      t.ok(agree(net, index, 0), `node ${index} has the receipts of node 0`);
    }
    t.equal(net.damaged, 0);
    t.same(world.violations, []);
    t.end();
  });
