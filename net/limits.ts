// Bounds of what peers can make a node hold, with their arithmetic. What happens at the bound stands beside each.

import { KiB, MiB, milliseconds, minutes, seconds } from '../lib/units.ts';

/** One frame on control: a TC of 100 signers with attached certificates is below 256 KiB. Writing more is our own bug;
 * receiving more is misbehaviour. */
export const maxControlFrameBytes = MiB;

/** Frames that coalesce into one control message; a larger frame goes alone. */
export const corkBytes = 64 * KiB;

/** Header of a bulk message or reply. Receiving more is misbehaviour. */
export const maxBulkHeaderBytes = 64 * KiB;

/** Body of a bulk message or reply: a batch is sealed at 512 KiB, or holds one bundle of 1 MiB. Receiving more, or more
 * than the header declared, is misbehaviour. */
export const maxBulkBodyBytes = MiB + 64 * KiB;

/** A slice of a body; longer ones would keep the socket from other links of the same turn. */
export const sliceBytes = 64 * KiB;

/** Any wire message: the largest control frame and its prefixes. The transport closes on more before buffering it. */
export const maxWireMessageBytes = maxControlFrameBytes + 4 * KiB;

/** Written and not on the wire, per link (L1): 4 s of a 512-byte load of 16,000 commands/s. Beyond: the link closes, and
 * Hello finds out what is missing. */
export const maxOutboundBytes = 32 * MiB;

/** Replies wait while more than this is unsent on control, so that a vote waits behind at most 256 KiB (2 ms at 1 Gbit/s). */
export const replyWindowBytes = 256 * KiB;

/** How soon waiting replies look at the window again. */
export const replyPumpMs = milliseconds(2);

/** Bulk that came before its chain's `link-up` (the announcement travels on control): beyond, the link closes. */
export const maxHeldBytes = 4 * MiB;

/** Bulk connections that a peer may have open on one link before they are bound: two, and two of an earlier link. */
export const maxUnboundBulk = 4;

/** Chains that a peer may announce, 80 bytes each. Beyond: misbehaviour. */
export const maxChains = 4_096;

export const pingIntervalMs = seconds(1);

/** A link on which nothing was heard for so long is closed: five pings; pauses below it (GC, a busy disk) are normal. */
export const silenceMs = seconds(5);

/** From connection to `ready`; longer is a broken or hostile peer. Beyond: the link closes and backs off. */
export const greetingMs = seconds(5);

/** Peer machine: back-off doubles from `first` to `max`. */
export const validatorBackoff = { firstMs: milliseconds(100), maxMs: seconds(2) };
export const followerBackoff = { firstMs: seconds(1), maxMs: seconds(60) };
export const banMs = minutes(10);

/** Links of nodes that are not validators; 16 × 4 MiB/s is what a node serves beside its own work. Beyond: refused after
 * the handshake. A validator's link is never refused for it. */
export const maxFollowers = 16;

/** What a follower may send per second, over two seconds: forwarded commands. Beyond: its sockets are read later. */
export const followerBytesPerSecond = 4 * MiB;

/** Written and not on the wire, to a follower: what it asks for at a time (8 MiB), twice; sixteen that read nothing hold
 * 256 MiB. Beyond: the link closes. */
export const maxFollowerOutboundBytes = 16 * MiB;

/** Nodes whose misbehaviour is remembered though they are not linked; the oldest is forgotten first. */
export const maxRememberedPeers = 1_024;

/** Distinct reasons counted per peer; later ones count as `other`. */
export const maxReasons = 32;

/** Inbound sockets before and after the handshake: (100 validators + 16 followers) × 2 inbound each, twice for those that
 * are being replaced. Beyond: closed at once. */
export const maxInboundSockets = 512;

/** Inbound sockets of one remote address that is not loopback: several nodes behind one address, 4 sockets each. */
export const maxInboundPerAddress = 64;

/** Sockets that have not finished TLS and the upgrade, per remote address that is not loopback. */
export const maxUngreetedPerAddress = 16;

/** TLS and WebSocket handshakes must end within this time. */
export const handshakeMs = seconds(5);

/** Messages that wait for a peer's actor. Events per link are few: this is a peer that connects and breaks 20 times within a turn. */
export const peerMailbox = 64;
