// Which chains a link carries: both sides' announcements, who was told `link-up`, and bulk that overtook the
// announcement of its chain on the other connection.

import type { Clock } from '../actors/index.ts';
import type { ChainNumber } from './frame.ts';
import { maxBulkBodyBytes, maxHeldBytes } from './limits.ts';
import type { LinkMessage, NodeId, PeerRole } from './ports.ts';
import type { Wire } from './wire.ts';

export interface ChainHost {
  readonly clock: Clock;
  /** this node's chains, with the numbers that peers put on their frames */
  chains(): readonly ChainNumber[];
  domainOf(number: number): string | undefined;
  /** gives a message to a chain; `paused` asks to hold the connection back until `resume` is called */
  deliver(domain: string, message: LinkMessage, resume: () => void): 'taken' | 'paused' | 'refused';
}

interface Held {
  readonly number: number;
  readonly message: LinkMessage;
  readonly bytes: number;
  readonly wire: Wire;
}

export class LinkChains {
  readonly #host: ChainHost;
  readonly #peer: NodeId;
  readonly #role: PeerRole;
  readonly #dropped: (reason: string) => void;
  /** the peer's numbers */
  #theirs = new Map<string, number>();
  /** domains whose receivers were told `link-up`, with both numbers as they were then */
  readonly #up = new Map<string, { readonly own: number; readonly theirs: number }>();
  #held: Held[] = [];
  #heldBytes = 0;

  constructor(host: ChainHost, options: { peer: NodeId; role: PeerRole; dropped: (reason: string) => void }) {
    this.#host = host;
    this.#peer = options.peer;
    this.#role = options.role;
    this.#dropped = options.dropped;
  }

  announced(chains: readonly ChainNumber[]): void {
    this.#theirs = new Map(chains.map((each) => [each.domain, each.number]));
  }

  /** @returns what to put on frames of the domain; undefined while it is not up */
  numberFor(domain: string): number | undefined {
    return this.#up.get(domain)?.theirs;
  }

  /** Tells receivers what came and went. Called when the link is up and after each announcement. */
  refresh(control: Wire): void {
    const chains = this.#host.chains();
    const own = new Map(chains.map((each) => [each.domain, each.number]));
    for (const [domain, told] of [...this.#up]) {
      if (own.get(domain) !== told.own)
        this.#up.delete(domain); // its receiver unsubscribed and wants to hear nothing
      else if (this.#theirs.get(domain) !== told.theirs) this.#takeDown(domain, 'chain-not-served');
    }
    for (const { domain, number } of chains) {
      const theirs = this.#theirs.get(domain);
      if (theirs === undefined || this.#up.has(domain)) continue;
      this.#up.set(domain, { own: number, theirs });
      this.#deliver(control, domain, { type: 'link-up', peer: this.#peer, role: this.#role });
      this.#release(domain, number);
    }
  }

  /** @returns false when too much waits for announcements */
  take(wire: Wire, number: number, message: LinkMessage, bytes: number): boolean {
    const domain = this.#host.domainOf(number);
    if (domain === undefined) return true; // withdrawn while it was on the way
    if (this.#up.get(domain)?.own === number) {
      this.#deliver(wire, domain, message);
      return true;
    }
    this.#held.push({ number, message, bytes, wire });
    this.#heldBytes += bytes;
    return this.#heldBytes <= maxHeldBytes + maxBulkBodyBytes;
  }

  end(reason: string): void {
    this.#held = [];
    for (const domain of [...this.#up.keys()]) this.#takeDown(domain, reason);
  }

  #release(domain: string, number: number): void {
    const held = this.#held.filter((each) => each.number === number);
    this.#held = this.#held.filter((each) => each.number !== number);
    for (const { wire, message, bytes } of held) {
      this.#heldBytes -= bytes;
      this.#deliver(wire, domain, message);
    }
  }

  #takeDown(domain: string, reason: string): void {
    this.#up.delete(domain);
    this.#host.deliver(domain, { type: 'link-down', peer: this.#peer, reason }, () => {});
  }

  #deliver(wire: Wire, domain: string, message: LinkMessage): void {
    const reason = `receiver ${domain}`;
    const outcome = this.#host.deliver(domain, message, () => wire.resume(reason, this.#host.clock.now()));
    if (outcome === 'paused') wire.pause(reason);
    else if (outcome === 'refused') this.#dropped('mailbox');
  }
}
