// run.ts beside a choreography: who starts it with what, and what each role's application brings.

import type { Choreography } from '../language.ts';
import type { Interceptor } from './interceptors.ts';
import type { Implementation } from './phase-runner.ts';

/** `export default { start: { role: 'buyer', input }, agents: { seller: … } } satisfies Run<typeof purchase>` */
export interface Run<Program = Choreography> {
  readonly start: {
    /** at which the first phase is */
    readonly role: string;
    readonly input?: Program extends Choreography<infer Input> ? Input : unknown;
  };
  /** role → an object, or a function that makes one for each phase; roles that bring nothing may be left out */
  readonly agents: Readonly<Record<string, Implementation>>;
  /** what its owner has look at the phases that these agents run */
  readonly intercept?: readonly Interceptor[];
}
