// Bounds of the simulated world, and what happens there.

/**
 * More events than this without virtual time moving on is a livelock: the run ends as a violation. A busy instant of
 * seven validators holds a few hundred.
 */
export const maxEventsPerInstant = 200_000;

/** Bytes of a disk's sector: the unit in which an interrupted write survives. */
export const sectorBytes = 512;

/** Alignment that a simulated O_DIRECT file asks for, as Linux file systems do. */
export const directAlignment = 4096;

/** A simulated disk's capacity unless a test or a fault says otherwise; far above what a run writes. */
export const defaultDiskBytes = 64 * 2 ** 30;

/** A dial that gets no answer gives up after this. */
export const dialTimeoutMs = 3_000;

/** What the socket buffers of both ends take before a sender notices that nobody reads. */
export const socketBufferBytes = 256 * 1024;
