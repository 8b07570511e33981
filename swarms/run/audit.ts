// An instance as its stored records tell it, for whoever looks at it later: the chain is read again from its first record, each
// signature and hash is checked anew, and the copies of other parties are compared. The machine of the whole process makes the
// recorded moves.

import type { SignatureSuite } from '../../lib/suites/suite.ts';
import { check } from '../check/index.ts';
import type { Description } from '../description.ts';
import { type StateValue, stateAfter } from '../projection/whole-machine.ts';
import type { RecordFault } from './book.ts';
import { Instance } from './instance.ts';
import type { StoredInstance } from './instance-rows.ts';
import { headText } from './message.ts';
import { nothingOwn } from './own.ts';
import { descriptionHash } from './program.ts';
import { isSignedBy, recordHash, signedText } from './record.ts';

/** What one party stored of an instance. */
export interface Copy {
  readonly agent: string;
  readonly stored: StoredInstance;
}

/** The first record that does not fit, and why. */
export interface AuditFault extends RecordFault {
  readonly record: number;
}

export interface Audit {
  /** as far as its records fit */
  readonly instance: Instance;
  readonly fault: AuditFault | undefined;
}

export interface Audited {
  readonly id: string;
  readonly description: Description;
  /** the keeper's, or where that is not at hand another party's */
  readonly copy: Copy;
  /** of other parties */
  readonly others: readonly Copy[];
}

export function auditInstance({ id, description, copy, others }: Audited, suite: SignatureSuite): Audit {
  const { agent, stored } = copy;
  const instance = new Instance(
    {
      ...{ id, description, descriptionHash: descriptionHash(description), agent },
      verify: (party, kind, body, signature) => isSignedBy(suite, party, signedText(kind, body), signature),
      // nothing arrives where one only looks
      verifyMessage: () => false,
      admit: () => undefined,
    },
    stored.own ?? nothingOwn(),
    new Map(stored.letters),
  );
  const fault = badRecord(instance, stored) ?? badHead(instance, suite) ?? badCopy(instance, others);
  return { instance, fault };
}

const broken = (record: number, detail: string): AuditFault => ({ record, name: 'swarm-chain-broken', detail });

function badRecord(instance: Instance, { records }: StoredInstance): AuditFault | undefined {
  for (const [record, raw] of records.entries()) {
    const fault = instance.restore(raw);
    if (fault !== undefined) return { record, ...fault };
  }
  const { book, options } = instance;
  if (!book.started) return broken(0, 'There is no first record.');
  return book.start.instance === options.id ? undefined : broken(0, `It is the start of '${book.start.instance}'.`);
}

/** The keeper's word for the whole chain: what no party has signed, instants and rulings, rests on it. */
function badHead({ book, own, keeps, options }: Instance, suite: SignatureSuite): AuditFault | undefined {
  if (keeps && !book.over && own.headSignature.length === 0) return undefined;
  const text = headText(options.id, book.length, book.head);
  if (isSignedBy(suite, book.starter, text, own.headSignature)) return undefined;
  return broken(book.length - 1, 'The keeper has not signed the chain that ends here.');
}

function badCopy({ records, keeps }: Instance, others: readonly Copy[]): AuditFault | undefined {
  for (const { agent, stored } of others) {
    for (const [n, raw] of stored.records.entries()) {
      const own = records[n];
      if (own === undefined && !keeps) break; // the keeper had sent it more
      if (own === undefined) return broken(n, `'${agent}' has a record that the keeper lacks.`);
      if (recordHash(own) !== recordHash(raw)) return broken(n, `'${agent}' has another record.`);
    }
  }
  return undefined;
}

/**
 * Where the machine of the whole process stands after the recorded moves.
 * @returns null where the description does not pass the check, as one that lacks the bodies of forks: it has no such machine
 */
export function machineOf({ book: { description, moves } }: Instance): StateValue | null {
  return check(description).length > 0 ? null : (stateAfter(description, moves) ?? null);
}
