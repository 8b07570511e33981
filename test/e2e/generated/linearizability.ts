// Is a concurrent history of registers one that a single copy could have given? Wing and Gong's search with Lowe's memo of
// what was tried, as in Porcupine: it takes operations in every order that their real times allow until all fit, and steps
// back where none does. Registers are independent, so each is checked by itself.

export type RegisterCall =
  | { readonly kind: 'put'; readonly value: string }
  /** `swapped` is undefined where the client never heard */
  | {
      readonly kind: 'compare-and-set';
      readonly expected: string | null;
      readonly value: string;
      readonly swapped: boolean | undefined;
    }
  | { readonly kind: 'read'; readonly seen: string | null };

export interface Operation {
  readonly client: number;
  readonly register: string;
  readonly call: RegisterCall;
  readonly startedMs: number;
  /** Infinity where the client never heard: it took effect at any later time, or not at all */
  readonly endedMs: number;
}

export type Linearizability =
  | { readonly linearizable: true }
  /** `stuck`: in no order that was tried could this one have ended when it did */
  | { readonly linearizable: false; readonly register: string; readonly stuck: Operation };

/** What one search may try: 10⁶ memo entries of 100 bytes. Beyond: an error, for an answer there is none. */
const maxTried = 1_000_000;

export function checkRegisters(history: readonly Operation[]): Linearizability {
  const registers = new Map<string, Operation[]>();
  for (const each of history) registers.set(each.register, [...(registers.get(each.register) ?? []), each]);
  for (const [register, operations] of registers) {
    const stuck = search(operations);
    if (stuck !== undefined) return { linearizable: false, register, stuck };
  }
  return { linearizable: true };
}

type State = string | null;

/** @returns the state after it, or undefined where it cannot have happened now */
function apply(state: State, call: RegisterCall): State | undefined {
  switch (call.kind) {
    case 'put':
      return call.value;
    case 'read':
      return state === call.seen ? state : undefined;
    case 'compare-and-set': {
      const swaps = state === call.expected;
      if (call.swapped !== undefined && call.swapped !== swaps) return undefined;
      return swaps ? call.value : state;
    }
  }
}

/** The call or the return of an operation, in a list from which both are taken while it counts as done. */
interface Event {
  readonly operation: Operation;
  readonly index: number;
  readonly returns: Event | undefined;
  readonly isCall: boolean;
  previous: Event | undefined;
  next: Event | undefined;
}

/** @returns undefined when there is an order; else the operation at which the deepest attempt got stuck */
function search(operations: readonly Operation[]): Operation | undefined {
  const head = listOf(operations);
  const done: { readonly call: Event; readonly before: State; readonly taken: bigint }[] = [];
  const tried = new Set<string>();
  let state: State = null;
  let taken = 0n;
  let deepest = -1;
  let stuck: Operation | undefined;
  let at = head.next;
  while (at !== undefined) {
    if (at.isCall) {
      const after = apply(state, at.operation.call);
      const withIt = taken | (1n << BigInt(at.index));
      const memo = `${withIt.toString(36)} ${JSON.stringify(after)}`;
      if (after === undefined || tried.has(memo)) {
        at = at.next;
        continue;
      }
      if (tried.size >= maxTried) throw new Error(`no answer after ${maxTried} attempts`);
      tried.add(memo);
      done.push({ call: at, before: state, taken });
      state = after;
      taken = withIt;
      take(at);
      at = head.next;
    } else {
      // it has ended, and nothing that could come before it is left: another order
      if (done.length > deepest) {
        deepest = done.length;
        stuck = at.operation;
      }
      const last = done.pop();
      if (last === undefined) return stuck;
      state = last.before;
      taken = last.taken;
      putBack(last.call);
      at = last.call.next;
    }
  }
  return undefined; // what is left never returned, and need not have happened
}

function listOf(operations: readonly Operation[]): Event {
  const events: { readonly atMs: number; readonly event: Event }[] = [];
  for (const [index, operation] of operations.entries()) {
    const blank = { operation, index, previous: undefined, next: undefined };
    const ends = Number.isFinite(operation.endedMs);
    const returns: Event | undefined = ends ? { ...blank, returns: undefined, isCall: false } : undefined;
    events.push({ atMs: operation.startedMs, event: { ...blank, returns, isCall: true } });
    if (returns !== undefined) events.push({ atMs: operation.endedMs, event: returns });
  }
  // in one instant, calls come first: then they overlap
  events.sort((a, b) => a.atMs - b.atMs || Number(b.event.isCall) - Number(a.event.isCall));
  const head = { isCall: true } as Event;
  let last = head;
  for (const { event } of events) {
    last.next = event;
    event.previous = last;
    last = event;
  }
  return head;
}

function take(call: Event): void {
  for (const event of [call, call.returns]) {
    if (event === undefined) continue;
    if (event.previous !== undefined) event.previous.next = event.next;
    if (event.next !== undefined) event.next.previous = event.previous;
  }
}

/** In the opposite order, as each remembers its neighbours of when it was taken. */
function putBack(call: Event): void {
  for (const event of [call.returns, call]) {
    if (event === undefined) continue;
    if (event.previous !== undefined) event.previous.next = event;
    if (event.next !== undefined) event.next.previous = event;
  }
}
