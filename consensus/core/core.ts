// The state of one consensus instance at its beginning, and the few words that every part of it uses. The core is a pure
// reducer with owned state: no clock, no randomness, no disk, no socket. `step` (step.ts) feeds it; every file beside this
// one holds one part of it.

import { zeroHash } from '../../lib/hash.ts';
import type { Ms } from '../../lib/units.ts';
import type { LaneHead } from '../certificate/types.ts';
import { timerBase } from '../limits.ts';
import type { Block, Core, CoreOptions, Output, TimerName } from './core-types.ts';
import { noPeaks } from './history.ts';
import type { JournalRecord, PeerMessage } from './messages.ts';

export function createCore(options: CoreOptions, now: Ms, wallMs: number): Core {
  const { committee } = options;
  const noHead: LaneHead = { seq: 0, digest: zeroHash };
  const each = <T>(make: () => T): T[] => Array.from({ length: committee.n }, make);
  const genesis: Block = {
    id: committee.genesisId,
    term: -1,
    height: 0,
    parentId: zeroHash,
    cut: each(() => noHead),
    timeMs: options.genesisTimeMs,
    execHeight: 0,
    ...options.genesisRoots,
    header: undefined,
    signature: new Uint8Array(0),
    entry: null,
    parent: undefined,
    children: [],
    connected: true,
    verdict: 'valid',
    wellFormed: true,
    voted: true,
    record: 0,
    past: noPeaks,
  };
  return {
    options,
    committee,
    me: options.me,
    now,
    wallMs,
    outputs: [],
    recovering: false,
    again: false,
    appended: 0,
    durable: 0,
    held: [],
    term: 0,
    timedOut: false,
    termBegun: false,
    bootTerm: -1,
    entry: undefined,
    enterRecord: 0,
    vote: undefined,
    signedVote: undefined,
    timeout: undefined,
    signedTimeout: undefined,
    fenced: undefined,
    stopped: undefined,
    awaitingHellos: undefined,
    genesis,
    blocks: new Map([[genesis.id, genesis]]),
    keptBlocks: 0,
    places: new Map(),
    orphans: new Map(),
    openBlocks: new Set(),
    qcs: new Map(),
    highQc: undefined,
    termQc: undefined,
    chainQcHeight: 0,
    slots: new Map(),
    dirtyTallies: new Set(),
    votesUnresolved: false,
    latestTimeouts: each(() => undefined),
    termTimeouts: new Map(),
    timeoutQcs: new Map(),
    seenVotes: each(() => undefined),
    seenTimeouts: each(() => undefined),
    verifiedTcs: new Map(),
    committedTip: genesis,
    commitCert: undefined,
    pendingCommit: undefined,
    unrecordedCommit: undefined,
    toExecute: [],
    executing: [],
    executed: options.applied.height,
    requested: options.applied.height,
    roots: new Map([
      [0, options.genesisRoots],
      ...options.applied.roots.map(({ height, stateRoot, outboxRoot }) => [height, { stateRoot, outboxRoot }] as const),
    ]),
    lastCommit: -Infinity as Ms,
    lastOrdered: 0,
    reportedExecution: Array.from({ length: committee.n }, (_, peer) =>
      peer === options.me ? options.applied.height : 0,
    ),
    reportedTo: 0,
    lanes: each(() => ({
      head: noHead,
      committed: noHead,
      chain: new Map(),
      ahead: new Map(),
      next: new Map(),
      strays: new Set(),
      heldBytes: 0,
      paused: false,
    })),
    batches: new Map(),
    batchRecords: new Map(),
    forgotten: [],
    own: noHead,
    redo: [],
    tip: undefined,
    lastProposal: -Infinity as Ms,
    sentChainQc: undefined,
    draining: false,
    up: each(() => false),
    downSince: each(() => now),
    lastSaid: new Map(),
    wantedHeaders: new Map(),
    wantedBatches: new Map(),
    laneReports: new Map(),
    seenBatches: each(() => 0),
    timers: new Map(),
    timeoutBase: timerBase,
    timerFloor: timerBase,
    quorumTripMs: 0,
    usefulCommit: false,
    resigned: false,
    workSince: undefined,
    workedMs: 0,
    haveSent: false,
    checkpointSigned: 0,
    checkpointVotes: new Map(),
    checkpoint: undefined,
    kept: { oldest: 1, snapshot: undefined },
    offers: new Map(),
    offersChanged: false,
    frozen: false,
  };
}

export const commitHeight = (core: Core): number => core.committedTip.height;

/** May this node put its signature under something new? */
export function maySign(core: Core): boolean {
  return (
    core.me !== undefined &&
    core.fenced === undefined &&
    core.stopped === undefined &&
    core.awaitingHellos === undefined
  );
}

export function emit(core: Core, output: Output): void {
  core.outputs.push(output);
}

export function send(core: Core, to: number | 'all', message: PeerMessage, after?: number): void {
  if (to !== 'all' && (to === core.me || !core.up[to])) return;
  emit(core, after === undefined ? { type: 'send', to, message } : { type: 'send', to, message, after });
}

/** Appends a record and returns its number; it is durable once `core.durable` reaches that number. */
export function append(core: Core, record: JournalRecord): number {
  if (core.recovering) return core.durable;
  recordCommit(core);
  core.appended += 1;
  emit(core, { type: 'append', number: core.appended, record });
  return core.appended;
}

/**
 * A COMMIT attests nothing and nothing waits for it: the votes that prove it are durable at q validators (D1), and theirs are
 * heard again after a crash. So it goes with the next record, before it, or by itself when none follows soon.
 */
export function recordCommit(core: Core): void {
  const certificate = core.unrecordedCommit;
  if (certificate === undefined) return;
  core.unrecordedCommit = undefined;
  append(core, { type: 'commit', certificate });
}

/** Whether `message` may be repeated to a peer: once per t_r, and anew after a reconnect (L2). */
export function mayRepeat(core: Core, key: string, everyMs: Ms): boolean {
  const last = core.lastSaid.get(key);
  if (last !== undefined && core.now < last + everyMs) return false;
  core.lastSaid.set(key, core.now);
  return true;
}

/** Brings a deadline forward, never back. */
export function timerBefore(core: Core, name: TimerName, at: Ms): void {
  const set = core.timers.get(name);
  if (set === undefined || at < set) core.timers.set(name, at);
}
