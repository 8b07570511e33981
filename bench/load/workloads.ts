// Which workload a plan asks for.

import { blobWorkload } from './blob-workload.ts';
import type { LoadPlan, Schedule } from './plan.ts';
import { signedWorkload } from './signed-workload.ts';
import type { Workload } from './workload.ts';

/** @param chain id of the chain, 64 hex digits: signed commands name it */
export function workloadOf(plan: LoadPlan, schedule: Schedule, clients: readonly number[], chain: string): Workload {
  return plan.mode === 'blob' ? blobWorkload(plan, schedule) : signedWorkload(plan, schedule, clients, chain);
}
