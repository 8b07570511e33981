// A peer as an actor: its machine decides (peer-machine.ts), its handle acts (links.ts). Messages to it are the machine's
// events; `psky inspect actors` shows its state, and each of its transitions is in the node's ring.

import { type Behavior, type MachineState, machineBehavior } from '../actors/index.ts';
import { peerMailbox } from './limits.ts';
import { type PeerEvent, type PeerInput, peerMachine } from './peer-machine.ts';

/** What the machine's actions do. Each runs after the turn that asked for it. */
export interface PeerHandle {
  /** opens a control connection; `dialled` or `dial-failed` comes back */
  dial(): void;
  closeLink(reason: string): void;
  /** nothing is known about the peer that is worth keeping */
  forget(): void;
  entered(state: string): void;
}

export function peerBehavior(input: PeerInput, handle: PeerHandle): Behavior<MachineState, PeerEvent> {
  return machineBehavior<typeof peerMachine, PeerEvent>({
    machine: peerMachine,
    mailbox: { capacity: peerMailbox },
    input: () => input,
    actions: {
      dial: (_, effects) => effects.request(() => handle.dial()),
      closeLink: ({ event }, effects) => effects.request(() => handle.closeLink(event.type)),
      forget: (_, effects) => effects.request(() => handle.forget()),
      entered: ({ params }, effects) => effects.request(() => handle.entered(params as string)),
    },
    discard: () => handle.closeLink('the peer stopped'),
  });
}
