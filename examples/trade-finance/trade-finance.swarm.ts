// A letter of credit. The importer's bank promises to pay against documents, the exporter ships, the carrier issues the
// bill of lading, the exporter's bank examines it, and the money follows the papers. Five parties, each with its own view:
// the carrier never learns the price, the exporter never learns what the importer pledged, and only the importer's bank
// knows what it thinks of the importer's credit.

import { agent, between, days, end, hours, only, shared, swarm } from 'privatesky/sdk';
import { z } from 'zod';

export interface CreditDesk {
  readonly credit: {
    rate(applicant: string, amount: bigint): number | Promise<number>;
    block(collateral: string): string | Promise<string>;
    release(lien: string): void | Promise<void>;
    pay(order: { to: string; amount: bigint }): string | Promise<string>;
    recall(payment: string): void | Promise<void>;
  };
}

export interface Carrier {
  readonly vessels: {
    load(goods: string, to: string): string | Promise<string>;
    unload(billOfLading: string): void | Promise<void>;
  };
}

export interface DocumentDesk {
  readonly documents: { conform(billOfLading: string, terms: string): boolean | Promise<boolean> };
}

const p = swarm('trade/letter-of-credit@1', {
  roles: {
    importer: agent(),
    exporter: agent(),
    issuingBank: agent<CreditDesk>(),
    advisingBank: agent<DocumentDesk>(),
    carrier: agent<Carrier>(),
  },
  state: {
    goods: shared(z.string()),
    destination: shared(z.string()),
    terms: between('importer', 'exporter', 'issuingBank', 'advisingBank', z.string()),
    amount: between('importer', 'exporter', 'issuingBank', 'advisingBank', z.bigint()),
    collateral: between('importer', 'issuingBank', z.string()),
    rating: only('issuingBank', z.number()),
    lien: only('issuingBank', z.string()),
    credit: between('exporter', 'issuingBank', 'advisingBank', z.string()),
    billOfLading: shared(z.string()),
    payment: between('importer', 'exporter', 'issuingBank', 'advisingBank', z.string()),
  },
  deadline: days(90),
});

const contract = z.object({
  goods: z.string(),
  destination: z.string(),
  terms: z.string(),
  amount: z.bigint(),
  collateral: z.string(),
});

export const tradeFinance = p.phases('apply', {
  apply: p.at('importer', {
    input: contract,
    next: ['assess'],
    run: ({ state, input, go }) => {
      state.goods = input.goods;
      state.destination = input.destination;
      state.terms = input.terms;
      state.amount = input.amount;
      state.collateral = input.collateral;
      return go.assess();
    },
  }),

  // the bank's own judgement, which leaves it only as yes or no
  assess: p.at('issuingBank', {
    next: ['issue', 'creditRefused'],
    deadline: days(2),
    run: async ({ state, agent, go }) => {
      state.rating = await agent.credit.rate('importer', state.amount);
      return state.rating >= 0.5 ? go.issue() : go.creditRefused();
    },
  }),
  issue: p.at('issuingBank', {
    next: ['advise'],
    run: async ({ state, agent, go }) => {
      state.lien = await agent.credit.block(state.collateral);
      state.credit = `irrevocable, against a bill of lading for ${state.goods}`;
      return go.advise();
    },
    undo: ({ state, agent }) => agent.credit.release(state.lien),
  }),
  advise: p.at('advisingBank', { next: ['ship'], deadline: days(1), run: ({ go }) => go.ship() }),

  ship: p.at('exporter', { next: ['load'], deadline: days(30), onTimeout: 'notShipped', run: ({ go }) => go.load() }),
  load: p.at('carrier', {
    next: ['examine'],
    deadline: days(3),
    onError: 'notShipped',
    run: async ({ state, agent, go }) => {
      state.billOfLading = await agent.vessels.load(state.goods, state.destination);
      return go.examine();
    },
    undo: ({ state, agent }) => agent.vessels.unload(state.billOfLading),
  }),

  // papers that do not conform may be presented again, twice
  examine: p.at('advisingBank', {
    next: ['settle', 'amend'],
    deadline: days(5),
    maxTimes: 3,
    onError: 'notConforming',
    run: async ({ state, agent, go }) =>
      (await agent.documents.conform(state.billOfLading, state.terms)) ? go.settle() : go.amend(),
  }),
  amend: p.at('exporter', {
    next: ['examine'],
    deadline: days(5),
    onTimeout: 'notConforming',
    run: ({ go }) => go.examine(),
  }),

  settle: p.at('issuingBank', {
    next: ['deliver', 'credited', 'close'],
    deadline: hours(12),
    run: async ({ state, agent, go }) => {
      state.payment = await agent.credit.pay({ to: 'exporter', amount: state.amount });
      return go.fork({ papers: 'deliver', money: 'credited' }).join('close');
    },
    undo: ({ state, agent }) => agent.credit.recall(state.payment),
  }),
  deliver: p.at('importer', { next: ['close'], deadline: days(2), run: ({ go }) => go.close() }),
  credited: p.at('exporter', { next: ['close'], deadline: days(2), run: ({ go }) => go.close() }),
  close: p.at('issuingBank', { join: 'all', next: ['settled'], run: ({ go }) => go.settled() }),

  settled: end('ok'),
  creditRefused: end('credit refused'),
  notShipped: end('not shipped', { undo: true }),
  notConforming: end('papers refused', { undo: true }),
});
