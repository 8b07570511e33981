// What a simulated validator runs: a whole node, composed by node.ts as on a real machine, on the simulated ports.

import {
  type Committee,
  committeeOf,
  type Header,
  type QuorumCert,
  verifyQuorumCert,
} from '../consensus/certificate/index.ts';
import { type ChainEntry, chainGenesis, type NetworkGenesis } from '../consensus/genesis/index.ts';
import type { Application, CoreHooks, Submitted } from '../consensus/index.ts';
import { present } from '../lib/assert.ts';
import { type Bytes, bigEndian, fromUtf8, toHex } from '../lib/bytes.ts';
import { sha256, sha256Hex } from '../lib/hash.ts';
import type { KeyPair, SignatureSuite } from '../lib/suites/suite.ts';
import { GiB, MiB, milliseconds, seconds } from '../lib/units.ts';
import { packEntries } from '../net/gateway/protocol.ts';
import { createFrameCheck, type FollowerPolicy, type FrameCheck, type NodeId } from '../net/index.ts';
import { createNode, markFirstStart, type Node, type NodeFault, type NodePorts } from '../node.ts';
import { joinHooks } from './checkers/core-observer.ts';
import { witnessedFrameCheck } from './checkers/frame-witness.ts';
import type { Boot, ClusterOptions } from './cluster.ts';
import { simLog } from './notes.ts';
import { rememberingSuite } from './remembering-suite.ts';
import type { SimNode } from './workloads.ts';

export interface NodesOptions {
  readonly validators: number;
  /** nodes beside them that only follow */
  readonly followers?: number;
  /** who may; in the order of the indices behind the validators' */
  readonly followerPolicy?: 'open' | 'none' | { readonly listed: readonly number[] };
  readonly suite: SignatureSuite;
  /** T3; shorter, so that planned changes of leader happen within a short run */
  readonly plannedTermMs: number;
  /** journal segments, where not 4 MiB, and what of them is kept, where not all */
  readonly segmentBytes?: number;
  readonly retainBytes?: number;
  /** blocks in flight, where not 64: what live records take grows with it */
  readonly window?: number;
  /** a chain of blobs called main, where nothing is said; the first one is what faults, load and checkers look at */
  readonly chains?: readonly Pick<ChainEntry, 'name' | 'application'>[];
  /** what a node executes a chain with, in place of its ledger alone */
  readonly wrapApplication?: (index: number, chain: string, application: Application) => Application;
  /** beside those that the cluster has for the first chain */
  readonly hooks?: (index: number, chain: string) => CoreHooks | undefined;
  /** tests of the simulator itself take the session's duplicate check away */
  readonly frameCheck?: () => FrameCheck;
}

/**
 * Small enough that a run fills several. A quarter must hold the live records: while nothing is committed, every term
 * leaves up to W headers of half a KiB that were voted for.
 */
const defaultSegmentBytes = 4 * MiB;

const defaultChains = [{ name: 'main', application: 'blob' }] as const;

type ClusterParts = Pick<
  ClusterOptions,
  'validators' | 'committee' | 'nodeIds' | 'certificateProves' | 'abroad' | 'boot'
>;

/** What `runCluster` needs beside the choices of a run. */
export function simulatedNodes(options: NodesOptions): ClusterParts & { readonly genesis: NetworkGenesis } {
  const suite = rememberingSuite(options.suite);
  const keys = Array.from({ length: options.validators + (options.followers ?? 0) }, (_, index) =>
    suite.keyPairOf(sha256(fromUtf8('simulated validator'), bigEndian(index, 4))),
  );
  const idOf = ({ publicKey }: KeyPair): NodeId => toHex(publicKey) as NodeId;
  const genesis = genesisOf(keys.slice(0, options.validators), suite.suite, options);
  const { followerPolicy = 'none' } = options;
  const policy: FollowerPolicy =
    typeof followerPolicy === 'string'
      ? { mode: followerPolicy }
      : { mode: 'listed', listed: new Set(followerPolicy.listed.map((index) => idOf(keys[index] as KeyPair))) };
  const committee = committeeFor(genesis, suite);
  return {
    genesis,
    validators: options.validators,
    committee,
    nodeIds: keys.map(idOf),
    // the checkers' verifier has a memory of its own: none
    certificateProves: (header, certificate) => proves(committeeFor(genesis, options.suite), header, certificate),
    abroad: {
      committees: [
        committeeOf({ ...committee, chain: sha256Hex(fromUtf8('another chain')) }),
        committeeOf({ ...committee, epoch: committee.epoch + 1 }),
      ],
      sign: (voter, text) => suite.sign(keys[voter] as KeyPair, text),
    },
    boot: (boot, ready) => bootNode({ boot, genesis, suite, key: keys[boot.index] as KeyPair, policy, options }, ready),
  };
}

/** A commit certificate of the block itself, or of a descendant whose headers the committing node held. */
function proves(committee: Committee, header: Header, certificate: QuorumCert): boolean {
  if (!verifyQuorumCert(committee, certificate, 'commit')) return false;
  return certificate.height > header.order.height || certificate.id === header.id;
}

