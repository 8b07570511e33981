// What running instances need from the world. Storage's store, net's links and real keys fill these ports; tests and the
// simulator fill them with their own.

import { type Bytes, equalBytes } from '../../lib/bytes.ts';
import type { SealingKeys } from '../../lib/suites/sealing.ts';
import type { KeyPair } from '../../lib/suites/suite.ts';

export interface SwarmStoreFault {
  readonly message: string;
}

/** A part of storage's `Store`. */
export interface SwarmStore {
  get(key: Bytes, done: (fault: SwarmStoreFault | undefined, value: Bytes | undefined) => void): void;
  batch(
    writes: readonly SwarmWrite[],
    options: { readonly sync: boolean },
    done: (fault: SwarmStoreFault | undefined) => void,
  ): void;
  range(
    query: { readonly from: Bytes; readonly to: Bytes; readonly limit: number },
    done: (fault: SwarmStoreFault | undefined, rows: readonly (readonly [Bytes, Bytes])[]) => void,
  ): void;
}

export interface SwarmWrite {
  readonly key: Bytes;
  readonly value: Bytes | null;
}

/** An agent as others know it. */
export interface AgentCard {
  /** `domain/agent/name` */
  readonly agent: string;
  readonly signingSuite: number;
  readonly signingKey: Bytes;
  readonly sealingSuite: number;
  readonly sealingKey: Bytes;
}

export interface AgentKeys {
  readonly signing: KeyPair;
  readonly sealing: SealingKeys;
}

/** Who is who. An agent whose key was replaced has another card. */
export interface Directory {
  find(agent: string): AgentCard | undefined;
}

/** Brings bytes to another agent: maybe late, maybe twice, maybe never. */
export interface Courier {
  /** @param unknown called where it is certain that there is no such agent */
  send(to: string, bytes: Bytes, unknown: () => void): void;
}

/** An agent whose key was replaced is another one. */
export function sameKeys(a: AgentCard, b: AgentCard): boolean {
  return (
    a.signingSuite === b.signingSuite &&
    a.sealingSuite === b.sealingSuite &&
    equalBytes(a.signingKey, b.signingKey) &&
    equalBytes(a.sealingKey, b.sealingKey)
  );
}
