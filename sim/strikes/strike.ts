// What a strike is: one fault of one kind, done to the hosts and the network, and how it is undone.

import { assert } from '../../lib/assert.ts';
import type { Random } from '../../lib/random.ts';
import type { FaultKind } from '../faults.ts';
import type { Host } from '../host.ts';
import type { SimNetwork } from '../network.ts';
import type { World } from '../world.ts';

export interface FaultTargets {
  readonly world: World;
  readonly hosts: readonly Host[];
  /** absent where there is only one host */
  readonly network: SimNetwork | undefined;
  /** indices of at most f hosts on which all costly faults of the run fall */
  readonly sacrificed: readonly number[];
  /** makes a sacrificed validator misbehave for so long; absent where the program has no such thing */
  readonly misbehave?: (host: number, forMs: number) => void;
  /** makes two machines of a sacrificed validator; absent where the program has no such thing */
  readonly twins?: Twins;
  /** from now on a host runs on an older copy of its disk, or on an empty one */
  readonly lent?: (host: number, by: 'older copy' | 'nothing') => void;
  /** its true disk is back */
  readonly restored?: (host: number) => void;
  /** files whose bytes may rot */
  readonly mayRot: (path: string) => boolean;
}

export interface Twins {
  /** @returns false where this validator cannot be doubled now */
  part(host: number): boolean;
  /** other peers reach the other one */
  shuffle(host: number): void;
  rejoin(host: number): void;
}

export interface Scene extends FaultTargets {
  readonly random: Random;
  /** before this instant of the world nothing rots: a validator that lost its data is fenced and lies to nobody any more */
  readonly rotFromMs: number;
  /** `undo` happens after so long, or when the world heals */
  until(ms: number, undo: () => void): void;
  /** counts a fault that strikes later than it was dealt */
  struck(kind: FaultKind): void;
  /** so long from now, unless the world heals before */
  later(ms: number, run: () => void): void;
}

/** @returns whether it found something to strike */
export type Strike = (scene: Scene) => boolean;

export function runningHost({ hosts, random }: Scene): Host | undefined {
  const running = hosts.filter((host) => host.running);
  return running.length === 0 ? undefined : random.pick(running);
}

export function sacrificedHost({ hosts, sacrificed, random }: Scene): Host | undefined {
  const running = sacrificed.map((index) => hosts[index] as Host).filter((host) => host.running);
  return running.length === 0 ? undefined : random.pick(running);
}

export function networkOf({ network }: Scene): SimNetwork {
  assert(network !== undefined, 'network faults are dealt only where there is a network');
  return network;
}
