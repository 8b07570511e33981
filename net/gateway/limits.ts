// Bounds of what clients can make a node hold, with their arithmetic. What happens at the bound stands beside each.

import { KiB, MiB } from '../../lib/units.ts';

/** One entry: a command ≤ 64 KiB, a bundle ≤ 1 MiB (consensus/application.ts). Beyond: refused as too large. */
export const maxEntryBytes = MiB;

/** Names, keys and hashes; beyond: refused by the schema. */
export const maxQueryArgumentBytes = 4 * KiB;

/** A JSON-RPC request: one entry in base64 (4/3 of 1 MiB) and its envelope. Beyond: 413, or the socket closes. */
export const maxRpcBodyBytes = Math.ceil((4 * maxEntryBytes) / 3) + 64 * KiB;

/** JSON-RPC calls of one batch request; beyond: the batch is refused. */
export const maxRpcBatch = 64;

/** Characters of a JSON-RPC request's id, which its answer repeats: three UUIDs. Longer: the request is refused. */
export const maxRpcIdLength = 128;

/** Nested arrays and objects of a msgpack body: a batch of requests with parameters has 3. Beyond: refused. (JSON has no
 * bound of its own: its parser takes what fits into the body, and the schemas refuse what is nested.) */
export const maxDocumentDepth = 16;

/** Keys and values of a msgpack body: 64 requests with 10 fields of parameters are 2,000. Beyond: refused. */
export const maxDocumentItems = 8_192;

/** Entries of one Submit. */
export const maxEntriesPerFrame = 1_000;

/** Entries of one Submit with their length prefixes: 1,000 × 512 B is half of it, one full bundle fits. */
export const maxFrameEntriesBytes = MiB + 64 * KiB;

/** A stream frame with its envelope; beyond: the socket closes. */
export const maxStreamFrameBytes = maxFrameEntriesBytes + KiB;

/** Numbers in one Answer or Notice: an answer to 1,000 entries refused one by one holds 2,000; a notice of a block at
 * 100,000 commands/s and 4 ms names 400 entries. A longer notice is sent as several. */
export const maxNumbersPerFrame = 8_192;

/** Bytes of Submits that a stream client may have unanswered: 4 × a full frame keeps a 100,000/s client going for 80 ms.
 * Beyond: the client broke the credit it was given, the stream closes. */
export const streamCreditBytes = 4 * MiB;

/** Bytes that wait for a client that gives no credit or does not read. Beyond: `lagged`, the stream closes, and the
 * client resumes with Watch. 256 clients × 4 MiB = 1 GiB is the worst case and needs 256 hostile authorised clients. */
export const maxClientQueueBytes = 4 * MiB;

/** WebSocket clients of any sort. Beyond: 503 at the upgrade. */
export const maxSockets = 256;

/** Of those, per remote address, unless it is loopback (a devnet's load generator opens many). Beyond: 429. */
export const maxSocketsPerAddress = 32;

/** Plain HTTP connections, idle ones included; 10,000 would take 10,000 file handles. Beyond: the newest is closed. */
export const maxHttpConnections = 1_024;

/** Requests per second and remote address that is not loopback, in a bucket of two seconds. Beyond: 429. */
export const maxRequestsPerSecond = 200;

/** Remote addresses remembered by the rate limit; beyond, the least recently seen is forgotten. */
export const maxRememberedAddresses = 4_096;

/** JSON-RPC calls of one WebSocket that are not answered yet; beyond: refused with `gateway-busy`. */
export const maxCallsInFlight = 256;

export const maxSubscriptionsPerSocket = 32;

/** Notifications kept for a subscription without credit; beyond: `lagged`. */
export const maxQueuedNotifications = 256;

/** How long a browser may remember that pages of a listed origin may ask. */
export const preflightSeconds = 600;

/** Origins, and host names, that an operator may list. */
export const maxListedNames = 64;

/** An HTTP request's head and body must be in within this time (slow-loris); beyond: 408. */
export const requestTimeoutMs = 30_000;

/** WebSocket clients are pinged at this pace and closed when they stayed silent over two of them. */
export const socketPingMs = 15_000;
