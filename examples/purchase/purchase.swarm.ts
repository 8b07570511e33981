// A buyer asks a seller for a price and pays over a bank when it is within a limit that nobody but the buyer sees.

import { agent, between, end, minutes, only, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

/** what the seller's application brings */
export interface Shop {
  readonly catalogue: { priceOf(item: string): number | Promise<number> };
}

/** The bank keeps balances; a transfer that is not covered throws. */
export interface Accounts {
  readonly accounts: { transfer(order: { from: string; to: string; amount: number }): string | Promise<string> };
}

const p = swarm('market/purchase@1', {
  roles: { buyer: agent(), seller: agent<Shop>(), bank: agent<Accounts>() },
  state: {
    item: shared(z.string()),
    limit: only('buyer', z.number()),
    price: between('buyer', 'seller', z.number()),
    payment: between('buyer', 'bank', z.object({ from: z.string(), to: z.string(), amount: z.number() })),
    receipt: shared(z.string()),
  },
});

export const purchase = p.phases('order', {
  order: p.at('buyer', {
    input: z.object({ item: z.string(), limit: z.number() }),
    next: ['quote'],
    run: ({ state, input, go }) => {
      state.item = input.item;
      state.limit = input.limit;
      return go.quote();
    },
  }),
  quote: p.at('seller', {
    next: ['decide'],
    deadline: minutes(5),
    onTimeout: 'abandoned',
    run: async ({ state, agent, go }) => {
      state.price = await agent.catalogue.priceOf(state.item);
      return go.decide();
    },
  }),
  decide: p.at('buyer', {
    next: ['pay', 'declined'],
    run: ({ state, go }) => {
      if (state.price > state.limit) return go.declined();
      state.payment = { from: 'buyer', to: 'seller', amount: state.price };
      return go.pay();
    },
  }),
  pay: p.at('bank', {
    next: ['paid'],
    deadline: minutes(1),
    onError: 'unpaid',
    run: async ({ state, agent, go }) => {
      state.receipt = await agent.accounts.transfer(state.payment);
      return go.paid();
    },
  }),
  paid: end('ok'),
  declined: end('declined'),
  unpaid: end('unpaid'),
  abandoned: end('timeout'),
});
