// The file of `psky tx bundle`: a JSON list such as [{"put":["key","value"]},{"delete":["key"]},{"cas":["key","old","new"]}].

import { maxOperations } from '../ledger/commands/index.ts';
import type { Bytes } from '../lib/bytes.ts';
import { type FieldFault, type Fields, readFields, refuseField } from '../lib/fields.ts';
import type { Result } from '../lib/result.ts';
import type { Operation } from '../sdk/index.ts';

/** kind → what stands in its list */
const parts = { put: ['key', 'value'], delete: ['key'], cas: ['key', 'expected', 'value'] } as const;

/**
 * @param document parsed JSON
 * @param toBytes reads keys and values
 */
export function readBundle(
  document: unknown,
  toBytes: (text: string) => Bytes,
): Result<readonly Operation[], FieldFault> {
  return readFields({ operations: document }, (root) =>
    root.objects('operations', maxOperations, (fields) => operationOf(fields, toBytes)),
  );
}

function operationOf(fields: Fields, toBytes: (text: string) => Bytes): Operation {
  const kind = (['put', 'delete', 'cas'] as const).find((each) => fields.has(each));
  if (kind === undefined) return refuseField('missing', fields.place, 'expected put, delete or cas');
  const names = parts[kind];
  const found = fields.list(kind, names.length, (part, place) => {
    if (typeof part === 'string') return toBytes(part);
    // no value, expected or wanted
    return part === null && kind === 'cas' ? null : refuseField('wrong-kind', place, 'expected text');
  });
  if (found.length < names.length) refuseField('missing', fields.at(kind), `expected [${names.join(', ')}]`);
  const [key, second = null, third = null] = found;
  if (key == null) return refuseField('wrong-kind', `${fields.at(kind)}[0]`, 'expected text');
  if (kind === 'put') return { kind, key, value: second as Bytes };
  return kind === 'delete' ? { kind, key } : { kind: 'compare-and-set', key, expected: second, value: third };
}
