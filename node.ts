// The composition root: puts the rooms of one node together. It imports no driver; drivers.ts plugs in the real world and
// the simulator its own.

import {
  type ActorSystem,
  type Address,
  address,
  type Clock,
  createActorSystem,
  createNoteSink,
} from './actors/index.ts';
import { committeeOf } from './consensus/certificate/index.ts';
import { chainGenesis, type NetworkGenesis } from './consensus/genesis/index.ts';
import {
  type Application,
  type ChainHandle,
  type CoreHooks,
  chainAddresses,
  consensusMetrics,
  createReadiness,
  plannedTerm,
  type Readiness,
  startChain,
  writeSafetyRecord,
} from './consensus/index.ts';
import type { ServedChain } from './consensus/service/index.ts';
import { accountOf, commandHash } from './ledger/commands/index.ts';
import { BlobLedger, KeyValueLedger } from './ledger/index.ts';
import { decodeReceipt, decodeReceipts } from './ledger/proof/index.ts';
import type { Bytes } from './lib/bytes.ts';
import { type Hash, sha256Hex } from './lib/hash.ts';
import type { Log } from './lib/log.ts';
import { createMetrics, type Metrics } from './lib/metrics.ts';
import type { Random } from './lib/random.ts';
import type { KeyPair, SignatureSuite } from './lib/suites/suite.ts';
import { type Ms, seconds } from './lib/units.ts';
import {
  createLinks,
  type FollowerPolicy,
  type FrameCheck,
  type LinksHandle,
  type NodeId,
  netMetrics,
  type PeerAddress,
  type Transport,
} from './net/index.ts';
import {
  type Disk,
  type JournalView,
  openShard,
  type Shard,
  type ShardFault,
  type Store,
  type StoreEngine,
  type StoreOpener,
  shardBehavior,
  shardSupervision,
  storageMetrics,
} from './storage/index.ts';

/** A drain waits so long for the block that is being executed; one that is cut off is executed again at the next start. */
const executionWait = seconds(3);

/** The world of a node. The simulator fakes all of it. */
export interface NodePorts {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly stores: StoreOpener;
  readonly transport: Transport;
  readonly suite: SignatureSuite;
  /** spreads back-offs; never for keys */
  readonly random: Random;
  readonly secureRandom: (length: number) => Bytes;
  readonly log: Log;
  /** a write failed or a bug went past every supervisor: the process must end now */
  readonly onFatal: (reason: string) => void;
}

export interface NodeOptions {
  readonly genesis: NetworkGenesis;
  readonly nodeId: NodeId;
  /** absent: a follower */
  readonly validatorKey: KeyPair | undefined;
  /** directory of the shards */
  readonly dataDirectory: string;
  readonly peers: readonly PeerAddress[];
  readonly followers: FollowerPolicy;
  readonly engine?: StoreEngine | undefined;
  readonly lowDiskBytes?: number | undefined;
  readonly plannedTermMs?: Ms;
  /** the simulator's: smaller segments than the genesis asks for */
  readonly segmentBytes?: number | undefined;
  /** the simulator's, by chain name */
  readonly hooks?: (chain: string) => CoreHooks | undefined;
  readonly watchJournal?: (view: JournalView) => JournalView;
  /** the simulator's: what a chain executes with, in place of its ledger alone */
  readonly wrapApplication?: (chain: string, application: Application) => Application;
  readonly frameCheck?: () => FrameCheck;
}

export interface Node {
  readonly system: ActorSystem;
  readonly links: LinksHandle;
  readonly metrics: Metrics;
  /** in the order of the genesis */
  readonly served: readonly ServedChain[];
  readonly role: 'validator' | 'follower';
  /** opens the shards, starts the chains, listens and dials; once */
  start(done: (fault: NodeFault | undefined) => void): void;
  /** stops signing and admitting, flushes and closes the shards */
  drain(done: () => void): void;
}

export interface NodeFault {
  readonly kind: 'shard' | 'transport';
  readonly code: string;
  readonly message: string;
}

