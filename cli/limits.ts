// Bounds of psky's own processes and files, with their arithmetic.

import { MiB } from '../lib/units.ts';

/** A drain that takes longer is cut off, by the node itself and by a devnet's supervisor: as safe as a crash, it only costs
 * the recovery. A stop, with what comes before and after a drain, takes 10 s at most. */
export const drainMs = 8_000;
/** From SIGTERM to SIGKILL: longer than a drain, so that only a process that hangs is killed. */
export const stopMs = 9_500;

/** A member that crashes is started again after so long, doubled each time up to the longest. */
export const backoffMs = { first: 500, longest: 10_000 } as const;
/** As often in a row for one and the same reason: 7.5 s of back-off, and the next start would end alike. Then it is given
 * up until somebody revives it. */
export const maxFailuresAlike = 5;
/** A member that lived this long crashed for a new reason. */
export const healthyMs = 60_000;

/** A log of this size is moved on by one name. */
export const rotateBytes = 16 * MiB;
/** Beside the newest: five files of 16 MiB per node, 80 MiB. At the bound the oldest is gone. */
export const keptLogFiles = 4;
/** Lines that `psky logs` shows of each member: 20 MB of 200 bytes each are held until all are in order. Beyond: the newest. */
export const maxLogLines = 100_000;

/** A profile is thrown away when it takes longer, and its owner told: 900,000 samples of 16 bytes. */
export const longestProfileMs = 15 * 60_000;

/** How often a start looks again at a lock that others take, leave or inherit at the same time. A devnet's start, stop and
 * status are three at once; whoever meets more is told that the home is in use. */
export const maxLockAttempts = 4;

/**
 * For a node's process: glibc gives each thread heaps of its own, and what is freed in one is of no use in another. Two are
 * enough: 380 instead of 420 MB at 8,000 puts a second, and no slower. Whoever starts a process with another value keeps it.
 */
export const allocatorSettings = { MALLOC_ARENA_MAX: '2' } as const;

/** A member of a cluster of choreographies has so long to listen: it bundles and opens a store, on a machine that may be busy. */
export const clusterStartMs = 120_000;
/** One that died is started again after this long, as often as it dies. */
export const clusterRestartMs = 300;
/** How long parties are waited for that are to learn how an instance ended; who cannot be told now is told at the next start. */
export const settleMs = 2_000;

/** Instances that `psky swarms list` shows at most: each is read and verified, one to ten milliseconds for ten hops. To know the
 * newest it looks at the first record of all, 300 B of memory each. */
export const maxListedInstances = 1_000;
