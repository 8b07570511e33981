// Bounds of the drivers, with their arithmetic and what happens at the bound.

import { KiB, MiB } from '../../lib/units.ts';

/** Arrived and not yet due in a delay line, per connection: 50 ms at 320 MB/s, more than a node sends. At the bound nothing
 * more is read from the connection until half of it was delivered, as a full window stops a sender far away. */
export const maxDelayedBytes = 16 * MiB;

/** A line of a request to the admin socket; beyond, the connection closes. Answers (dumps) may be longer. */
export const maxAdminRequestBytes = 64 * KiB;
/** Connections at once: a few terminals. Beyond: closed at once. */
export const maxAdminConnections = 32;
/** Requests that one connection may have open. Beyond: refused as overloaded. */
export const maxAdminRequests = 64;
/** Unread bytes of a follower. Beyond: it is cut off with `lagged`. */
export const maxAdminUnreadBytes = 4 * MiB;

/** How long a peer may take to answer a close before the socket is destroyed. */
export const closeGraceMs = 1_000;
