// Bounds of the search through seeds.

import { MiB } from '../lib/units.ts';

/** Seeds of one search: some milliseconds each, so an hour or so. */
export const maxSeeds = 100_000;
/** Instances of one seed, started within `startWithinMs` of virtual time: enough to meet each other at their agents. */
export const instancesPerSeed = 3;
export const startWithinMs = 1_000;
/** Texts and bytes that are looked for on wires and disks. Shorter ones would be found everywhere by chance. */
export const secretBytes = 8;
/** Of one seed. Each is looked for in every message; beyond, later ones are not looked for. */
export const maxSecrets = 1_000;
/** Messages of one seed that are kept to be searched; beyond, later ones are not. */
export const keptWireBytes = 64 * MiB;
