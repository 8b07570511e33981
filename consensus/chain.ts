// One chain on this node: a supervision subtree of its own. A guardian holds the chain; the chain opens its application
// and starts engine, executor, admission (at a follower, forwarding) and the validator's life. A bug in one of them
// restarts the chain as a whole, because each rests on what the others hold; a second one within five minutes stops this
// chain and no other.

import {
  type ActorSystem,
  type Address,
  address,
  type Behavior,
  type Message,
  machineBehavior,
  type Supervision,
} from '../actors/index.ts';
import type { Hash } from '../lib/hash.ts';
import { hashToBytes } from '../lib/hash.ts';
import { type Ms, minutes } from '../lib/units.ts';
import type { Links, NodeId, RoundTrips } from '../net/index.ts';
import { type JournalView, prefixedStore, type Store } from '../storage/index.ts';
import { admissionBehavior } from './admission.ts';
import { adoptionBehavior } from './adoption.ts';
import type { Application, Opened } from './application.ts';
import { Archive } from './archive.ts';
import type { Committee } from './certificate/committee.ts';
import { type ChainEvent, chainMachine } from './chain-machine.ts';
import { chainAddresses } from './chain-messages.ts';
import { engineBehavior } from './engine.ts';
import { EvidenceBook } from './evidence-book.ts';
import { executorBehavior } from './executor.ts';
import { forwardingBehavior } from './forwarding.ts';
import type { CoreHooks } from './hooks.ts';
import { mailboxes } from './limits.ts';
import { Snapshots } from './snapshots.ts';
import { type ValidatorEvent, validatorMachine } from './validator-machine.ts';
import { encodeRecord } from './wire.ts';

export interface ChainOptions {
  readonly name: string;
  readonly chain: Hash;
  readonly committee: Committee;
  /** this node's index in the committee; undefined for a node that only follows */
  readonly me: number | undefined;
  readonly nodeIds: readonly NodeId[];
  readonly sign: (text: Uint8Array) => Uint8Array;
  readonly genesisTimeMs: number;
  readonly plannedTermMs: Ms;
  /** a new instance over the same store at every start of the chain */
  readonly openApplication: (store: Store) => Application;
  readonly store: Store;
  readonly journal: JournalView;
  readonly links: Links;
  readonly roundTrips: () => RoundTrips;
  /** address of the storage shard's actor */
  readonly shard: Address;
  readonly hooks?: CoreHooks | undefined;
  /** hears whether the chain has a quorum of links and has caught up, at every change */
  readonly onReadiness?: ((ready: boolean) => void) | undefined;
}

/** What those outside the subtree may use while the chain runs. */
export interface ChainParts {
  readonly application: Application;
  readonly archive: Archive;
}

export interface ChainHandle {
  readonly guardian: Address;
  /** Stops the chain's actors; answers when the application has finished what it was at, and synced it. */
  close(done: () => void): void;
  /** undefined until the chain has opened */
  parts(): ChainParts | undefined;
}

interface OpenedChain {
  readonly parts: ChainParts;
  readonly snapshots: Snapshots;
  readonly evidence: EvidenceBook;
  readonly state: Opened;
}

/** Keys of the store: the archive's under 1, the application's under 2, snapshots' under 3, evidence under 4, each before the chain's id. */
const archivePart = 1;
const applicationPart = 2;
const snapshotsPart = 3;
const evidencePart = 4;

const escalate: Supervision = { strategy: 'escalate', restarts: 0, withinMs: minutes(5) };
const restartOnce: Supervision = { strategy: 'one-for-one', restarts: 1, withinMs: minutes(5) };
const stopAlone: Supervision = { strategy: 'stop', restarts: 0, withinMs: minutes(5) };

/** Starts the chain under a guardian at the root. The actors persist to the shard of the chain's name. */
export function startChain(system: Pick<ActorSystem, 'spawn' | 'stop'>, options: ChainOptions): ChainHandle {
  const guardian = address(options.chain, 'guardian', 'main');
  let parts: ChainParts | undefined;
  const chain = chainBehavior(options, (opened) => {
    parts = opened;
  });
  const behavior: Behavior<null, Message> = {
    kind: 'guardian',
    mailbox: { capacity: mailboxes.guardian },
    start(_self, effects) {
      effects.spawn(chainAddresses(options.chain).chain, chain, { shard: options.chain, supervision: restartOnce });
      return null;
    },
    receive() {},
  };
  system.spawn(guardian, behavior, { shard: options.chain, supervision: stopAlone });
  return {
    guardian,
    close(done) {
      system.stop(guardian);
      // a write that fails here is the shard's to report
      if (parts === undefined) done();
      else parts.application.persist(() => done());
    },
    parts: () => parts,
  };
}