export function createNode(options: NodeOptions, ports: NodePorts): Node {
  const { genesis } = options;
  const metrics = createMetrics();
  metrics.declare(...netMetrics, ...storageMetrics, ...consensusMetrics);
  const system = createActorSystem({
    clock: ports.clock,
    shards: {},
    notes: createNoteSink({ log: ports.log, metrics }),
    onFatal: ports.onFatal,
    random: ports.random.fork('supervision'),
  });
  const nodeAddress = address('node', 'node', options.nodeId);
  const note = createNoteSink({ log: ports.log, metrics });
  const links = createLinks({
    self: options.nodeId,
    domain: 'node',
    transport: ports.transport,
    clock: ports.clock,
    random: ports.random.fork('links'),
    actors: system,
    peers: options.peers,
    validators: new Set(genesis.validators.map((each) => each.nodeId)),
    followers: options.followers,
    note: (each) => note.note(nodeAddress, 'net', each),
    ...(options.frameCheck === undefined ? {} : { frameCheck: options.frameCheck }),
  });
  const handles = new Map<Hash, ChainHandle>();
  const readiness = new Map<Hash, Readiness>();
  const shards = new Map<string, Shard>();
  const served = genesis.chains.map((entry): ServedChain => {
    const { chain } = chainGenesis(genesis, entry.name);
    const { name, application, epoch } = entry;
    const keepsReceipts = application === 'key-value';
    const ready = createReadiness();
    readiness.set(chain, ready);
    return {
      ...{ name, application, chain, epoch, addresses: chainAddresses(chain) },
      archive: () => handles.get(chain)?.parts()?.archive,
      stopped: () => handles.has(chain) && !system.has((handles.get(chain) as ChainHandle).guardian),
      hashOf: keepsReceipts ? commandHash : (entryBytes) => sha256Hex(entryBytes),
      receipts: keepsReceipts ? { decode: decodeReceipt, decodeMany: decodeReceipts } : undefined,
      readiness: ready,
    };
  });
  const validatorKey = options.validatorKey;
  const me = validatorKey === undefined ? -1 : genesis.validators.findIndex((each) => each.nodeId === options.nodeId);

  function start(done: (fault: NodeFault | undefined) => void): void {
    const names = [...new Set(genesis.chains.map((entry) => entry.shard))];
    let waiting = names.length;
    let failed = false;
    const refused = (fault: ShardFault): void => {
      if (failed) return;
      failed = true;
      done({ kind: 'shard', code: fault.code, message: fault.message });
    };
    for (const name of names) {
      startShard(name, refused, () => {
        waiting -= 1;
        if (waiting === 0 && !failed)
          links.start((fault) => done(fault === undefined ? undefined : { kind: 'transport', ...fault }));
      });
    }
  }

  function startShard(name: string, refused: (fault: ShardFault) => void, opened: () => void): void {
    const entries = genesis.chains.filter((entry) => entry.shard === name);
    const [first] = entries;
    if (first === undefined) return;
    const shardAddress = shardAddressOf(options, name);
    const world = {
      disk: ports.disk,
      clock: ports.clock,
      stores: ports.stores,
      newShardId: () => ports.secureRandom(16),
      note: (each: Parameters<typeof note.note>[2]) => note.note(shardAddress, 'shard', each),
    };
    const behavior = shardBehavior(world, {
      name,
      directory: shardDirectory(options, name),
      owners: entries.map((entry) => chainGenesis(genesis, entry.name).chain),
      journal: {
        segmentBytes: options.segmentBytes ?? first.segmentBytes,
        retain: first.retainBytes,
      },
      ...(options.engine === undefined ? {} : { engine: options.engine }),
      ...(options.lowDiskBytes === undefined ? {} : { lowDiskBytes: options.lowDiskBytes }),
      opened(shard) {
        shards.set(name, shard);
        let firstView: string | undefined;
        for (const entry of entries) {
          const { chain } = chainGenesis(genesis, entry.name);
          const journal = viewOf(options, shard, chain);
          system.addShard(chain, journal, firstView);
          firstView ??= chain;
          startChainOf(entry, { shard, journal, address: shardAddress });
        }
        opened();
      },
      refused,
    });
    system.spawn(shardAddress, behavior, { supervision: shardSupervision });
  }

  function startChainOf(entry: NetworkGenesis['chains'][number], { shard, journal, address }: ChainStorage): void {
    const { chain } = chainGenesis(genesis, entry.name);
    const handle = startChain(system, {
      name: entry.name,
      chain,
      committee: committeeOf({
        chain,
        epoch: entry.epoch,
        keys: genesis.validators.map((each) => each.signingKey),
        window: entry.window,
        suite: ports.suite,
      }),
      me: me < 0 ? undefined : me,
      nodeIds: genesis.validators.map((each) => each.nodeId),
      sign: (text) => (validatorKey === undefined ? new Uint8Array(0) : ports.suite.sign(validatorKey, text)),
      genesisTimeMs: genesis.timeMs,
      plannedTermMs: options.plannedTermMs ?? plannedTerm,
      openApplication: (store) => {
        const application = applicationOf(entry, chain, store, ports);
        return options.wrapApplication?.(entry.name, application) ?? application;
      },
      store: shard.store,
      journal,
      links,
      roundTrips: () => links.roundTrips(),
      shard: address,
      hooks: options.hooks?.(entry.name),
      onReadiness: (ready) => readiness.get(chain)?.tell(ready),
    });
    handles.set(chain, handle);
  }

  function drain(done: () => void): void {
    links.close();
    let waiting = handles.size;
    let closing = false;
    const closeShards = (): void => {
      if (closing) return;
      closing = true;
      late.cancel();
      closeAll(done);
    };
    const late = ports.clock.after(executionWait, closeShards);
    for (const chain of handles.values()) {
      chain.close(() => {
        waiting -= 1;
        if (waiting === 0) closeShards();
      });
    }
    if (waiting === 0) closeShards();
  }

  function closeAll(done: () => void): void {
    let waiting = shards.size;
    if (waiting === 0) done();
    // behind the turns that stop the chains: what they appended is flushed with the rest
    ports.clock.soon(() => {
      for (const shard of shards.values()) {
        shard.close(() => {
          waiting -= 1;
          if (waiting > 0) return;
          system.halt();
          done();
        });
      }
    });
  }

  return { system, links, metrics, served, role: me < 0 ? 'follower' : 'validator', start, drain };
}