function genesisOf(
  keys: readonly KeyPair[],
  suite: number,
  { chains = defaultChains, segmentBytes = defaultSegmentBytes, retainBytes, window = 64 }: NodesOptions,
): NetworkGenesis {
  return {
    format: 1,
    name: 'simulated',
    dev: true,
    timeMs: 1_767_225_000_000,
    validators: keys.map(({ publicKey }, index) => ({
      name: `v${index + 1}`,
      nodeId: toHex(publicKey) as NodeId,
      suite,
      signingKey: publicKey,
      encryptionKey: sha256(fromUtf8('simulated encryption key'), bigEndian(index, 4)),
    })),
    followers: { mode: 'none', nodeIds: [] },
    chains: chains.map(({ name, application }) => ({
      name,
      application,
      shard: 'main',
      epoch: 0,
      window,
      fastPath: false,
      accounts: { mode: 'open', publicKeys: [] },
      bytesPerAccount: application === 'blob' ? 0 : GiB,
      retainBytes: retainBytes ?? 'all',
      segmentBytes,
    })),
  };
}

function committeeFor(genesis: NetworkGenesis, suite: SignatureSuite): Committee {
  const { chain, entry } = chainGenesis(genesis, firstChain(genesis));
  return committeeOf({
    chain,
    epoch: entry.epoch,
    keys: genesis.validators.map(({ signingKey }) => signingKey),
    window: entry.window,
    suite,
  });
}

function firstChain({ chains }: NetworkGenesis): string {
  return present(chains[0], 'a network has a chain').name;
}

interface NodeSetup {
  readonly boot: Boot;
  readonly genesis: NetworkGenesis;
  readonly suite: SignatureSuite;
  readonly key: KeyPair;
  readonly policy: FollowerPolicy;
  readonly options: NodesOptions;
}

/** What a test may ask of a node beside what loads do. */
export interface WholeNode extends SimNode {
  readonly node: Node;
  /** to the first chain, where none is named */
  submit(entry: Bytes, done: Parameters<SimNode['submit']>[1], chain?: string): void;
}

function bootNode(setup: NodeSetup, ready: (node: WholeNode) => void): void {
  const { boot, genesis } = setup;
  const { host, process } = boot;
  const { wrapApplication } = setup.options;
  const first = firstChain(genesis);
  const follows = boot.index >= genesis.validators.length;
  const ports = portsOf(setup);
  const { watchJournal } = boot;
  const home = { genesis, dataDirectory: 'data', watchJournal };
  const start = (): void => {
    const node = createNode(
      {
        ...home,
        nodeId: boot.self,
        validatorKey: follows ? undefined : setup.key,
        peers: boot.peers,
        followers: follows ? { mode: 'none' } : setup.policy,
        lowDiskBytes: MiB,
        plannedTermMs: milliseconds(setup.options.plannedTermMs),
        hooks: (chain) => hooksOf(setup, chain, first),
        ...(wrapApplication === undefined
          ? {}
          : { wrapApplication: (chain, application) => wrapApplication(boot.index, chain, application) }),
        frameCheck: witnessedFrameCheck(setup.options.frameCheck ?? createFrameCheck, host.world),
      },
      ports,
    );
    process.onDeath(() => node.system.halt());
    node.start((fault) => (fault === undefined ? ready(submitterOf(node, first)) : refused(boot, fault)));
  };
  // a home is made before anything can go wrong with it; one that was wiped is not made again
  if (!boot.firstStart || follows) start();
  else markFirstStart(home, ports, (fault) => (fault === undefined ? start() : host.gaveUp(process, fault.message)));
}

function hooksOf({ boot, options }: NodeSetup, chain: string, first: string): CoreHooks | undefined {
  const more = options.hooks?.(boot.index, chain);
  if (chain !== first) return more;
  return more === undefined ? boot.hooks : joinHooks(boot.hooks, more);
}

/** Disks fail while a node opens its shard too. What else stops it is damage, which only a sacrificed validator may have. */
function refused({ host, process, damaged }: Boot, { code, message }: NodeFault): void {
  if (code !== 'journal-write-failed' && code !== 'shard-disk-failed') damaged(message);
  host.gaveUp(process, message);
}

function portsOf({ boot, suite }: NodeSetup): NodePorts {
  const { host, process, transport } = boot;
  const random = host.world.random.protocol.fork(`node ${host.index} life ${host.starts}`);
  return {
    clock: process.clock,
    disk: host.disk.port(process),
    stores: host.stores.port(process),
    transport,
    suite,
    random,
    secureRandom: (length) => Uint8Array.from({ length }, () => random.below(256)),
    log: simLog(host.world, host.name),
    onFatal: boot.stopped,
  };
}

function submitterOf(node: Node, first: string): WholeNode {
  const chainOf = (name: string): Node['served'][number] =>
    present(
      node.served.find((chain) => chain.name === name),
      'a node has the chains of its genesis',
    );
  return {
    node,
    archive: () => chainOf(first).archive(),
    queues: () => ({ system: node.system.inspect(), peers: node.links.peers() }),
    submit(entry, done, chain = first) {
      const message = { type: 'submit', count: 1, entries: packEntries([entry]) };
      node.system.ask(chainOf(chain).addresses.admission, message, seconds(30), (outcome) => {
        const accepted =
          outcome.ok && outcome.value.type === 'submitted' && (outcome.value as Submitted).refused.length === 0;
        done(accepted ? 'accepted' : 'refused');
      });
    },
  };
}
