// What clients may read: `value`, `account`, `receipt`, `receipts`. Arguments are plain bytes; answers are what the state holds, so
// that a proof speaks about exactly these bytes.

import type { QueryAnswer, QueryRequest } from '../../consensus/application.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { type ErrorName, errorRow } from '../../lib/errors.ts';
import { hashFromBytes } from '../../lib/hash.ts';
import { maxKeyBytes, receiptsPerChunk } from '../limits.ts';
import { encodeReceipt } from '../receipt.ts';
import { accountKey, valueKey } from '../state/keys.ts';
import type { RecordName } from '../state/layout.ts';
import { proveName } from '../state/prove.ts';
import { type AuthenticatedState, nameOf } from '../state/state.ts';
import type { StateAnswer } from '../state/state-fault.ts';
import { findReceipt } from './receipts.ts';

const hashBytes = 32;

function receiptsName({ layout }: AuthenticatedState, argument: Bytes): RecordName {
  const at = new DataView(argument.buffer, argument.byteOffset, argument.length);
  return layout.receipts(Number(at.getBigUint64(0)), Math.floor(at.getUint32(8) / receiptsPerChunk));
}

export function answerQuery(state: AuthenticatedState, request: QueryRequest, done: StateAnswer<QueryAnswer>): void {
  const { argument } = request;
  switch (request.path) {
    case 'value': // account ‖ key
      if (argument.length <= hashBytes || argument.length > hashBytes + maxKeyBytes) return refuse('bad-argument');
      return answerState(valueKey(hashFromBytes(argument.subarray(0, hashBytes)), argument.subarray(hashBytes)));
    case 'account':
      if (argument.length !== hashBytes) return refuse('bad-argument');
      return answerState(accountKey(hashFromBytes(argument)));
    case 'receipt': // command hash
      if (argument.length !== hashBytes) return refuse('bad-argument');
      if (request.prove) return refuse('no-proof');
      return findReceipt(state, hashFromBytes(argument), (fault, receipt) =>
        done(fault, {
          height: state.current.height,
          value: receipt === undefined ? undefined : encodeReceipt(receipt),
        }),
      );
    case 'receipts': // height, 8 bytes ‖ index within the block, 4 bytes: the stretch of the block's receipts that holds it
      if (argument.length !== 12) return refuse('bad-argument');
      if (request.prove) return refuse('no-proof');
      return state.readRecords([receiptsName(state, argument)], (fault, [value]) =>
        done(fault, { height: state.current.height, value }),
      );
    default:
      return refuse('unknown-path');
  }

  function refuse(name: ErrorName): void {
    done(undefined, { height: state.current.height, value: undefined, code: errorRow(name).code });
  }

  function answerState(key: Bytes): void {
    const name = nameOf(key);
    const height = request.atHeight ?? state.current.height;
    if (!state.keeps(height)) return refuse('height-not-kept');
    state.read(name, height, (fault, value) => {
      if (fault !== undefined)
        return fault.code === 'height-not-kept' ? refuse('height-not-kept') : done(fault, { height, value });
      if (!request.prove) return done(undefined, { height, value });
      proveName(state, name, height, (fault, proof) => {
        if (fault?.code === 'height-not-kept') return refuse('height-not-kept');
        done(fault, { height, value, proof });
      });
    });
  }
}
