// One chain with the blob ledger on a simulated host, composed from the production rooms: what sim/cluster.ts boots in the
// tests of the simulator, which must not wait for a whole node with gateways.

import { type ActorSystem, address, type Behavior, createActorSystem, type Message } from '../../actors/index.ts';
import { admissionBehavior } from '../../consensus/admission.ts';
import type { Application } from '../../consensus/application.ts';
import { Archive } from '../../consensus/archive.ts';
import {
  type Committee,
  committeeOf,
  type Header,
  type QuorumCert,
  verifyQuorumCert,
} from '../../consensus/certificate/index.ts';
import { chainAddresses, type Submitted } from '../../consensus/chain-messages.ts';
import { engineBehavior } from '../../consensus/engine.ts';
import { executorBehavior } from '../../consensus/executor.ts';
import { encodeRecord } from '../../consensus/wire.ts';
import { BlobLedger } from '../../ledger/index.ts';
import { type Bytes, concatBytes, fromUtf8, toHex } from '../../lib/bytes.ts';
import { sha256, sha256Hex } from '../../lib/hash.ts';
import { sodiumSuite } from '../../lib/suites/sodium.ts';
import type { KeyPair } from '../../lib/suites/suite.ts';
import { KiB, milliseconds } from '../../lib/units.ts';
import { createLinks, type NodeId } from '../../net/index.ts';
import type { Boot, ClusterOptions } from '../../sim/cluster.ts';
import { simNotes } from '../../sim/notes.ts';
import type { SimNode } from '../../sim/workloads.ts';
import { type JournalView, openShard, prefixedStore, type Shard } from '../../storage/index.ts';

interface Keys {
  readonly keys: readonly KeyPair[];
  readonly committee: Committee;
  readonly nodeIds: readonly NodeId[];
}

const keysOf = new Map<number, Keys>();

function keysFor(n: number): Keys {
  const known = keysOf.get(n);
  if (known !== undefined) return known;
  const keys = Array.from({ length: n }, (_, i) => sodiumSuite.keyPairOf(new Uint8Array(32).fill(i + 1)));
  const committee = committeeOf({
    chain: sha256Hex(fromUtf8(`simulated chain of ${n}`)),
    epoch: 0,
    keys: keys.map(({ publicKey }) => publicKey),
    window: 64,
    suite: sodiumSuite,
  });
  const made = { keys, committee, nodeIds: keys.map(({ publicKey }) => toHex(publicKey) as NodeId) };
  keysOf.set(n, made);
  return made;
}

/** What runCluster needs beside the choices of a run. */
export function chainCluster(
  validators: number,
): Pick<ClusterOptions, 'validators' | 'committee' | 'nodeIds' | 'certificateProves' | 'boot'> {
  const { committee, nodeIds } = keysFor(validators);
  return {
    validators,
    committee,
    nodeIds,
    certificateProves: (header: Header, certificate: QuorumCert) =>
      verifyQuorumCert(committee, certificate, 'commit') &&
      (certificate.height > header.order.height || certificate.id === header.id),
    boot: (boot, ready) => new ChainProgram(boot, ready).open(),
  };
}

class ChainProgram {
  readonly #boot: Boot;
  readonly #ready: (node: SimNode) => void;
  readonly #keys: Keys;

  constructor(boot: Boot, ready: (node: SimNode) => void) {
    this.#boot = boot;
    this.#ready = ready;
    this.#keys = keysFor(boot.peers.length);
  }

