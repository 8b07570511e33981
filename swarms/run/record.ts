// The records of an instance: a chain of hashes that its keeper orders and every party keeps. A party signs what its phases
// did (a turn), the keeper adds what nobody else can know (a deadline has passed). Canonical msgpack: what was signed is
// hashed as it was received.

import type { Bytes } from '../../lib/bytes.ts';
import { type CodecLimits, decode, encode } from '../../lib/codec.ts';
import { type Hash, taggedHash } from '../../lib/hash.ts';
import { bool, bytes, hash, list, misfit, optional, type Shape, text, tuple, uint } from '../../lib/shape.ts';
import type { SignatureSuite } from '../../lib/suites/suite.ts';
import { KiB } from '../../lib/units.ts';
import { maxNameLength, maxPhases, maxRoles, maxVariables } from '../limits.ts';
import { maxTurnBytes, maxValueBytes } from './limits.ts';

/** A party of an instance: who acts in a role, and by which keys. */
export interface Party {
  readonly role: string;
  /** `domain/agent/name` */
  readonly agent: string;
  readonly signingSuite: number;
  readonly signingKey: Bytes;
  readonly sealingSuite: number;
  readonly sealingKey: Bytes;
}

/** Sealed to the agent of a role. */
export interface Letter {
  readonly role: string;
  readonly sealed: Bytes;
}

/** The first record: what is to happen, and among whom. Signed by the starter. */
export interface Start {
  readonly instance: string;
  readonly description: Hash;
  readonly starter: string;
  readonly parties: readonly Party[];
  /** the input of the first phase, sealed to its role */
  readonly letters: readonly Letter[];
  /** of a W3C trace, 32 hex digits */
  readonly trace: string;
}

interface Written {
  readonly name: string;
  readonly value: Bytes;
}

/** What one run of a phase did. Signed by the agent of its role. */
export interface Turn {
  readonly instance: string;
  readonly description: Hash;
  readonly role: string;
  readonly run: number;
  /** the record by which the phase became active, so that a turn fits one place only */
  readonly after: Hash;
  /** where it goes: a phase, or where the branches meet; empty where it failed */
  readonly to: string;
  /** of a fork: branch and its first phase */
  readonly branches: readonly { readonly branch: string; readonly to: string }[];
  /** a letter holds the input of the next phase */
  readonly gives: boolean;
  readonly shared: readonly Written[];
  /** variables whose values are in the letters */
  readonly sealed: readonly string[];
  /** variables whose values stay with the role */
  readonly own: readonly string[];
  readonly letters: readonly Letter[];
  /** the code of what the phase failed by; its text is in a letter to the starter */
  readonly fault: string | null;
}

/** An undo is through, or was given up. Signed by the agent of its role. */
export interface Undone {
  readonly instance: string;
  readonly description: Hash;
  readonly role: string;
  readonly run: number;
  readonly after: Hash;
  readonly fault: string | null;
}

export const rulingKinds = ['timeout', 'unreachable', 'overdue', 'cancelled', 'undo-timeout', 'too-long'] as const;

/** What the keeper decides. */
export interface Ruling {
  readonly ruling: (typeof rulingKinds)[number];
  /** 0 where it is about the whole instance */
  readonly run: number;
  readonly code: string;
}

export type Body =
  | { readonly kind: 'start'; readonly start: Start }
  | { readonly kind: 'turn'; readonly turn: Turn }
  | { readonly kind: 'undone'; readonly undone: Undone }
  | { readonly kind: 'ruling'; readonly ruling: Ruling };

export const kinds = ['start', 'turn', 'undone', 'ruling'] as const;

export interface SwarmRecord {
  readonly n: number;
  /** hash of the record before it */
  readonly before: Hash;
  /** by the keeper's clock */
  readonly atMs: number;
  readonly kind: (typeof kinds)[number];
  readonly body: Bytes;
  /** by the agent that `body` names; empty for a ruling, which the signature of the chain's head covers */
  readonly signature: Bytes;
}

const name = text(maxNameLength);
const names = list(name, maxVariables);
const letters = list(tuple<Letter>({ role: name, sealed: bytes(maxTurnBytes) }), maxRoles);
const fault = optional(text(80));
const instance = text(80);