/** Where a chain's records and state go. */
interface ChainStorage {
  readonly shard: Shard;
  readonly journal: JournalView;
  readonly address: Address;
}

function applicationOf(
  entry: NetworkGenesis['chains'][number],
  chain: Hash,
  store: Store,
  ports: NodePorts,
): Application {
  const storePrefix = new Uint8Array(0);
  if (entry.application === 'blob') return new BlobLedger({ store, storePrefix });
  const { mode, publicKeys } = entry.accounts;
  const listed = new Set(publicKeys.map((key) => accountOf(ports.suite.suite, key)));
  return new KeyValueLedger({
    store,
    storePrefix,
    defer: (next) => ports.clock.soon(next),
    after: (delayMs, next) => void ports.clock.after(delayMs, next),
    rules: {
      chain,
      accounts: mode === 'open' ? { mode } : { mode, accounts: listed },
      bytesPerAccount: entry.bytesPerAccount,
      suites: [ports.suite],
    },
  });
}

function viewOf({ watchJournal }: Pick<NodeOptions, 'watchJournal'>, shard: Shard, owner: Hash): JournalView {
  const view = shard.journal.view(owner);
  return watchJournal?.(view) ?? view;
}

export const shardDirectory = (options: Pick<NodeOptions, 'dataDirectory'>, shard: string): string =>
  `${options.dataDirectory}/${shard}`;
const shardAddressOf = (options: NodeOptions, shard: string): Address => address(options.nodeId, 'shard', shard);

/**
 * D5: writes the safety record of every chain into a new home, so that its first start is told from a loss of data. Uses
 * the same shards that the node will open.
 */
export function markFirstStart(
  options: Pick<NodeOptions, 'genesis' | 'dataDirectory' | 'engine' | 'segmentBytes' | 'watchJournal'>,
  ports: Pick<NodePorts, 'clock' | 'disk' | 'stores' | 'secureRandom'>,
  done: (fault: ShardFault | undefined) => void,
): void {
  const { genesis } = options;
  const names = [...new Set(genesis.chains.map((entry) => entry.shard))];
  const next = (index: number): void => {
    const name = names[index];
    if (name === undefined) {
      done(undefined);
      return;
    }
    const entries = genesis.chains.filter((entry) => entry.shard === name);
    const world = { ...ports, newShardId: () => ports.secureRandom(16), note: () => {} };
    const settings = {
      directory: shardDirectory(options, name),
      journal: {
        segmentBytes: options.segmentBytes ?? (entries[0]?.segmentBytes as number),
        retain: entries[0]?.retainBytes ?? 'all',
      },
      ...(options.engine === undefined ? {} : { engine: options.engine }),
    };
    openShard(world, settings, { fatal: done }, (fault, shard) => {
      if (fault !== undefined) {
        done(fault);
        return;
      }
      let waiting = entries.length;
      for (const entry of entries) {
        writeSafetyRecord(viewOf(options, shard, chainGenesis(genesis, entry.name).chain), () => {
          waiting -= 1;
          if (waiting === 0) shard.close((closing) => (closing === undefined ? next(index + 1) : done(closing)));
        });
      }
    });
  };
  next(0);
}
