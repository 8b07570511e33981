// The real world in one file: which driver fills which port of a node. The command line launches nodes through it.

import { randomBytes } from 'node:crypto';
import { breakableClock } from './actors/drivers/breakable-clock.ts';
import { nativeSha256 } from './actors/drivers/native-sha256.ts';
import { createRealClock } from './actors/drivers/real-clock.ts';
import type { ActorSystem } from './actors/index.ts';
import type { NetworkGenesis } from './consensus/genesis/index.ts';
import { registerChainService } from './consensus/service/index.ts';
import type { Bytes } from './lib/bytes.ts';
import { accelerateCrc32 } from './lib/crc32.ts';
import { type ErrorName, PskyError } from './lib/errors.ts';
import { accelerateSha256 } from './lib/hash.ts';
import type { Log } from './lib/log.ts';
import { seededRandom } from './lib/random.ts';
import type { Secret } from './lib/secret.ts';
import { sodiumSuite } from './lib/suites/sodium.ts';
import { breakableTransport } from './net/drivers/breakable-transport.ts';
import { createNodeCertificate } from './net/drivers/node-certificate.ts';
import { createWsTransport } from './net/drivers/ws-transport.ts';
import { createGateway } from './net/gateway/drivers/gateway.ts';
import type { Gateway, GatewayAddresses } from './net/gateway/ports.ts';
import type { FollowerPolicy, NodeId, PeerAddress, Transport } from './net/index.ts';
import { createNode, markFirstStart as markChains, type Node, type NodeFault, type NodePorts } from './node.ts';
import { breakableDisk, type DiskBreakage } from './storage/drivers/breakable-disk.ts';
import { nativeCrc32 } from './storage/drivers/native-crc32.ts';
import { nodeDisk } from './storage/drivers/node-disk.ts';
import { nodeStores } from './storage/drivers/node-stores.ts';
import type { StoreEngine } from './storage/index.ts';

accelerateSha256(nativeSha256);
if (nativeCrc32 !== undefined) accelerateCrc32(nativeCrc32);

interface Endpoint {
  readonly host: string;
  /** 0 picks a free one */
  readonly port: number;
}

/** What decides how a node runs on this machine (config/config.toml). */
export interface LaunchConfig {
  readonly name: string;
  readonly peer: Endpoint & {
    readonly peers: readonly PeerAddress[];
    /** `off`: plain sockets, which the transport refuses on any address that is not loopback */
    readonly tls: 'on' | 'off';
  };
  readonly rpc: Endpoint & { readonly hosts: readonly string[]; readonly origins: readonly string[] };
  readonly metrics: Endpoint;
  readonly storage: { readonly engine: 'auto' | StoreEngine; readonly lowDiskBytes: number };
}

export interface LaunchOptions {
  readonly config: LaunchConfig;
  readonly genesis: NetworkGenesis;
  readonly nodeKey: { readonly nodeId: NodeId; readonly seed: Secret<Bytes> };
  /** absent: a follower */
  readonly validatorKey: { readonly seed: Secret<Bytes> } | undefined;
  readonly files: { readonly data: string };
  readonly version: string;
  readonly log: Log;
  /** a write failed, or a bug: the process must end now, before anything depends on what is not durable */
  readonly onFatal: (reason: string) => void;
  /** puts the disk, the clock and the links behind a switch; only where genesis says dev */
  readonly breakable: boolean;
}

/** What is done on purpose to the world of a running node. */
export interface Breakage {
  readonly disk: DiskBreakage;
  readonly clockOffsetMs: number;
  /** how much later everything comes that peers send to this node */
  readonly linkDelayMs: number;
}

export interface LaunchedNode {
  readonly nodeId: NodeId;
  readonly role: 'validator' | 'follower';
  /** for `psky inspect` */
  readonly actors: ActorSystem;
  /** the ports it got, where the configuration said 0 */
  readonly ports: { readonly peer: number; readonly rpc: number; readonly metrics: number };
  /** resolves when enough peers are linked and the lag is within its bound, as /readyz says; may never */
  readonly ready: Promise<void>;
  /** committed height of the first chain */
  height(): number;
  /** absent where it was not asked for */
  readonly break: ((breakage: Breakage) => void) | undefined;
  /** what SIGHUP reloads */
  reload(config: LaunchConfig): void;
  /** stops admitting and signing, flushes the journal, closes everything */
  drain(): Promise<void>;
}

/**
 * Starts a node in this process.
 *
 * @returns once all ports listen
 * @throws PskyError when a port, key or shard cannot be used
 */
