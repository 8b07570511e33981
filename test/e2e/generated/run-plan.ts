// One plan, from its network to its verdict: the load runs, the script strikes, everything heals, and all promises are
// looked up.

import { type Random, seededRandom } from '../../../lib/random.ts';
import { eventually, pause } from '../devnet.ts';
import { Book, type Promised } from './book.ts';
import { checkRegisters } from './linearizability.ts';
import { loadsOf } from './loads.ts';
import type { Member } from './member.ts';
import { Network } from './network.ts';
import type { Engine, Fault, Plan } from './plan.ts';
import { Recovery } from './recovery.ts';
import { Registers } from './registers.ts';
import { type Scene, strike } from './strikes.ts';

export interface Verdict {
  readonly verdict: 'ok' | 'violation';
  readonly network: {
    readonly validators: number;
    readonly engines: Plan['engines'];
    /** its engine; null where there is none */
    readonly follower: Engine | null;
    readonly chains: readonly string[];
  };
  readonly load: { readonly kinds: Plan['loads']; readonly promised: number; readonly operations: number };
  readonly faults: readonly (Pick<Fault, 'kind' | 'atMs' | 'forMs'> & {
    readonly members: readonly string[];
    readonly why: string | null;
  })[];
  /** accepted and never ordered, though a member that accepted it kept its data */
  readonly lost: number;
  /** accepted only by members whose data was wiped before it was ordered */
  readonly destroyed: number;
  readonly recoverySeconds: number;
  readonly linearizable: boolean;
  readonly seconds: number;
  readonly violations: readonly string[];
}

/** what was accepted is ordered within it once all is well */
const orderedSeconds = 30;
/** receipts that each member is asked for at the end */
const sampledReceipts = 200;

/** @param folder where the homes go; @param tell hears what happens */
export async function runPlan(plan: Plan, folder: string, tell: (line: string) => void): Promise<Verdict> {
  const began = performance.now();
  const network = await Network.make(plan, folder);
  try {
    await network.start();
    const followed = plan.follower === undefined ? '' : `, a follower (${plan.follower.engine})`;
    const chains = plan.chains.map(({ name }) => name).join(' ');
    tell(`${plan.engines.length} validators (${plan.engines.join(' ')})${followed}, ${chains}`);
    return await live(plan, network, tell, began);
  } finally {
    network.destroy();
  }
}

async function live(plan: Plan, network: Network, tell: (line: string) => void, began: number): Promise<Verdict> {
  const { violations } = network;
  const book = new Book();
  const scene: Scene = { network, book };
  const random = seededRandom(plan.seed);
  const registers = new Registers(network, book);
  const loads = loadsOf(network, book);
  const recovery = new Recovery(network);
  const working = Promise.all([
    registers.run(random.fork('registers')),
    ...loads.map((load, i) => load.run(random.fork(`load ${i}`))),
  ]);

  const faults = await Promise.all(plan.faults.map((fault) => fall(scene, fault, tell)));
  await pause(1_000);
  recovery.measure();
  await recovery.settled();
  for (const each of [registers, ...loads]) each.stop();
  await working;
  tell(`healed; ${book.promised.length} promises, ${registers.history.length} operations on registers`);

  const missing = await missingAfterAll(network, book);
  const destroyed = missing.filter((each) => book.isDestroyed(each));
  const lost = missing.filter((each) => !book.isDestroyed(each));
  for (const { chain, hash, members } of lost) {
    const names = [...members.keys()].map((index) => network.members[index]?.name ?? 'some validator');
    violations.push(`lost: ${chain} ${hash}, accepted by ${names.join(' and ')}`);
  }
  await compareMembers(scene, registers, random.fork('receipts')).catch((error) => violations.push(error.message));
  violations.push(...book.changed, ...registers.badProofs);
  await registers.settle();
  const linearizable = isLinearizable(registers, violations);
  await checkEnd(network);
  return {
    verdict: violations.length === 0 ? 'ok' : 'violation',
    network: {
      validators: plan.engines.length,
      engines: plan.engines,
      follower: plan.follower?.engine ?? null,
      chains: plan.chains.map(({ name, shard }) => `${name} in ${shard}`),
    },
    load: { kinds: plan.loads, promised: book.promised.length, operations: registers.history.length },
    faults,
    lost: lost.length,
    destroyed: destroyed.length,
    recoverySeconds: Math.round(recovery.longestMs) / 1_000,
    linearizable,
    seconds: Math.round((performance.now() - began) / 1_000),
    violations,
  };
}

