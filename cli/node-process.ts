// One node in this process, from its home to its drained end. `psky start` runs it; a devnet's supervisor runs one
// process of it per member and hears of its life over the IPC channel.

import { existsSync, mkdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { createPinoLog, type PinoLog } from '../actors/drivers/pino-log.ts';
import type { NetworkGenesis } from '../consensus/genesis/index.ts';
import type { LaunchedNode } from '../drivers.ts';
import { equalBytes } from '../lib/bytes.ts';
import { PskyError } from '../lib/errors.ts';
import { type AdminServer, createAdminServer } from '../net/drivers/admin-server.ts';
import { registerBreaking } from './dev/breaking.ts';
import { exitCode } from './exit.ts';
import { removeFailure, writeFailure } from './failure.ts';
import { isLoopback, type NodeConfig } from './home/config.ts';
import { loadConfig, loadGenesis, type NodeHome } from './home/home.ts';
import { loadNodeKey, loadValidatorKey, type NodeKey, type ValidatorKey } from './home/key-files.ts';
import { lockHome } from './home/lock.ts';
import { formatPeerUrl } from './home/peer-url.ts';
import { registerInspection } from './inspection.ts';
import { drainMs } from './limits.ts';
import { openLogFile } from './log-file.ts';
import { registerProfiling } from './profiling.ts';
import { asKnown } from './remote-error.ts';
import { type RunningInfo, removeRunning, writeRunning } from './running.ts';
import { onStopSignals } from './signals.ts';
import type { Environment } from './verb.ts';
import { version } from './version.ts';

export interface NodeOwner {
  /** drain when the process that started this one is gone */
  readonly diesWithParent: boolean;
  /** all ports listen, and a follower has caught up or tried for a while; `height` is that of the first chain */
  readonly listening: (info: RunningInfo, role: 'validator' | 'follower', height: number) => void;
  /** enough peers are linked and the lag is small */
  readonly ready: () => void;
}

/** how long a start waits for a follower to reach a validator; then it goes on by itself */
const followMs = 10_000;

/**
 * Runs the node until a signal drains it.
 * @returns the exit code
 * @throws PskyError when it cannot start
 */
export async function runNode(home: NodeHome, environment: Environment, owner: NodeOwner): Promise<number> {
  try {
    return await run(home, environment, owner);
  } catch (error) {
    const known = asKnown(error);
    if (known.row.name !== 'home-in-use') writeFailure(home, known); // that one is not this home's end
    throw known;
  }
}

/**
 * Batches lie in buffers outside of V8's heap, and V8 takes them for growth of it: at 100,000 commands a second it marked
 * 30 MB of heap six times a second, a third of all CPU. It may grow threefold before it is marked.
 */
const heapFlags = '--heap-growing-percent=200';

async function run(home: NodeHome, environment: Environment, owner: NodeOwner): Promise<number> {
  setFlagsFromString(heapFlags);
  const config = loadConfig(home, environment);
  const genesis = loadGenesis(home);
  refuseOpenDevnet(genesis, config);
  refusePlainLinks(genesis, config);
  const nodeKey = loadNodeKey(home.files.nodeKey);
  const validatorKey = loadOwnValidatorKey(home, genesis, nodeKey);
  mkdirSync(home.files.run, { recursive: true, mode: 0o700 });
  const release = lockHome(home.files.lock);
  removeFailure(home);
  const logFile = openLogFile(`${home.files.logs}/node.log`);
  const log = createPinoLog({ level: config.log.level, destination: logFile, base: { node: config.name } });
  applyLevels(log, config);
  try {
    const { launchNode } = await import('../drivers.ts');
    const leave = (reason: string, code: number): never => {
      try {
        writeFailure(home, new PskyError('node-failed', firstLine(reason)));
        log.log.error('stopped', { reason, exitCode: code });
        logFile.close();
      } finally {
        process.exit(code); // also where a full disk takes no more lines
      }
    };
    const onFatal = (reason: string): never => leave(reason, exitCode.unwritable);
    process.on('uncaughtException', (error) => leave(error.stack ?? error.message, exitCode.error));
    process.on('unhandledRejection', (error) => leave(String(error), exitCode.error));
    const reloader = reloadOnSignal(home, environment, log, genesis);
    const node = await launchNode({
      ...{ config, genesis, nodeKey, validatorKey, version, onFatal },
      breakable: genesis.dev,
      files: home.files,
      log: log.log,
    });
    const info = runningInfoOf(config, nodeKey, node);
    const admin = await openAdmin(home, node);
    writeRunning(home, info);
    let drained = false;
    void (node.role === 'follower' ? heardOrLate(node) : Promise.resolve()).then(() => {
      if (drained) return;
      owner.listening(info, node.role, node.height());
      node.ready.then(owner.ready, () => {});
    });
    reloader.started(node);
    const code = await untilDrained(node, log, owner.diesWithParent);
    drained = true;
    await new Promise<void>((closed) => admin.close(closed));
    return code;
  } finally {
    removeRunning(home);
    release();
    logFile.close();
  }
}

/** So that the height which a follower reports is the chain's, and a query right after the start finds what is there. */
function heardOrLate(node: LaunchedNode): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, followMs);
    node.ready.then(resolve, resolve).finally(() => clearTimeout(timer));
  });
}