export async function launchNode(options: LaunchOptions): Promise<LaunchedNode> {
  const { config, genesis, nodeKey, log } = options;
  const sockets = createWsTransport({
    host: config.peer.host,
    port: config.peer.port,
    security:
      config.peer.tls === 'off'
        ? { mode: 'plain', nodeId: nodeKey.nodeId }
        : { mode: 'tls', certificate: await createNodeCertificate(nodeKey.seed.reveal()) },
    onRefused: (reason) => node.metrics.count('psky_p2p_refused_connections_total', 1, { reason }),
  });
  const { world, breakWorld } = options.breakable
    ? breakableWorld(sockets)
    : { world: { ...machine(), transport: sockets }, breakWorld: undefined };
  const ports: NodePorts = { ...world, log, onFatal: options.onFatal };
  const node = createNode(
    {
      genesis,
      nodeId: nodeKey.nodeId,
      validatorKey:
        options.validatorKey === undefined ? undefined : sodiumSuite.keyPairOf(options.validatorKey.seed.reveal()),
      dataDirectory: options.files.data,
      peers: config.peer.peers,
      followers: followersOf(options),
      engine: engineOf(config),
      lowDiskBytes: config.storage.lowDiskBytes,
    },
    ports,
  );
  await started(node);
  const { rpc, metrics } = config;
  const gateway = createGateway({ ...rpc, metricsAt: metrics, metrics: node.metrics, version: options.version });
  const service = registerChainService(gateway, {
    system: node.system,
    clock: ports.clock,
    chains: node.served,
    validators: genesis.validators,
    nodeId: nodeKey.nodeId,
    nodeName: config.name,
    version: options.version,
    role: node.role,
  });
  const addresses = await listening(gateway);
  log.info('listening', { rpc: addresses.rpc, peer: sockets.port(), role: node.role });
  return {
    nodeId: nodeKey.nodeId,
    role: node.role,
    actors: node.system,
    ports: { peer: sockets.port(), rpc: portOf(addresses.rpc), metrics: portOf(addresses.metrics) },
    ready: new Promise((resolve) => service.whenReady(resolve)),
    height: () => node.metrics.value('psky_consensus_height', { chain: genesis.chains[0]?.name ?? '' }),
    break: breakWorld,
    reload: (changed) => node.links.setPeers(changed.peer.peers, followersOf(options)),
    async drain() {
      gateway.drain('the node is going down');
      await new Promise<void>((resolve) => gateway.close(resolve));
      await new Promise<void>((resolve) => node.drain(resolve));
    },
  };
}

type Machine = Omit<NodePorts, 'transport' | 'log' | 'onFatal'>;

const machine = (): Machine => ({
  clock: createRealClock(),
  disk: nodeDisk(),
  stores: nodeStores(),
  suite: sodiumSuite,
  random: seededRandom(randomBytes(4).readUInt32LE(0)),
  secureRandom: (length) => new Uint8Array(randomBytes(length)),
});

interface BreakableWorld {
  readonly world: Omit<NodePorts, 'log' | 'onFatal'>;
  readonly breakWorld: (breakage: Breakage) => void;
}

function breakableWorld(sockets: Transport): BreakableWorld {
  const sound = machine();
  const storage = breakableDisk(sound);
  const { clock, jump } = breakableClock(sound.clock);
  const { transport, delay } = breakableTransport(sockets, sound.clock);
  return {
    world: { ...sound, clock, transport, disk: storage.disk, stores: storage.stores },
    breakWorld({ disk, clockOffsetMs, linkDelayMs }) {
      storage.break(disk);
      jump(clockOffsetMs);
      delay(linkDelayMs);
    },
  };
}

const engineOf = (config: LaunchConfig): StoreEngine | undefined =>
  config.storage.engine === 'auto' ? undefined : config.storage.engine;

/** A follower is followed by nobody: it has no certificates to give but those that it was given. */
function followersOf({ genesis: { followers }, validatorKey }: LaunchOptions): FollowerPolicy {
  if (validatorKey === undefined) return { mode: 'none' };
  return followers.mode === 'listed'
    ? { mode: 'listed', listed: new Set(followers.nodeIds) }
    : { mode: followers.mode };
}

function started(node: Node): Promise<void> {
  return new Promise((resolve, reject) =>
    node.start((fault) => (fault === undefined ? resolve() : reject(refusal(fault)))),
  );
}

/** The faults of shards and transports are named like the rows of lib/errors.ts. */
function refusal({ code, message }: NodeFault): PskyError {
  return new PskyError(code as ErrorName, message);
}

function listening(gateway: Gateway): Promise<GatewayAddresses> {
  return new Promise((resolve, reject) =>
    gateway.start((fault, addresses) =>
      addresses === undefined
        ? reject(new PskyError(fault?.name ?? 'internal-error', fault?.detail))
        : resolve(addresses),
    ),
  );
}

const portOf = (url: string | undefined): number => (url === undefined ? 0 : Number(new URL(url).port));

/** D5: what `psky init` writes into the home of a validator, once. */
export function markFirstStart(
  files: { readonly data: string },
  genesis: NetworkGenesis,
  config: LaunchConfig,
): Promise<void> {
  return new Promise((resolve, reject) => {
    markChains({ genesis, dataDirectory: files.data, engine: engineOf(config) }, machine(), (fault) =>
      fault === undefined ? resolve() : reject(new PskyError(fault.code, fault.message)),
    );
  });
}
