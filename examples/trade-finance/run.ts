// Two banks and a carrier. The issuing bank blocks collateral and pays once; papers conform at the second presentation.

import type { PhaseContext, Run } from 'privatesky/sdk';
import type { Carrier, CreditDesk, DocumentDesk, tradeFinance } from './trade-finance.swarm.ts';

const issuingBank = ({ kept, key }: PhaseContext): CreditDesk => ({
  credit: {
    rate: (_, amount) => (amount <= 1_000_000n ? 0.8 : 0.2),
    block(collateral) {
      kept.set(`lien ${key}`, collateral);
      return `lien ${key}`;
    },
    release: (lien) => kept.set(lien, undefined),
    pay(order) {
      kept.set(`payment ${key}`, order);
      return `payment ${key}`;
    },
    recall: (payment) => kept.set(payment, undefined),
  },
});

const carrier = ({ kept, key }: PhaseContext): Carrier => ({
  vessels: {
    load(goods, to) {
      kept.set(key, { goods, to });
      return `B/L ${key}`;
    },
    unload: (billOfLading) => kept.set(billOfLading.replace('B/L ', ''), undefined),
  },
});

const advisingBank = ({ kept, instance }: PhaseContext): DocumentDesk => ({
  documents: {
    conform() {
      const presented = Number(kept.get(instance) ?? 0) + 1;
      kept.set(instance, presented);
      return presented > 1;
    },
  },
});

export default {
  start: {
    role: 'importer',
    input: {
      goods: '40 t of coffee',
      destination: 'Constanța',
      terms: 'CIF, documents within 21 days',
      amount: 250_000n,
      collateral: 'warehouse 7',
    },
  },
  agents: { issuingBank, advisingBank, carrier },
} satisfies Run<typeof tradeFinance>;