function openAdmin(home: NodeHome, node: LaunchedNode): Promise<AdminServer> {
  const admin = createAdminServer();
  registerInspection(admin, node.actors);
  registerProfiling(admin);
  if (node.break !== undefined) registerBreaking(admin, home.files.devToken, node.break);
  return new Promise((resolve, reject) => {
    admin.listen(home.path, (fault) => {
      if (fault === undefined) resolve(admin);
      else reject(new PskyError(fault.name, fault.detail));
    });
  });
}

async function untilDrained(node: LaunchedNode, log: PinoLog, diesWithParent: boolean): Promise<number> {
  const code = await new Promise<number>((resolve) => {
    const drain = (): void => {
      log.log.info('draining');
      const timer = setTimeout(() => resolve(exitCode.error), drainMs);
      node
        .drain()
        .then(
          () => resolve(exitCode.ok),
          (error) => {
            log.log.error('drain failed', { error: String(error) });
            resolve(exitCode.error);
          },
        )
        .finally(() => clearTimeout(timer));
    };
    onStopSignals({ drain, force: (forced) => resolve(forced) });
    if (diesWithParent && process.connected) process.once('disconnect', drain);
  });
  log.log.info(code === exitCode.ok ? 'drained' : 'forced', { exitCode: code });
  return code;
}

/** A validator key counts only where the genesis names it; then the node key must be that validator's too. */
function loadOwnValidatorKey(home: NodeHome, genesis: NetworkGenesis, nodeKey: NodeKey): ValidatorKey | undefined {
  if (!existsSync(home.files.validatorKey)) {
    const named = genesis.validators.find((each) => each.nodeId === nodeKey.nodeId);
    if (named === undefined) return undefined;
    throw new PskyError(
      'bad-configuration',
      `The genesis names this node as ${named.name}, and it has no validator key.`,
    );
  }
  const key = loadValidatorKey(home.files.validatorKey);
  const entry = genesis.validators.find((each) => equalBytes(each.signingKey, key.signingKey));
  if (entry === undefined) return undefined;
  if (entry.nodeId !== nodeKey.nodeId || !equalBytes(entry.encryptionKey, key.encryptionKey)) {
    throw new PskyError('bad-genesis', `It names other keys for ${entry.name} than this home holds.`);
  }
  return key;
}

/** Dev accounts and deliberate faults are for one machine only. */
function refuseOpenDevnet(genesis: NetworkGenesis, config: NodeConfig): void {
  if (!genesis.dev) return;
  const addresses = [
    config.peer.host,
    config.rpc.host,
    config.metrics.host,
    ...config.peer.peers.map((peer) => peer.host),
  ];
  const open = addresses.find((host) => !isLoopback(host));
  if (open !== undefined) throw new PskyError('insecure-bind', `The genesis says dev, and ${open} is not loopback.`);
}

/** Without TLS nobody proves who it is: that is for measuring on a devnet, all addresses of which are loopback (above). */
function refusePlainLinks(genesis: NetworkGenesis, config: NodeConfig): void {
  if (config.peer.tls === 'on' || genesis.dev) return;
  throw new PskyError('bad-configuration', 'peer.tls is off, and the genesis does not say dev.');
}

function runningInfoOf(config: NodeConfig, nodeKey: NodeKey, node: LaunchedNode): RunningInfo {
  const host = (name: string) => (name.includes(':') ? `[${name}]` : name);
  return {
    name: config.name,
    pid: process.pid,
    nodeId: nodeKey.nodeId,
    rpc: `http://${host(config.rpc.host)}:${node.ports.rpc}`,
    metrics: `http://${host(config.metrics.host)}:${node.ports.metrics}/metrics`,
    peer: formatPeerUrl({
      address: { nodeId: nodeKey.nodeId, host: config.peer.host, port: node.ports.peer },
      tls: config.peer.tls,
    }),
  };
}

function applyLevels(log: PinoLog, config: NodeConfig): void {
  log.setLevels(config.log.level, Object.fromEntries(config.log.modules.map(({ module, level }) => [module, level])));
}

/** SIGHUP reads levels and peers again. One that comes while the node starts must not end it, and counts when it has. */
function reloadOnSignal(
  home: NodeHome,
  environment: Environment,
  log: PinoLog,
  genesis: NetworkGenesis,
): { started(node: LaunchedNode): void } {
  let node: LaunchedNode | undefined;
  let early = false;
  const reload = (): void => {
    if (node === undefined) {
      early = true;
      return;
    }
    try {
      const config = loadConfig(home, environment);
      refuseOpenDevnet(genesis, config);
      refusePlainLinks(genesis, config);
      applyLevels(log, config);
      node.reload(config);
      log.log.info('configuration reloaded');
    } catch (error) {
      log.log.error('configuration not reloaded', { error: (error as Error).message });
    }
  };
  process.on('SIGHUP', reload);
  return {
    started(launched) {
      node = launched;
      if (early) reload();
    },
  };
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;
