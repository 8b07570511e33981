// The frames of one client that hold entries of which something is still to be learnt, and what nodes say of them.

import { errorRow } from '../../lib/errors.ts';
import type { Answer, Fault, Notice, Watch } from '../../net/gateway/protocol.ts';
import type { Flight, FlightEvents } from './flight.ts';
import { maxSends } from './limits.ts';

export class Flights {
  readonly #events: FlightEvents;
  readonly #byFrame = new Map<number, Flight>();
  #lastFrame = 0;
  #entries = 0;

  constructor(events: FlightEvents) {
    this.#events = events;
  }

  get size(): number {
    return this.#byFrame.size;
  }

  /** all entries of these frames */
  get entries(): number {
    return this.#entries;
  }

  get all(): Iterable<Flight> {
    return this.#byFrame.values();
  }

  /** @returns the number of its frame */
  begin(flight: Flight): number {
    this.#byFrame.set(++this.#lastFrame, flight);
    this.#entries += flight.count;
    return this.#lastFrame;
  }

  oldestUnanswered(): Flight | undefined {
    for (const flight of this.all) if (!flight.answered) return flight;
    return undefined;
  }

  /** What to ask another node for, on a new stream. */
  *watches(): Iterable<Omit<Watch, 'type'>> {
    for (const [frame, { place, acceptedPairs }] of this.#byFrame) {
      if (place !== null) yield { frame, place, accepted: acceptedPairs };
    }
  }

  answered(answer: Answer): void {
    const flight = this.#byFrame.get(answer.frame);
    if (flight === undefined || flight.answered) return;
    flight.answer(withoutEchoes(flight, answer), this.#events);
    this.#forgetIfDone(answer.frame, flight);
  }

  noticed({ exceptions, ranges }: Notice): void {
    for (let i = 0; i + 2 < exceptions.length; i += 3) {
      const flight = this.#byFrame.get(exceptions[i] as number);
      const code = exceptions[i + 2] as number;
      if (flight === undefined) continue;
      if (flight.sends > 1 && isEcho(code)) flight.awaitLookup(exceptions[i + 1] as number);
      else flight.refuse(exceptions[i + 1] as number, code, this.#events);
    }
    for (let i = 0; i + 2 < ranges.length; i += 3) {
      const frame = ranges[i] as number;
      const flight = this.#byFrame.get(frame);
      if (flight === undefined) continue;
      flight.commit(ranges[i + 1] as number, ranges[i + 2] as number, this.#events);
      this.#forgetIfDone(frame, flight);
    }
  }

  /** Whether a frame that was refused whole may be sent to another node. */
  mayGoElsewhere(frame: number | null): boolean {
    const flight = frame === null ? undefined : this.#byFrame.get(frame);
    return flight !== undefined && flight.sends < maxSends;
  }

  /** The frame was refused whole. */
  faulted({ frame, code }: Fault): void {
    const flight = frame === null ? undefined : this.#byFrame.get(frame);
    if (frame === null || flight === undefined) return;
    flight.answered = true;
    flight.refuseUnaccepted(code, this.#events);
    this.#forgetIfDone(frame, flight);
  }

  /** The stream is gone: frames that nobody will answer any more are not under way. */
  takeUnanswered(): readonly Flight[] {
    const unanswered = [...this.#byFrame].filter(([, flight]) => !flight.answered);
    for (const [frame, flight] of unanswered) this.#forget(frame, flight);
    return unanswered.map(([, flight]) => flight);
  }

  refuseUnaccepted(code: number): void {
    for (const flight of this.all) flight.refuseUnaccepted(code, this.#events);
  }

  /** Forgets what became final by other ways than notices. */
  sweep(): void {
    for (const [frame, flight] of this.#byFrame) this.#forgetIfDone(frame, flight);
  }

  #forgetIfDone(frame: number, flight: Flight): void {
    if (flight.open === 0) this.#forget(frame, flight);
  }

  #forget(frame: number, flight: Flight): void {
    if (this.#byFrame.delete(frame)) this.#entries -= flight.count;
  }
}

/**
 * A frame that is sent again may have been accepted the first time, by a validator that died before it said so. What is
 * refused as known then is accepted, and what became of it is looked up by hash.
 */
function withoutEchoes(flight: Flight, answer: Answer): Answer {
  if (flight.sends === 1 || answer.refused.length === 0) return answer;
  const accepted = [...answer.accepted];
  const refused: number[] = [];
  for (let i = 0; i + 1 < answer.refused.length; i += 2) {
    const [index, code] = answer.refused.slice(i, i + 2) as [number, number];
    if (isEcho(code)) accepted.push(index, 1);
    else refused.push(index, code);
  }
  return { ...answer, accepted, refused };
}

function isEcho(code: number): boolean {
  return code === errorRow('nonce-used').code || code === errorRow('duplicate-command').code;
}
