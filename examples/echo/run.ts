// Nobody brings anything: both parties do what the process says.

import type { Run } from 'privatesky/sdk';
import type { echo } from './echo.swarm.ts';

export default { start: { role: 'caller', input: { words: 'hello' } }, agents: {} } satisfies Run<typeof echo>;
