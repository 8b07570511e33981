// Where a phase sends the process: to one successor, to several at once that meet again, or to all members of a group.
// `go` makes them. Nothing moves until the phase has returned one.

/** On to one phase, with its input where it takes one. */
export interface Hop<To extends string = string, Given = unknown> {
  readonly kind: 'hop';
  readonly to: To;
  readonly given: Given;
}

/** On to several phases at once, by the name of their branch; they meet at `join`. */
export interface Fork<To extends string = string> {
  readonly kind: 'fork';
  readonly branches: Readonly<Record<string, To>>;
  readonly join: To;
}

/** To every member of the group at which `to` is; their answers meet at `join`. */
export interface Broadcast<To extends string = string> {
  readonly kind: 'broadcast';
  readonly to: To;
  readonly join: To;
}

export type Step<To extends string = string> = Hop<To> | Fork<To> | Broadcast<To>;

/** The successors that the phase declared, each as a function. */
export type Go<Next extends string> = {
  readonly [To in Next]: <Given = undefined>(input?: Given) => Hop<To, Given>;
} & {
  /** `go.fork({ goods: 'pack', money: 'charge' }).join('ship')` goes on in several branches, which meet at a phase */
  fork(branches: Readonly<Record<string, Next>>): { join(phase: Next): Fork<Next> };
  /** `go.broadcast('vote').join('count')` goes to every member of a group; their answers meet at a phase */
  broadcast(to: Next): { join(phase: Next): Broadcast<Next> };
};

/** No phase may have one of these names. */
export const reservedNames: readonly string[] = ['fork', 'broadcast'];
