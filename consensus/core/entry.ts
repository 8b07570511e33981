// What a peer in an earlier term is told: the certificate that opened mine (L2).

import { rebroadcastEvery } from '../limits.ts';
import { mayRepeat, send } from './core.ts';
import type { Core } from './core-types.ts';

/** At most once per t_r and peer; nothing where this term was joined without a certificate. */
export function sendEntry(core: Core, to: number): void {
  if (core.entry === undefined || to === core.me || !mayRepeat(core, `entry:${to}`, rebroadcastEvery)) return;
  send(core, to, { type: 'entry', entry: core.entry.certificate });
}
