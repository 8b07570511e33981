// Bounds of a description. Beyond them it is refused, by the checker and by whoever is to run it.

import { hours } from '../lib/units.ts';

/** A process of this many steps is many processes. One machine per role over 200 phases is drawn and walked in a second. */
export const maxPhases = 200;
/** Each has a machine of its own. */
export const maxRoles = 32;
/** All of them may travel in every hop. */
export const maxVariables = 200;
/** Characters of the name of a role, a variable or a phase; names travel in every hop. */
export const maxNameLength = 100;

/** States of the whole process, counted when its projection is made. Branches multiply: five with six phases have 16,807. */
export const maxMarkings = 20_000;

/**
 * Situations that one role cannot tell apart, summed over the states of its machine. What a role knows is a set of
 * situations, and sets can be exponentially many. A situation costs 40 to 90 µs (measured on random processes at 50,000), so
 * that a role takes a second at most.
 */
export const maxSituations = 10_000;

/** How long a hop waits for its phase where the phase does not say: long enough for a person who is at work. */
export const defaultDeadlineMs = hours(1);

/** Characters of one source file; `psky check` refuses larger ones. */
export const maxSourceLength = 1_000_000;
/** Of the same file in UTF-8, where every character may take three bytes; larger ones are not opened. */
export const maxSourceBytes = 3_000_000;

/**
 * Levels of a source's syntax tree. Readers go down by recursion, and parts of the compiler take a time that grows with the
 * square of the depth; people write some 30 levels, and a chain of 300 calls has 600.
 */
export const maxNesting = 1000;
