// A shop with a catalogue, and a bank that keeps balances: they change together with the payment's result, once, whatever
// is killed in between.

import type { PhaseContext, Run } from 'privatesky/sdk';
import type { Accounts, purchase, Shop } from './purchase.swarm.ts';

const prices = new Map([
  ['bicycle', 950],
  ['violin', 4_200],
]);

const seller: Shop = {
  catalogue: {
    priceOf(item) {
      const price = prices.get(item);
      if (price === undefined) throw new Error(`We do not sell ${item}.`);
      return price;
    },
  },
};

const opening: Readonly<Record<string, number>> = { buyer: 1_000_000, seller: 0 };

const bank = ({ kept, key }: PhaseContext): Accounts => ({
  accounts: {
    transfer({ from, to, amount }) {
      const balanceOf = (account: string): number => Number(kept.get(account) ?? opening[account] ?? 0);
      if (balanceOf(from) < amount) throw new Error(`${from} has ${balanceOf(from)}, and ${amount} is asked for.`);
      kept.set(from, balanceOf(from) - amount);
      kept.set(to, balanceOf(to) + amount);
      return `payment ${key}`;
    },
  },
});

export default {
  start: { role: 'buyer', input: { item: 'bicycle', limit: 1_000 } },
  agents: { seller, bank },
} satisfies Run<typeof purchase>;
