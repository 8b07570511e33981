// Bounds of running instances. Beyond them an instance fails, or a message is refused; nothing grows without end.

import { days, hours, KiB, MiB, type Ms, milliseconds, minutes, seconds } from '../../lib/units.ts';

/** One value of a variable, an input or an error. Larger ones are refused where they are written. */
export const maxValueBytes = 4 * MiB;
/** Nesting; the codec's depth is twice this, since the pairs of a record count too. */
export const maxValueDepth = 100;
/** Scalars, lists and records of one value together: 4 MiB of the shortest ones would be four times as many. */
export const maxValueItems = 1_000_000;

/** What one turn writes: a few large values, sealed to a few readers each. A turn that writes more fails. */
export const maxTurnBytes = 24 * MiB;

/** Records of one instance. A hop costs a few hundred bytes and every party keeps them all: 10,000 are some MB. Beyond, the instance fails. */
export const maxRecords = 10_000;
/** Runs of phases of one instance; forks open several with one record. Beyond, the instance fails. */
export const maxRuns = 10_000;

/** Records of one message, unless a single one is larger. The rest follows when these are acknowledged. */
export const newsBytes = 1 * MiB;

/** Refused hops that an instance remembers; older ones are only counted. */
export const keptRefusals = 100;

/** What is not acknowledged is sent again after this long, twice as long each further time, at most `resendMaxMs`. */
export const resendFirstMs: Ms = milliseconds(250);
export const resendMaxMs: Ms = seconds(30);
/** A party that does not answer for so long is given up: the instance is parked there until its process starts again. */
export const giveUpMs: Ms = days(7);

/** An undo that throws is tried again so often, with pauses from one second on, doubling; then it is reported as not undone. */
export const undoTries = 5;
export const undoPauseMs: Ms = seconds(1);
/** How long an undo may take in all, where its phase has no deadline. */
export const undoDeadlineMs: Ms = hours(1);

/** A phase whose agent's kept values changed meanwhile runs again so often; then it fails. */
export const keptTries = 20;
/** Kept values of one agent, all in memory. Beyond, a phase that writes more fails. */
export const maxKeptBytes = 64 * MiB;

/** An instance in which nothing happened for so long, and nothing runs, leaves memory; the next message or timer brings it back. */
export const passivateMs: Ms = minutes(1);
/** Messages to one instance that wait; what comes beyond is sent again by its sender. */
export const instanceMailbox = 256;

/** Characters of an error's text that travel to the starter. */
export const maxCauseLength = 4 * KiB;

/** Instances that one agent takes part in and that have not ended. 200 B each stay in memory: 20 MB. Beyond, new ones are refused. */
export const maxLiveInstances = 100_000;

/** An actor that a bug ended comes back after this long, so often within a minute; then it is parked until a restart. */
export const comebackMs: Ms = seconds(1);
export const comebacks = 3;
/** Between two looks for instances whose time has come; wall clocks jump, and timers of Node count to 24 days. */
export const lookEveryMs: Ms = seconds(1);
export const longestLookMs: Ms = hours(24);

/** Interceptors of one agent: each is matched with each phase that runs. Beyond, one more is refused. */
export const maxInterceptors = 100;
/** Characters of a pattern: more than the longest name of a process. */
export const maxPatternLength = 256;

/** How long `outcome` waits where nothing is said; longer than most processes, and whoever waits longer asks again. */
export const outcomeMs: Ms = hours(24);
/** Callers that wait for an outcome at one agent: 1 KB each. Beyond, one more is refused. */
export const maxWaiters = 100_000;

/** Messages of one sender for instances that are not in memory, while the store is asked whether they exist. What comes
 * beyond is dropped, and sent again by its sender. A message holds up to some MB: 64 × 2 MiB at worst, of each agent that is
 * known here. */
export const maxLookups = 64;