function chainBehavior(options: ChainOptions, publish: (parts: ChainParts) => void) {
  const addresses = chainAddresses(options.chain);
  const id = hashToBytes(options.chain);
  const part = (number: number): Store => prefixedStore(options.store, Uint8Array.of(number, ...id));
  let opened: OpenedChain | undefined;
  /**
   * The application of an earlier life writes what it holds before another one reads the store; then it is at rest. A write
   * that fails is the shard's to report.
   */
  const afterEarlierLife = (next: () => void): void => {
    if (opened === undefined) return next();
    opened.parts.application.persist(next);
    opened = undefined;
  };
  return machineBehavior<typeof chainMachine, ChainEvent>({
    machine: chainMachine,
    mailbox: { capacity: mailboxes.chain },
    actions: {
      open: (_, effects) =>
        effects.request((answer) =>
          afterEarlierLife(() => {
            const snapshots = new Snapshots(part(snapshotsPart), part(applicationPart));
            const archive = new Archive(part(archivePart), options.journal);
            const evidence = new EvidenceBook(part(evidencePart));
            const failed = (reason: string): void => answer({ type: 'open-failed', reason });
            snapshots.open((fault) => {
              if (fault !== undefined) return failed(fault);
              const newest = snapshots.newest();
              const mark = newest && { height: newest.certificate.height, position: newest.mark };
              archive.open(mark, (fault) => {
                if (fault !== undefined) return failed(fault);
                const application = options.openApplication(snapshots.applicationStore());
                application.open((error, state) => {
                  if (error !== undefined) return failed(error.message);
                  archive.lastHeight = state.height; // a block is archived before it is applied
                  opened = { parts: { application, archive }, snapshots, evidence, state };
                  evidence.open((fault) => (fault === undefined ? answer({ type: 'opened' }) : failed(fault)));
                });
              });
            });
          }),
        ),
      startActors: (_, effects) => {
        if (opened === undefined) return;
        const { parts, snapshots, evidence, state } = opened;
        const { application, archive } = parts;
        const shared = { ...options, archive, snapshots, evidence, addresses };
        effects.spawn(addresses.validator, validatorBehavior(), { supervision: escalate });
        const taking =
          options.me === undefined
            ? forwardingBehavior({ name: options.name, addresses })
            : admissionBehavior({
                ...{ application, addresses },
                name: options.name,
                chain: options.chain,
                shard: options.shard,
              });
        effects.spawn(addresses.admission, taking as Behavior<unknown, Message>, { supervision: escalate });
        const { height } = state;
        effects.spawn(addresses.executor, executorBehavior({ application, archive, snapshots, addresses, height }), {
          supervision: escalate,
        });
        effects.spawn(
          addresses.adoption,
          adoptionBehavior({
            ...shared,
            openNext: () => options.openApplication(snapshots.nextApplicationStore()),
            misbehaved: (peer, reason) => options.links.misbehaved(peer, reason),
          }),
          { supervision: escalate },
        );
        const onApp = (from: number, topic: string, bytes: Uint8Array): void => application.onApp(from, topic, bytes);
        effects.spawn(addresses.engine, engineBehavior({ ...shared, application, opened: state, onApp }), {
          supervision: escalate,
        });
        effects.request(() => publish(parts));
      },
      stopActors: (_, effects) => {
        const { admission, engine, executor, adoption, validator } = addresses;
        for (const each of [admission, engine, executor, adoption, validator]) effects.stop(each);
      },
      announce: (_, effects) => effects.send(options.shard, { type: 'replayed', owner: options.chain } as Message),
    },
  });
}

function validatorBehavior() {
  return machineBehavior<typeof validatorMachine, ValidatorEvent>({
    machine: validatorMachine,
    actions: {},
    mailbox: { capacity: mailboxes.validator },
  });
}

/**
 * D5: what marks a validator's first start. Without it an empty journal means that the data was lost, and the validator is
 * fenced.
 *
 * @param done called when the record is durable
 */
export function writeSafetyRecord(journal: JournalView, done: () => void): void {
  const { kind, parts } = encodeRecord({ type: 'init' });
  const position = journal.append(kind, parts);
  let told = false;
  journal.onDurable((durable) => {
    if (told || durable < position) return;
    told = true;
    done();
  });
  journal.request(position);
}
