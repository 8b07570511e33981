// Bounds of what a client holds, with their arithmetic.

import { MiB } from '../lib/units.ts';

/** Notifications that a subscription takes before its reader has read them; the node keeps the others and, at its own
 * bound, says `lagged`: the client then subscribes again where it was, so that a slow reader loses nothing. */
export const subscriptionCredit = 64;

/** One notification: a block of 64 lanes with its header is about 200 KiB; events are cut at 1,000. Longer: the connection
 * closes. 64 of them are the most that wait for a reader. */
export const maxNotificationBytes = 4 * MiB;

/** One answer to a call: 100 blocks of 64 lanes with their headers are 20 MiB, a value of 1 MiB and its proof in hex 4 MiB.
 * Longer: the rest is not read, and the call fails with `answer-too-long`. */
export const maxAnswerBytes = 32 * MiB;

/** Times that `execute` signs anew because another client has taken its nonce. Each time a whole command of the other one
 * was executed in between; then the receipt, `nonce-used`, is the answer. */
export const maxNonceAttempts = 5;

/** Until a WebSocket is open; then it counts as closed, and the next node is tried. */
export const handshakeTimeoutMs = 5_000;

/** How long `execute` and reads wait where the caller says nothing; one attempt at one node; the pause before the next one. */
export const defaultTimeoutMs = 10_000;
export const attemptMs = 5_000;
export const retryPauseMs = 200;

/** Between two rounds of all endpoints, doubled each time. */
export const subscriptionPauseMs = { first: 200, longest: 2_000 } as const;
/** Times in a row that all endpoints may fail to take a subscription; then its reader hears of it. With the pause between
 * them (200 ms, doubled up to 2 s) about 10 s, in which a validator restarts. */
export const maxSubscriptionRounds = 8;
