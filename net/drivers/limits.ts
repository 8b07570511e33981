// Bounds of the drivers, with their arithmetic and what happens at the bound.

import { MiB } from '../../lib/units.ts';

/** Arrived and not yet due in a delay line, per connection: 50 ms at 320 MB/s, more than a node sends. At the bound nothing
 * more is read from the connection until half of it was delivered, as a full window stops a sender far away. */
export const maxDelayedBytes = 16 * MiB;