  open(): void {
    const { host, process } = this.#boot;
    const random = host.world.random.protocol.fork(`shard ${host.index}`);
    openShard(
      {
        disk: host.disk.port(process),
        clock: process.clock,
        stores: host.stores.port(process),
        newShardId: () => sha256(fromUtf8(`${random.next()}`)).subarray(0, 16),
        note: () => undefined,
      },
      { directory: 'main', journal: { segmentBytes: 256 * KiB } },
      { fatal: (fault) => host.gaveUp(process, fault.message) },
      (fault, shard) => {
        if (fault) return host.gaveUp(process, fault.message);
        const journal = shard.journal.view(this.#keys.committee.chain);
        if (!shard.isNew) return this.#start(shard, journal);
        const { kind, parts } = encodeRecord({ type: 'init' });
        const position = journal.append(kind, parts);
        let begun = false;
        shard.journal.onDurable((durable) => {
          if (begun || durable < position) return;
          begun = true;
          this.#start(shard, journal);
        });
        journal.request(position);
      },
    );
  }

  #start(shard: Shard, journal: JournalView): void {
    const { host, process } = this.#boot;
    const application: Application = new BlobLedger({
      store: prefixedStore(shard.store, Uint8Array.of(2)),
      storePrefix: Uint8Array.of(1),
    });
    application.open((fault, opened) => {
      if (fault) return host.gaveUp(process, fault.message);
      this.#run(shard, journal, application, opened);
    });
  }

  #run(
    shard: Shard,
    journal: JournalView,
    application: Application,
    opened: Parameters<Parameters<Application['open']>[0]>[1],
  ): void {
    const { host, process, index, transport, peers, hooks } = this.#boot;
    const { committee, keys, nodeIds } = this.#keys;
    const { clock } = process;
    const notes = simNotes(host.world, host.name);
    const system = createActorSystem({
      clock,
      shards: { main: journal },
      notes,
      random: host.world.random.protocol.fork(`actors ${index}`),
      onFatal: (reason) => host.gaveUp(process, reason),
    });
    process.onDeath(() => system.halt());
    const links = createLinks({
      self: nodeIds[index] as NodeId,
      domain: 'node',
      transport,
      clock,
      random: host.world.random.protocol.fork(`links ${index} ${host.starts}`),
      actors: system,
      peers,
      validators: new Set(nodeIds),
      followers: { mode: 'none' },
      note: (note) => notes.note(address('node', 'links', 'main'), 'links', note),
    });
    const addresses = chainAddresses(committee.chain);
    const archive = new Archive(prefixedStore(shard.store, Uint8Array.of(3)), journal);
    system.spawn(addresses.chain, listener);
    system.spawn(addresses.validator, listener);
    system.spawn(
      addresses.admission,
      admissionBehavior({ application, chain: committee.chain, addresses, blocked: () => undefined }),
    );
    system.spawn(addresses.executor, executorBehavior({ application, archive, addresses }));
    system.spawn(
      addresses.engine,
      engineBehavior({
        committee,
        me: index,
        nodeIds,
        sign: (text) => sodiumSuite.sign(keys[index] as KeyPair, text),
        opened,
        genesisTimeMs: 0,
        plannedTermMs: milliseconds(30_000),
        journal,
        archive,
        links,
        roundTripMs: () => links.roundTripMs(),
        addresses,
        onApp: () => undefined,
        hooks,
      }),
      { supervision: { strategy: 'escalate', restarts: 0, withinMs: milliseconds(1) } },
    );
    links.start((fault) => {
      if (fault) return host.gaveUp(process, fault.message);
      this.#ready(submitterOf(system, addresses.admission));
    });
  }
}

/** Stands where the machines of the chain and the validator stand in a node: nothing here asks for their states. */
const listener: Behavior<null, Message> = {
  kind: 'listener',
  mailbox: { capacity: 1024 },
  start: () => null,
  receive: () => undefined,
};

function submitterOf(system: ActorSystem, admission: ReturnType<typeof chainAddresses>['admission']): SimNode {
  return {
    submit(entry, done) {
      const message = { type: 'submit', count: 1, entries: framed(entry) };
      system.ask(admission, message, milliseconds(30_000), (outcome) => {
        if (!outcome.ok) return done('refused');
        const { refused } = outcome.value as Submitted;
        done(refused?.length === 0 ? 'accepted' : 'refused');
      });
    },
  };
}

function framed(entry: Bytes): Bytes {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, entry.length, true);
  return concatBytes([length, entry]);
}
