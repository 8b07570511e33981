// What each kind of fault does to the processes of a network, and how it ends. A new kind is a row here, a name and a
// course in plan.ts.

import { pause } from '../devnet.ts';
import type { Book } from './book.ts';
import { explained } from './explanations.ts';
import type { Member } from './member.ts';
import type { Network } from './network.ts';
import type { Fault, FaultKind } from './plan.ts';

export interface Scene {
  readonly network: Network;
  readonly book: Book;
}

/** @returns what `psky why` said meanwhile, where it had to say something */
type Strike = (scene: Scene, fault: Fault, member: Member) => Promise<string | undefined>;

/** psky's exit code where storage cannot be written */
const unwritable = 73;
/** so long a write is under way before it is torn: whoever were told of it too early could tell others */
const tornAfterMs = 300;

const strikes: Readonly<Record<FaultKind, Strike>> = {
  async kill({ network }, { forMs }, member) {
    await member.kill();
    const why = await lasting(forMs, () => explained(network, member, 'silent'));
    await member.start();
    return why;
  },

  async pause({ network }, { forMs }, member) {
    member.pause();
    const why = await lasting(forMs, () => explained(network, member, 'silent'));
    member.resume();
    return why;
  },

  async disconnect({ network }, { forMs }, member) {
    network.proxies.cut(member.index);
    const why = await lasting(forMs, () => explained(network, member, 'unlinked'));
    network.proxies.mend(member.index);
    return why;
  },

  /** One that nobody hears loses its links; where only one is deaf to it, the chain need not notice. */
  async 'one-way'({ network }, { forMs, deaf }, member) {
    const others = network.members.filter(({ index }) =>
      deaf === undefined ? index !== member.index : index === deaf,
    );
    for (const other of others) network.proxies.hold(member.index, other.index);
    const ask = () => explained(network, member, 'unlinked');
    const why = await lasting(forMs, deaf === undefined ? ask : undefined);
    for (const other of others) network.proxies.release(member.index, other.index);
    return why;
  },

  'slow-disk': (_scene, { forMs, amount }, member) => broken(member, { delayMs: amount }, forMs),

  'failing-sync': (scene, fault, member) => ended(scene, fault, member, { failure: 'io' }),

  /** Admission closes first; then the disk takes nothing more. */
  async 'full-disk'(scene, fault, member) {
    await member.break({ freeBytes: 0 });
    const why = await explained(scene.network, member, 'full');
    return (await ended(scene, fault, member, { freeBytes: 0, failure: 'no-space' })) ?? why;
  },

  /** A group gathers behind a slow write, and is torn: nobody may have been told of it. */
  async 'torn-journal'({ network }, { forMs, amount, alone }, member) {
    if (alone === true) network.proxies.cut(member.index);
    await member.break({ delayMs: tornAfterMs });
    await pause(tornAfterMs);
    await member.breakToEnd({ failure: 'torn', tornPercent: amount, delayMs: tornAfterMs }, forMs);
    await member.kill(); // nothing was written meanwhile
    network.proxies.mend(member.index);
    const why = await explained(network, member, 'silent');
    await member.start();
    return why;
  },

  async 'wiped-validator'({ network, book }, _fault, member) {
    await member.kill();
    book.wiped(member.index);
    network.wiped.add(member.index);
    member.wipe();
    await member.start();
    return explained(network, member, 'fenced');
  },

  /** Its disk was lost, and it is set up anew with its configuration and its keys. */
  async 'wiped-follower'({ network }, { forMs }, member) {
    await member.kill();
    member.wipe();
    const why = await lasting(forMs, () => explained(network, member, 'silent'));
    await member.start();
    return why;
  },

  'clock-jump': (_scene, { forMs, amount }, member) => broken(member, { clockOffsetMs: amount }, forMs),

  async 'restart-all'({ network }, { forMs }, member) {
    await Promise.all(network.members.map((each) => each.kill()));
    const why = await lasting(forMs, () => explained(network, member, 'silent'));
    await network.start();
    return why;
  },
};

/** Waits for all of its members to be free, strikes, and resolves when it is over. */
export async function strike(scene: Scene, fault: Fault): Promise<string | undefined> {
  const { network } = scene;
  const members = fault.members.map((index) => network.members[index] as Member);
  let why: string | undefined;
  const run = members.reduceRight<() => Promise<void>>(
    (inner, member) => () => member.exclusively(inner),
    () =>
      network.hindering(members, async () => {
        why = await strikes[fault.kind](scene, fault, members[0] as Member);
      }),
  );
  await run();
  return why;
}

/** What the chain need not notice. */
async function broken(member: Member, breakage: Readonly<Record<string, number>>, forMs: number): Promise<undefined> {
  await member.break(breakage);
  await pause(forMs);
  await member.break({});
  return undefined;
}

/** A disk that takes no writes ends its node, and says so; one that wrote nothing meanwhile goes on. */
async function ended(
  { network }: Scene,
  { forMs }: Fault,
  member: Member,
  breakage: Readonly<Record<string, number | string>>,
): Promise<string | undefined> {
  const code = await member.breakToEnd(breakage, forMs);
  if (code === undefined) {
    await member.break({});
    return undefined;
  }
  if (code !== unwritable) network.violations.push(`${member.name} ended with ${code} when its disk failed`);
  const why = await explained(network, member, 'failed');
  await member.start();
  return why;
}

/** At least so long, and until what is to be seen meanwhile was seen. */
async function lasting(forMs: number, look?: () => Promise<string | undefined>): Promise<string | undefined> {
  const [seen] = await Promise.all([look?.(), pause(forMs)]);
  return seen;
}
