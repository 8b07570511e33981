// The actor in admission's place at a follower, with a stand-in for the engine: which validator it believes to have taken
// what it passed on.

import t from 'tap';
import type { Behavior, Message } from '../../../actors/index.ts';
import { chainAddresses, type Submitted } from '../../../consensus/chain-messages.ts';
import { forwardingBehavior } from '../../../consensus/forwarding.ts';
import { errorRow } from '../../../lib/errors.ts';
import type { Hash } from '../../../lib/hash.ts';
import { milliseconds } from '../../../lib/units.ts';
import { packEntries } from '../../../net/gateway/protocol.ts';
import { createWorld } from '../actors/support.ts';

const chain = 'ab'.repeat(32) as Hash;
const digest = 'cd'.repeat(32) as Hash;

interface Passed {
  readonly to: number;
  readonly forward: { readonly number: number };
}

function followersDoor() {
  const { system, clock } = createWorld();
  const addresses = chainAddresses(chain);
  const passed: Passed[] = [];
  const engine: Behavior<null, Message> = {
    kind: 'stand-in',
    mailbox: { capacity: 100 },
    start: () => null,
    receive(_state, message) {
      if (message.type === 'forward') passed.push(message as unknown as Passed);
    },
  };
  system.spawn(addresses.engine, engine);
  system.spawn(addresses.admission, forwardingBehavior({ name: 'main', addresses }));
  const tell = (message: object): void => {
    system.deliver(addresses.admission, message as Message);
    clock.settle();
  };
  return {
    ...{ passed, tell },
    submit(): unknown[] {
      const answers: unknown[] = [];
      const submit = { type: 'submit', count: 1, entries: packEntries([Uint8Array.of(7)]) } as Message;
      system.ask(addresses.admission, submit, milliseconds(60_000), (outcome) => {
        if (outcome.ok) answers.push(outcome.value);
      });
      clock.settle();
      return answers;
    },
    /** The validator that has it answers that the entry stands in this lane. */
    accept(lane: number): void {
      const { to, forward } = passed.at(-1) as Passed;
      const place: Submitted['place'] = { lane, seq: 4, digest, offset: 0 };
      tell({ type: 'forwarded', from: to, number: forward.number, code: null, refused: [], place });
    },
  };
}

t.test('what a validator has taken stands in its own lane: a place in another one is no answer', async (t) => {
  const door = followersDoor();
  for (const peer of [2, 1]) door.tell({ type: 'link-up', peer });
  const first = door.submit();
  t.match(door.passed, [{ to: 2 }]);
  door.accept(1);
  t.same(first, [{ type: 'refusal', code: errorRow('deadline-passed').code }], 'it may be ordered, or not');

  door.tell({ type: 'link-down', peer: 2 });
  const second = door.submit();
  t.equal(door.passed.at(-1)?.to, 1);
  door.accept(1);
  t.match(second, [{ type: 'submitted', refused: [], place: { lane: 1, seq: 4 } }]);
  door.tell({ type: 'link-up', peer: 2 });
  door.submit();
  t.equal(door.passed.at(-1)?.to, 1, 'who took something last is asked first');
});
