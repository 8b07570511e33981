// The example of docs/actors.md, which shows this file; guide.test.ts runs it.

import {
  type ActorSystem,
  type Address,
  address,
  type Behavior,
  type Message,
  type Outlet,
} from '../../../actors/index.ts';
import { fromUtf8 } from '../../../lib/bytes.ts';
import { minutes } from '../../../lib/units.ts';

interface Deposit extends Message {
  readonly type: 'deposit';
  readonly amount: number;
}

interface Audit extends Message {
  readonly type: 'audit';
}

const depositKind = 7;

/** Adds deposits up. Each is in the journal before the receipt leaves the process. */
function teller(receipts: Outlet): Behavior<{ balance: number }, Deposit | Audit> {
  return {
    kind: 'teller',
    mailbox: { capacity: 1000, overflow: { audit: 'replace' } },
    start: () => ({ balance: 0 }),
    receive(state, message, effects) {
      if (message.type === 'audit') {
        effects.reply({ type: 'balance', balance: state.balance } as Message);
        return;
      }
      if (message.amount < 0) throw new Error('a deposit is not negative'); // our bug: the actor restarts
      state.balance += message.amount;
      effects.persist(depositKind, [fromUtf8(String(message.amount))]);
      effects.emit(receipts, [fromUtf8(`balance ${state.balance}`)]);
    },
    describe: ({ balance }) => ({ context: { balance } }),
  };
}

/** A branch restarts its teller up to three times a minute, then fails itself. */
export function branch(teller1: Address, receipts: Outlet): Behavior<null, Message> {
  return {
    kind: 'branch',
    mailbox: { capacity: 10 },
    start(_self, effects) {
      effects.spawn(teller1, teller(receipts), {
        supervision: { strategy: 'one-for-one', restarts: 3, withinMs: minutes(1) },
      });
      return null;
    },
    receive: () => {},
  };
}

export function openBranch(system: ActorSystem, receipts: Outlet): Address {
  const teller1 = address('bank', 'teller', '1');
  system.spawn(address('bank', 'branch', 'main'), branch(teller1, receipts));
  return teller1;
}
