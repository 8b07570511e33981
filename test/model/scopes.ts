// What the gate explores with all rules in place: small scopes whole, large ones by seeded walks.
import type { Scope } from './scope.ts';

export interface NamedScope {
  readonly name: string;
  readonly scope: Scope;
}

const base: Scope = {
  n: 4,
  terms: 2,
  byzantineLeads: [0, 1],
  blocks: 2,
  blocksPerTerm: 3,
  forks: 2,
  journal: 0,
  crashes: false,
  wipes: false,
};

/** Together about 1.1 million states, 20 s on an idle core. */
export const SMALL_SCOPES: readonly NamedScope[] = [
  { name: 'equivocating leaders, three blocks', scope: { ...base, blocks: 3 } },
  { name: 'equivocating leaders, crashes before any sync', scope: { ...base, journal: 1, crashes: true } },
  { name: 'lost disks', scope: { ...base, wipes: true } },
  { name: 'seven nodes, one term', scope: { ...base, n: 7, terms: 1, blocks: 3 } },
  {
    name: 'one node that crashes',
    scope: { ...base, n: 1, byzantineLeads: [], terms: 3, blocks: 4, journal: 3, crashes: true },
  },
  { name: 'two nodes that crash', scope: { ...base, n: 2, byzantineLeads: [], terms: 3, journal: 1, crashes: true } },
];

/** Minutes each: for a change of the protocol, by `run.js exhaust`, not in the tests. */
export const DEEP_SCOPES: readonly NamedScope[] = [
  { name: 'three terms, two blocks', scope: { ...base, terms: 3, byzantineLeads: [0, 1, 2] } },
  {
    name: 'an honest leader after a Byzantine one',
    scope: { ...base, byzantineLeads: [0], journal: 1, crashes: true },
  },
  { name: 'three nodes that crash', scope: { ...base, n: 3, byzantineLeads: [], journal: 1, crashes: true } },
];

export interface WalkScope extends NamedScope {
  readonly seed: number;
  readonly walks: number;
  readonly steps: number;
}

const large: Scope = {
  ...base,
  terms: 4,
  byzantineLeads: [0, 2],
  blocks: 10,
  blocksPerTerm: 4,
  journal: 3,
  crashes: true,
  wipes: true,
};

export const WALKS: readonly WalkScope[] = [
  { name: 'four nodes', scope: large, seed: 1, walks: 3000, steps: 120 },
  {
    name: 'four nodes, every leader Byzantine',
    scope: { ...large, byzantineLeads: [0, 1, 2, 3] },
    seed: 1,
    walks: 3000,
    steps: 120,
  },
  {
    name: 'seven nodes',
    scope: { ...large, n: 7, terms: 5, byzantineLeads: [0, 2, 3] },
    seed: 1,
    walks: 1500,
    steps: 200,
  },
  { name: 'ten nodes', scope: { ...large, n: 10, terms: 5, byzantineLeads: [1, 2] }, seed: 1, walks: 700, steps: 280 },
];