function isLinearizable({ history }: Registers, violations: string[]): boolean {
  try {
    const result = checkRegisters(history);
    if (result.linearizable) return true;
    violations.push(
      `register ${result.register}: in no order that fits could ${JSON.stringify(result.stuck)} have ended`,
    );
  } catch (error) {
    violations.push(`whether the registers are linearizable: ${(error as Error).message}`);
  }
  return false;
}

async function fall(scene: Scene, fault: Fault, tell: (line: string) => void): Promise<Verdict['faults'][number]> {
  await pause(fault.atMs);
  const { kind, atMs, forMs } = fault;
  const members = fault.members.map((index) => scene.network.members[index]?.name ?? '');
  tell(`${kind} ${members.join(' ')} for ${forMs} ms`);
  const why = await strike(scene, fault).catch((error) => {
    scene.network.violations.push(`${kind} ${members.join(' ')}: ${(error as Error).message}`);
    return undefined;
  });
  tell(`${kind} ${members.join(' ')} is over${why === undefined ? '' : `; meanwhile: ${why}`}`);
  return { kind, atMs, forMs, members, why: why ?? null };
}

/** Asks until every promise has a receipt or the time is up. @returns those without */
async function missingAfterAll(network: Network, book: Book): Promise<readonly Promised[]> {
  await eventually('every promise is kept', orderedSeconds, async () => {
    for (const member of network.intact) await lookUp(network, book, member, book.open);
    return book.open.every((each) => book.isDestroyed(each));
  }).catch(() => {}); // what is missing then is told
  return book.open;
}

/** @returns those that this member knows nothing of */
async function lookUp(
  network: Network,
  book: Book,
  member: Member,
  wanted: readonly Promised[],
): Promise<readonly Promised[]> {
  const rpc = network.devnet.rpc(member.name);
  const unknown: Promised[] = [];
  for (const promised of wanted) {
    const { hash, chain } = promised;
    const receipt = await rpc.call('receipt', { chain, hash });
    if (receipt.status === 'committed') book.committed(hash, chain, receipt);
    else unknown.push(promised);
  }
  return unknown;
}

/** All members have, execute and prove the same; what they say of a command is what anyone ever said. */
async function compareMembers({ network, book }: Scene, registers: Registers, random: Random): Promise<void> {
  const { devnet, violations } = network;
  const intact = network.intact.map(({ name }) => name);
  for (const { name } of network.plan.chains) {
    await devnet.untilLevel(name);
    violations.push(...(await devnet.differences(name, intact, 100)));
    // one that lost its data need not have old blocks
    violations.push(...(await devnet.differences(name, devnet.names, 1)));
  }
  const proved = await Promise.all(devnet.names.map((name) => registers.provedBy(name)));
  if (new Set(proved).size > 1)
    violations.push(`${devnet.names.join(' ')} prove different registers: ${proved.join(' | ')}`);
  const sample = random.shuffle(book.promised.filter(({ receipt }) => receipt !== undefined)).slice(0, sampledReceipts);
  for (const member of network.intact) {
    for (const { hash, chain, receipt } of await lookUp(network, book, member, sample))
      violations.push(`${member.name} knows nothing of ${chain} ${hash}, which had ${receipt}`);
  }
}

/** In the end nothing is wrong but what cannot be mended, `psky why` says so, and every member drains. */
async function checkEnd(network: Network): Promise<void> {
  const { missing, sentence } = await network.why();
  const wiped = network.members.filter(({ index }) => network.wiped.has(index)).map(({ name }) => name);
  if (JSON.stringify(missing) !== JSON.stringify(wiped))
    network.violations.push(`in the end psky why says ${sentence}`);
  if (network.follower !== undefined) {
    const { state, sentence, remedy } = await network.why(network.follower);
    if (state !== 'idle' || remedy !== 'Nothing to do.')
      network.violations.push(`in the end psky why at the follower says ${state}: ${sentence} ${remedy}`);
  }
  await Promise.all(
    network.members.map(async (member) => {
      const code = await member.drain();
      if (code !== 0) network.violations.push(`${member.name} drained with ${code}`);
    }),
  );
}
