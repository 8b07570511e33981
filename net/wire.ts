// One connection of a link: numbers what leaves, judges what comes, remembers who wants it paused and when it was last
// heard. Control frames of a turn leave as one message; replies follow in slices while little is waiting (L3, L4).

import type { Clock } from '../actors/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { sliceBody } from './body.ts';
import { encodeHeader, encodePrefix, framePrefixBytes, headerBytes, type WireHeader, wireKind } from './frame.ts';
import type { FrameCheck, Verdict } from './frame-check.ts';
import { corkBytes, replyPumpMs, replyWindowBytes } from './limits.ts';
import type { Connection } from './ports.ts';

export class Wire {
  readonly connection: Connection;
  readonly #check: FrameCheck;
  readonly #mine: number;
  readonly #pausedBy = new Set<string>();
  #sent = 0;
  heardAt: number;

  constructor(connection: Connection, options: { mine: number; check: FrameCheck; now: number }) {
    this.connection = connection;
    this.#mine = options.mine;
    this.#check = options.check;
    this.heardAt = options.now;
  }

  /** hello, bind and bound stand outside the numbering: they name both sessions themselves */
  sendUnnumbered(kind: number, payload: Bytes): void {
    this.connection.send([encodeHeader(kind, this.#mine, 0), payload]);
  }

  send(kind: number, parts: readonly Bytes[]): void {
    this.connection.send([encodeHeader(kind, this.#mine, ++this.#sent), ...parts]);
  }

  /** the head and the slices of a bulk message */
  sendBody(number: number, header: Bytes, body: readonly Bytes[]): void {
    this.send(wireKind.head, [encodePrefix(number, lengthOf(body)), header]);
    for (const slice of sliceBody(body)) this.send(wireKind.slice, slice);
  }

  judge(header: WireHeader, peerSession: number): Verdict {
    return this.#check.judge(header, peerSession);
  }

  get paused(): boolean {
    return this.#pausedBy.size > 0;
  }

  pause(reason: string): void {
    if (this.#pausedBy.size === 0) this.connection.pause();
    this.#pausedBy.add(reason);
  }

  /** @param now silence is counted anew from here */
  resume(reason: string, now: number): void {
    if (!this.#pausedBy.delete(reason) || this.#pausedBy.size > 0) return;
    this.heardAt = now;
    this.connection.resume();
  }
}

interface Reply {
  readonly kind: number;
  readonly parts: readonly Bytes[];
  readonly bytes: number;
}

/** What waits to leave on the control connection. */
export class ControlSender {
  readonly #wire: Wire;
  readonly #clock: Clock;
  #corked: Bytes[] = [];
  #corkedBytes = 0;
  #flushAsked = false;
  #replies: Reply[] = [];
  #replyBytes = 0;
  #pumping = false;
  #ended = false;

  constructor(wire: Wire, clock: Clock) {
    this.#wire = wire;
    this.#clock = clock;
  }

  get waitingBytes(): number {
    return this.#corkedBytes + this.#replyBytes;
  }

  /** a frame; leaves with all others of this turn */
  frame(number: number, parts: readonly Bytes[]): void {
    const length = lengthOf(parts);
    if (this.#corkedBytes > 0 && this.#corkedBytes + length > corkBytes) this.flush();
    this.#corked.push(encodePrefix(number, length), ...parts);
    this.#corkedBytes += framePrefixBytes + length;
    if (this.#corkedBytes >= corkBytes) this.flush();
    else if (!this.#flushAsked) {
      this.#flushAsked = true;
      this.#clock.next(() => {
        this.#flushAsked = false;
        this.flush();
      });
    }
  }

  /** a message of another kind, behind the frames before it */
  message(kind: number, parts: readonly Bytes[]): void {
    this.flush();
    if (!this.#ended) this.#wire.send(kind, parts);
  }

  reply(number: number, header: Bytes, body: readonly Bytes[]): void {
    this.#queue(wireKind.head, [encodePrefix(number, lengthOf(body)), header]);
    for (const slice of sliceBody(body)) this.#queue(wireKind.slice, slice);
    this.#pump();
  }

  flush(): void {
    if (this.#ended || this.#corkedBytes === 0) return;
    const parts = this.#corked;
    this.#corked = [];
    this.#corkedBytes = 0;
    this.#wire.send(wireKind.frames, parts);
  }

  end(): void {
    this.#ended = true;
    this.#corked = [];
    this.#replies = [];
    this.#corkedBytes = this.#replyBytes = 0;
  }

  #queue(kind: number, parts: readonly Bytes[]): void {
    const bytes = headerBytes + lengthOf(parts);
    this.#replies.push({ kind, parts, bytes });
    this.#replyBytes += bytes;
  }

  #pump(): void {
    if (this.#pumping) return;
    let sent = 0;
    while (sent < this.#replies.length && this.#wire.connection.bufferedBytes < replyWindowBytes) {
      const next = this.#replies[sent++] as Reply;
      this.#replyBytes -= next.bytes;
      this.message(next.kind, next.parts);
    }
    this.#replies.splice(0, sent);
    if (this.#replies.length === 0) return;
    this.#pumping = true;
    this.#clock.after(replyPumpMs, () => {
      this.#pumping = false;
      if (!this.#ended) this.#pump();
    });
  }
}

export function lengthOf(parts: readonly Bytes[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}
