// "Queues bounded" (CONSENSUS §12) for a whole node: no mailbox ever overflows, and what waits for a sync or for a slow
// peer stays within its bound.

import { actorLimits, type SystemReport } from '../../actors/index.ts';
import { maxOutboundBytes, maxWireMessageBytes, type PeerStatus } from '../../net/index.ts';

export interface NodeQueues {
  readonly system: SystemReport;
  readonly peers: readonly PeerStatus[];
}

/** @returns which bound does not hold, as a sentence */
export function overfull({ system, peers }: NodeQueues): string | undefined {
  const { byReason, newest } = system.deadLetters;
  if ((byReason['mailbox-full'] ?? 0) > 0) return `a mailbox overflowed: ${JSON.stringify(newest.at(-1))}`;
  for (const { address, mailboxDepth, mailboxCapacity } of system.actors)
    if (mailboxDepth > mailboxCapacity * actorLimits.mailboxHardFactor)
      return `${address} has ${mailboxDepth} messages`;
  if (system.gate.waitingBytes > actorLimits.gateBytes) return `${system.gate.waitingBytes} bytes wait for a sync`;
  const slow = peers.find(({ bufferedBytes }) => bufferedBytes > maxOutboundBytes + maxWireMessageBytes);
  return slow === undefined ? undefined : `${slow.bufferedBytes} bytes wait for ${slow.peer}`;
}
