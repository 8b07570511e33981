// All that watches a cluster, at one place: to which checkers a validator's core, journal, archive and queues report. Of
// one that the run may lose only its blocks count, and that it signs nothing on an old disk.

import type { Committee, Header, QuorumCert } from '../../consensus/certificate/index.ts';
import type { Core } from '../../consensus/core/index.ts';
import type { CoreHooks } from '../../consensus/index.ts';
import type { JournalView } from '../../storage/index.ts';
import { summaryOf } from '../core-summary.ts';
import type { SimProcess } from '../machine.ts';
import type { SimNode } from '../workloads.ts';
import type { World } from '../world.ts';
import { witnessArchive } from './archive-witness.ts';
import { boundsWitness } from './bounds.ts';
import { ChainChecker } from './chain-checker.ts';
import { CopyWitness } from './copy-witness.ts';
import { joinHooks, observeCore } from './core-observer.ts';
import { crashed } from './crashes.ts';
import { JournalWitness } from './journal-witness.ts';
import { overfull } from './node-queues.ts';
import { OrderWitness } from './order-witness.ts';

/** Mailboxes and buffers fill and empty within a turn; what overflowed stays counted. */
const lookAgainMs = 250;

export interface WatchOptions {
  readonly committee: Committee;
  readonly certificateProves: (header: Header, certificate: QuorumCert) => boolean;
  readonly sacrificed: ReadonlySet<number>;
  readonly faultFree: boolean;
}

/** One life of a validator. */
interface WatchedLife {
  /** it runs on a second machine, whose disk no strike replaces */
  readonly isTwin: boolean;
  /** whether it breaks rules on purpose at present */
  readonly lies: () => boolean;
}

export class Watch {
  readonly chain: ChainChecker;
  readonly order: OrderWitness;
  readonly copies: CopyWitness;
  readonly #world: World;
  readonly #sacrificed: ReadonlySet<number>;
  readonly #journals: readonly JournalWitness[];
  /** of the validators that run; of twins that of the first machine */
  readonly #cores = new Map<number, Core>();
  #sent = 0;

  constructor(world: World, options: WatchOptions) {
    this.#world = world;
    this.#sacrificed = options.sacrificed;
    this.chain = new ChainChecker({ ...options, name: 'main' }, world);
    this.order = new OrderWitness(options.sacrificed, world);
    this.copies = new CopyWitness(() => this.#cores.values(), world);
    this.#journals = Array.from(
      { length: options.committee.n },
      (_, index) => new JournalWitness(`v${index + 1}`, world),
    );
  }

  /** messages of all cores so far */
  get sent(): number {
    return this.#sent;
  }

  fenced(index: number): boolean {
    return this.#cores.get(index)?.fenced !== undefined;
  }

  hooks(index: number, process: SimProcess, life: WatchedLife): CoreHooks {
    process.onDeath(() => {
      if (!life.isTwin) this.#cores.delete(index);
    });
    const witness = this.#witness(index, life);
    return joinHooks(observeCore(this.chain.probe(index)), this.order.hooks(index), witness, {
      started: (core) => {
        if (!life.isTwin) this.#cores.set(index, core);
      },
      stepped: (_, outputs) => {
        for (const output of outputs) if (output.type === 'send') this.#sent++;
        return outputs;
      },
    });
  }

  #witness(index: number, { isTwin, lies }: WatchedLife): CoreHooks {
    if (!this.#sacrificed.has(index)) return boundsWitness(index, this.#world);
    return isTwin ? {} : this.copies.hooks(index, lies);
  }

  journal(index: number, view: JournalView): JournalView {
    return this.#sacrificed.has(index) ? view : (this.#journals[index] as JournalWitness).watch(view);
  }

  /** From now on: every node's queues, now and then. @param nodes by index; machines of twins have others */
  queues(nodes: ReadonlyMap<number, SimNode>): void {
    for (const [index, node] of nodes) {
      if (this.#sacrificed.has(index % this.#journals.length)) continue;
      const queues = node.queues();
      const problem = overfull(queues);
      if (problem !== undefined) this.#world.violated('queues bounded', `v${index + 1}: ${problem}`);
      const bug = crashed(queues.system);
      if (bug !== undefined) this.#world.violated('no actor fails by itself', `v${index + 1}: ${bug}`);
    }
    this.#world.after(lookAgainMs, () => this.queues(nodes));
  }

  /** Once the chain has opened; by then what an earlier life left is all that is there. */
  archive(index: number, process: SimProcess, node: SimNode): void {
    if (this.#sacrificed.has(index)) return;
    const archive = node.archive();
    if (archive !== undefined) witnessArchive(`v${index + 1}`, archive, this.#world);
    else this.#world.after(lookAgainMs, () => process.alive && this.archive(index, process, node));
  }

  /** @returns how far a validator is behind what any of them has committed, as a sentence; undefined where it is level */
  behind(index: number): string | undefined {
    const top = this.chain.highestCommitted;
    const [commit, executed] = [this.chain.commitHeight(index), this.chain.executedHeight(index)];
    if (commit < top) return `v${index + 1} has committed ${commit} of ${top} heights`;
    if (executed < top) return `v${index + 1} has executed ${executed} of ${top} heights`;
    return undefined;
  }

  /** Into the log: where each core stands. */
  tellCores(): void {
    for (const [index, core] of this.#cores) this.#world.log(() => `v${index + 1}: ${summaryOf(core)}`);
  }
}
