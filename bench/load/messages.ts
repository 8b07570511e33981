// What passes between the parent of a run and its generator processes.

import type { GeneratorOptions, GeneratorReport } from './generator.ts';

export type ToGenerator =
  | { readonly type: 'prepare'; readonly options: GeneratorOptions }
  /** milliseconds since 1970 */
  | { readonly type: 'go'; readonly startAt: number }
  | { readonly type: 'stop' };

export type FromGenerator =
  | { readonly type: 'ready' }
  | { readonly type: 'unconnected' }
  | { readonly type: 'report'; readonly report: GeneratorReport }
  /** `cpuSeconds`: what this process took of the machine, preparation excluded */
  | { readonly type: 'done'; readonly report: GeneratorReport; readonly cpuSeconds: number };
