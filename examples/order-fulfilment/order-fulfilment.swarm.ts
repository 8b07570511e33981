// A shop takes an order, has it packed while the customer's card is charged, and ships when both are done. What was
// reserved or charged is given back when the order cannot be fulfilled.

import { agent, between, end, hours, minutes, only, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

export interface Stock {
  readonly stock: {
    reserve(sku: string, quantity: number): string | Promise<string>;
    release(reservation: string): void | Promise<void>;
    pack(reservation: string): void | Promise<void>;
  };
}

export interface Cards {
  readonly cards: {
    charge(card: string, amount: number): string | Promise<string>;
    refund(charge: string): void | Promise<void>;
  };
}

export interface Carrier {
  readonly parcels: { send(address: string): string | Promise<string> };
}

const p = swarm('shop/order-fulfilment@1', {
  roles: { shop: agent(), warehouse: agent<Stock>(), payments: agent<Cards>(), carrier: agent<Carrier>() },
  state: {
    sku: between('shop', 'warehouse', z.string()),
    quantity: between('shop', 'warehouse', z.number().int().positive()),
    reservation: only('warehouse', z.string()),
    card: between('shop', 'payments', z.string()),
    amount: between('shop', 'payments', z.number().positive()),
    charge: only('payments', z.string()),
    address: between('shop', 'carrier', z.string()),
    tracking: shared(z.string()),
  },
  deadline: hours(48),
});

const order = z.object({
  sku: z.string(),
  quantity: z.number().int().positive(),
  card: z.string(),
  amount: z.number().positive(),
  address: z.string(),
});

export const orderFulfilment = p.phases('accept', {
  accept: p.at('shop', {
    input: order,
    next: ['reserve', 'charge', 'ship'],
    run: ({ state, input, go }) => {
      state.sku = input.sku;
      state.quantity = input.quantity;
      state.card = input.card;
      state.amount = input.amount;
      state.address = input.address;
      return go.fork({ goods: 'reserve', money: 'charge' }).join('ship');
    },
  }),
  reserve: p.at('warehouse', {
    next: ['pack'],
    deadline: minutes(30),
    onTimeout: 'late',
    onError: 'soldOut',
    run: async ({ state, agent, go }) => {
      state.reservation = await agent.stock.reserve(state.sku, state.quantity);
      return go.pack();
    },
    undo: ({ state, agent }) => agent.stock.release(state.reservation),
  }),
  pack: p.at('warehouse', {
    next: ['ship'],
    run: async ({ state, agent, go }) => {
      await agent.stock.pack(state.reservation);
      return go.ship();
    },
  }),
  charge: p.at('payments', {
    next: ['ship'],
    deadline: minutes(5),
    onTimeout: 'late',
    onError: 'refused',
    run: async ({ state, agent, go }) => {
      state.charge = await agent.cards.charge(state.card, state.amount);
      return go.ship();
    },
    undo: ({ state, agent }) => agent.cards.refund(state.charge),
  }),
  ship: p.at('carrier', {
    join: 'all',
    next: ['tell'],
    deadline: hours(24),
    onTimeout: 'late',
    run: async ({ state, agent, go }) => {
      state.tracking = await agent.parcels.send(state.address);
      return go.tell();
    },
  }),
  tell: p.at('shop', { next: ['shipped'], run: ({ go }) => go.shipped() }),
  shipped: end('ok'),
  soldOut: end('sold out', { undo: true }),
  refused: end('card refused', { undo: true }),
  late: end('timeout', { undo: true }),
});
