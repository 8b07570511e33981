// A warehouse with stock, a card processor and a carrier, each with a memory of its own.

import type { PhaseContext, Run } from 'privatesky/sdk';
import type { Cards, Carrier, orderFulfilment, Stock } from './order-fulfilment.swarm.ts';

const delivery = 10_000;

const warehouse = ({ kept, key }: PhaseContext): Stock => {
  const inStock = (sku: string): number => Number(kept.get(`stock ${sku}`) ?? delivery);
  return {
    stock: {
      reserve(sku, quantity) {
        if (inStock(sku) < quantity) throw new Error(`${inStock(sku)} of ${sku} are left.`);
        kept.set(`stock ${sku}`, inStock(sku) - quantity);
        kept.set(key, { sku, quantity });
        return key;
      },
      release(reservation) {
        const held = kept.get(reservation) as { sku: string; quantity: number } | undefined;
        if (held === undefined) return;
        kept.set(`stock ${held.sku}`, inStock(held.sku) + held.quantity);
        kept.set(reservation, undefined);
      },
      pack: (reservation) => kept.set(reservation, undefined),
    },
  };
};

const payments = ({ kept, key }: PhaseContext): Cards => ({
  cards: {
    charge(card, amount) {
      if (card.startsWith('expired')) throw new Error('The card has expired.');
      kept.set(key, { card, amount });
      return key;
    },
    refund: (charge) => kept.set(charge, undefined),
  },
});

const carrier = ({ key }: PhaseContext): Carrier => ({ parcels: { send: () => `parcel ${key}` } });

export default {
  start: {
    role: 'shop',
    input: { sku: 'lamp', quantity: 2, card: '4111', amount: 59.8, address: 'Strada Zorilor 1, Iași' },
  },
  agents: { warehouse, payments, carrier },
} satisfies Run<typeof orderFulfilment>;
