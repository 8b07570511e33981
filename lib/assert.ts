// Beliefs, checked in production. What the world can do to us is a value (see errors.ts), never an assertion.

export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}

/** @param belief what we hold to be true, as a sentence; its failure is always our own bug */
export function assert(condition: unknown, belief: string): asserts condition {
  if (!condition) throw new AssertionFailed(belief);
}

/** Ends a `switch` over a union: a new member that is not handled does not compile. */
export function exhaustive(value: never): never {
  throw new AssertionFailed(`unhandled variant: ${JSON.stringify(value)}`);
}

/** The value, which our own bookkeeping guarantees to be there. */
export function present<T>(value: T | undefined | null, belief: string): T {
  assert(value !== undefined && value !== null, belief);
  return value;
}