const partyShape = tuple<Party>({
  role: name,
  agent: text(250),
  signingSuite: uint(255),
  signingKey: bytes(4096),
  sealingSuite: uint(255),
  sealingKey: bytes(4096),
});

const startShape = tuple<Start>({
  instance,
  description: hash,
  starter: name,
  parties: list(partyShape, maxRoles),
  letters,
  trace: text(32),
});

const turnShape = tuple<Turn>({
  instance,
  description: hash,
  role: name,
  run: uint(),
  after: hash,
  to: name,
  branches: list(tuple({ branch: name, to: name }), maxPhases),
  gives: bool,
  shared: list(tuple<Written>({ name, value: bytes(maxValueBytes) }), maxVariables),
  sealed: names,
  own: names,
  letters,
  fault,
});

const undoneShape = tuple<Undone>({ instance, description: hash, role: name, run: uint(), after: hash, fault });

interface RulingForm {
  readonly ruling: number;
  readonly run: number;
  readonly code: string;
}
const rulingShape = tuple<RulingForm>({ ruling: uint(rulingKinds.length - 1), run: uint(), code: text(80) });

const recordShape = tuple({
  n: uint(),
  before: hash,
  atMs: uint(),
  kind: uint(kinds.length - 1),
  body: bytes(maxTurnBytes + 4096),
  signature: bytes(4096),
});

/** a message holds a record and its own frame */
const limits: CodecLimits = { maxBytes: 2 * maxTurnBytes + 64 * KiB, maxDepth: 16, maxItems: 65_536 };

export const encodeStart = (start: Start): Bytes => encode(startShape.write(start));
export const encodeTurn = (turn: Turn): Bytes => encode(turnShape.write(turn));
export const encodeUndone = (undone: Undone): Bytes => encode(undoneShape.write(undone));
export const encodeRuling = ({ ruling, run, code }: Ruling): Bytes =>
  encode(rulingShape.write({ ruling: rulingKinds.indexOf(ruling), run, code }));

export function encodeRecord(record: SwarmRecord): Bytes {
  return encode(recordShape.write({ ...record, kind: kinds.indexOf(record.kind) }));
}

/** @returns undefined where the bytes are no record */
export function decodeRecord(raw: Bytes): SwarmRecord | undefined {
  const record = readAs(recordShape, raw);
  return record === undefined ? undefined : { ...record, kind: kinds[record.kind] as SwarmRecord['kind'] };
}

export function decodeBody(kind: SwarmRecord['kind'], body: Bytes): Body | undefined {
  switch (kind) {
    case 'start':
      return wrap(readAs(startShape, body), (start) => ({ kind, start }));
    case 'turn':
      return wrap(readAs(turnShape, body), (turn) => ({ kind, turn }));
    case 'undone':
      return wrap(readAs(undoneShape, body), (undone) => ({ kind, undone }));
    case 'ruling':
      return wrap(readAs(rulingShape, body), ({ ruling, run, code }) => ({
        kind,
        ruling: { ruling: rulingKinds[ruling] as Ruling['ruling'], run, code },
      }));
  }
}

const wrap = <T, B>(value: T | undefined, build: (value: T) => B): B | undefined =>
  value === undefined ? undefined : build(value);

export function readAs<T>(shape: Shape<T>, raw: Bytes): T | undefined {
  const decoded = decode(raw, limits);
  if (!decoded.ok) return undefined;
  const value = shape.read(decoded.value);
  return value === misfit ? undefined : value;
}

export const recordHash = (raw: Bytes): Hash => taggedHash('psky swarm record', raw);

/** What an agent signs for a turn, an undo or a start; a signature for one is none for another. */
export const signedText = (kind: SwarmRecord['kind'], body: Bytes): Bytes =>
  encode(['psky swarm', kind, taggedHash('psky swarm body', body)]);

export function isSignedBy(
  suite: SignatureSuite,
  { signingSuite, signingKey }: Pick<Party, 'signingSuite' | 'signingKey'>,
  text: Bytes,
  signature: Bytes,
): boolean {
  return signingSuite === suite.suite && suite.verify(signingKey, text, signature);
}
