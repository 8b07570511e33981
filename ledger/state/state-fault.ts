// What can go wrong with a state, and how it answers.

import type { DiskFault } from '../../storage/index.ts';

export type StateFault = { readonly code: 'store' | 'corrupt' | 'height-not-kept'; readonly message: string };
export type StateAnswer<T> = (fault: StateFault | undefined, value: T) => void;

export const storeFault = ({ message }: DiskFault): StateFault => ({ code: 'store', message });
export const corrupt = (message: string): StateFault => ({ code: 'corrupt', message });
export const notKept = (height: number): StateFault => ({
  code: 'height-not-kept',
  message: `the state of height ${height} is not kept`,
});
