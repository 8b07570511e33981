// How often each run of a phase took effect: beside what it does for the process, it counts itself in what its agent keeps,
// in the same write as its result. More than once, or never for a run that the chain holds, is a violation.

import type { Implementation, PhaseContext } from '../swarms/run/index.ts';

const prefix = 'effect of ';

/** @param twice counts each run twice: a bug for the tests of those who look for one */
export function countingEffects(implementation: Implementation | undefined, twice = false): Implementation {
  return (context: PhaseContext) => {
    const { kept, key } = context;
    const count = Number(kept.get(prefix + key) ?? 0);
    kept.set(prefix + key, count + (twice ? 2 : 1));
    if (typeof implementation !== 'function') return implementation ?? {};
    // the application lists what it keeps, and nothing that is not its own
    const own = { ...kept, keys: () => kept.keys().filter((each) => !each.startsWith(prefix)) };
    return (implementation as (context: PhaseContext) => object)({ ...context, kept: own });
  };
}

/** @param key of a stored value @returns the run that it counts, as `instance/run` */
export function countedRun(key: string): string | undefined {
  const at = key.indexOf(prefix);
  return at < 0 ? undefined : key.slice(at + prefix.length);
}
