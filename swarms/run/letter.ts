// Letters: values sealed to the agent of a role, bound to the instance, the run and the role that they are for. A letter
// holds variables, the input of the next phase, or the text of an error.

import type { Bytes } from '../../lib/bytes.ts';
import { encode } from '../../lib/codec.ts';
import { bytes, list, optional, text, tuple } from '../../lib/shape.ts';
import type { Sealing, SealingKey, SealingKeys } from '../../lib/suites/sealing.ts';
import { maxNameLength, maxVariables } from '../limits.ts';
import { maxCauseLength, maxValueBytes } from './limits.ts';
import { readAs } from './record.ts';

export interface LetterText {
  readonly values: readonly { readonly name: string; readonly value: Bytes }[];
  readonly given: Bytes | null;
  readonly cause: string | null;
}

const shape = tuple<LetterText>({
  values: list(tuple({ name: text(maxNameLength), value: bytes(maxValueBytes) }), maxVariables),
  given: optional(bytes(maxValueBytes)),
  cause: optional(text(maxCauseLength)),
});

export interface LetterPlace {
  readonly instance: string;
  readonly run: number;
  /** who reads it */
  readonly role: string;
}

const contextOf = ({ instance, run, role }: LetterPlace): Bytes => encode(['psky swarm letter', instance, run, role]);

export function sealLetter(sealing: Sealing, to: SealingKey, letter: LetterText, place: LetterPlace): Promise<Bytes> {
  return sealing.seal(to, encode(shape.write(letter)), contextOf(place));
}

/** @returns undefined where it is not for these keys, or was changed */
export async function openLetter(
  sealing: Sealing,
  keys: SealingKeys,
  sealed: Bytes,
  place: LetterPlace,
): Promise<LetterText | undefined> {
  const opened = await sealing.open(keys, sealed, contextOf(place));
  return opened === undefined ? undefined : readAs(shape, opened);
}
