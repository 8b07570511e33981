// The network file (config/genesis.json): who the validators are, which chains they run and who may follow. It is the
// one thing that all members and light clients must agree on. Reading it is strict; what a chain's id covers is in
// chain-genesis.ts.

import { type Bytes, toHex } from '../../lib/bytes.ts';
import {
  type FieldFault,
  type Fields,
  parseHexField,
  readFields,
  refuseDuplicates,
  refuseField,
} from '../../lib/fields.ts';
import { type Result, refused } from '../../lib/result.ts';
import type { SignatureSuite } from '../../lib/suites/suite.ts';
import { KiB, MiB } from '../../lib/units.ts';
import type { NodeId } from '../../net/ports.ts';
import {
  maxChains,
  maxEpochMs,
  maxListedAccounts,
  maxListedFollowers,
  maxRepeatedHeaders,
  maxValidators,
  repeatedHeaderBytes,
  repeatedShare,
  segmentSizes,
} from '../limits.ts';

export interface NetworkGenesis {
  readonly format: 1;
  /** lower-case word that people see */
  readonly name: string;
  /** allows dev accounts and deliberate faults, and refuses every address that is not loopback */
  readonly dev: boolean;
  /** milliseconds since 1970; block times lie above it */
  readonly timeMs: number;
  /** in the order that consensus uses: index i is V[i] */
  readonly validators: readonly ValidatorEntry[];
  readonly followers: FollowerPolicy;
  readonly chains: readonly ChainEntry[];
}

export interface ValidatorEntry {
  readonly name: string;
  /** of the key that its TLS certificates are pinned to */
  readonly nodeId: NodeId;
  readonly suite: number;
  readonly signingKey: Bytes;
  /** X25519, 32 bytes */
  readonly encryptionKey: Bytes;
}

export interface FollowerPolicy {
  readonly mode: 'open' | 'listed' | 'none';
  /** only where `listed` */
  readonly nodeIds: readonly NodeId[];
}

export interface ChainEntry {
  readonly name: string;
  readonly application: 'key-value' | 'blob';
  /** storage shard that holds it; chains of one shard share its journal and group commit */
  readonly shard: string;
  readonly epoch: number;
  /** W: how far proposals may run ahead of certificates */
  readonly window: number;
  readonly fastPath: false;
  readonly accounts: { readonly mode: 'open' | 'listed'; readonly publicKeys: readonly Bytes[] };
  /** what one account may keep in the state */
  readonly bytesPerAccount: number;
  /** journal bytes that the shard keeps, or all of them */
  readonly retainBytes: number | 'all';
  readonly segmentBytes: number;
}

/** The inputs to X25519 that lead to an all-zero secret, whoever computes it; values below 2^255. */
const smallOrderX25519 = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

const word = /^[a-z][a-z0-9-]{0,31}$/;
const wordText = 'a lower-case word of at most 32 letters, digits and hyphens';

/** @param suites the signature suites of this build, to refuse keys of small order and other encodings */
export function parseNetwork(
  json: string,
  suites: readonly Pick<SignatureSuite, 'suite' | 'publicKeyBytes' | 'isSafePublicKey'>[],
): Result<NetworkGenesis, FieldFault> {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    return refused({ code: 'not-parsable', place: '(document)', message: (error as Error).message });
  }
  const keys = new KeyReader(suites);
  return readFields(document, (root) => readNetwork(root, keys));
}

function readNetwork(root: Fields, keys: KeyReader): NetworkGenesis {
  const network: NetworkGenesis = {
    format: root.whole('format', { min: 1, max: 1 }) as 1,
    name: root.text('name', word, wordText),
    dev: root.flag('dev'),
    timeMs: root.wholeText('timeMs', { min: 1, max: maxEpochMs }),
    validators: root.objects('validators', maxValidators, (fields) => readValidator(fields, keys)),
    followers: root.object('followers', (fields) => readFollowers(fields, keys)),
    chains: root.objects('chains', maxChains, (fields) => readChain(fields, keys)),
  };
  if (network.validators.length === 0) refuseField('out-of-range', 'validators', 'expected at least one validator');
  if (network.chains.length === 0) refuseField('out-of-range', 'chains', 'expected at least one chain');
  refuseDuplicates(network.validators, 'validators', 'name', (each) => each.name);
  refuseDuplicates(network.validators, 'validators', 'nodeId', (each) => each.nodeId);
  refuseDuplicates(network.validators, 'validators', 'signingKey', (each) => toHex(each.signingKey));
  refuseDuplicates(network.validators, 'validators', 'encryptionKey', (each) => toHex(each.encryptionKey));
  refuseDuplicates(network.chains, 'chains', 'name', (each) => each.name);
  requireOnePolicyPerShard(network.chains);
  requireRoomInSegments(network);
  return network;
}

function readValidator(fields: Fields, keys: KeyReader): ValidatorEntry {
  const suite = fields.whole('suite', { min: 1, max: 255 });
  const encryptionKey = fields.hex('encryptionKey', 32);
  const masked = encryptionKey.slice();
  masked[31] = (masked[31] as number) & 0x7f; // X25519 ignores the top bit
  if (smallOrderX25519.has(toHex(masked))) {
    refuseField('unsafe-key', fields.at('encryptionKey'), 'a key of small order gives everyone the same secret');
  }
  return {
    name: fields.text('name', word, wordText),
    nodeId: keys.nodeId(fields.hex('nodeId', 32), fields.at('nodeId')),
    suite,
    signingKey: keys.signing(suite, fields, 'signingKey'),
    encryptionKey,
  };
}

function readFollowers(fields: Fields, keys: KeyReader): FollowerPolicy {
  const mode = fields.oneOf('mode', ['open', 'listed', 'none']);
  if (mode !== 'listed') return { mode, nodeIds: [] };
  const nodeIds = fields.list('nodeIds', maxListedFollowers, (value, place) =>
    keys.nodeId(parseHexField(value, 32, place), place),
  );
  return { mode, nodeIds };
}

function readChain(fields: Fields, keys: KeyReader): ChainEntry {
  return {
    name: fields.text('name', word, wordText),
    application: fields.oneOf('application', ['key-value', 'blob']),
    shard: fields.text('shard', word, wordText),
    epoch: fields.whole('epoch', { min: 0, max: 0 }),
    window: fields.whole('window', { min: 1, max: 256 }),
    fastPath: readFastPath(fields),
    accounts: fields.object('accounts', (accounts) => readAccounts(accounts, keys)),
    bytesPerAccount: fields.wholeText('bytesPerAccount', { min: 0, max: 2 ** 48 }),
    retainBytes:
      fields.has('retain') && fields.text('retain', /^(all|[1-9][0-9]*)$/, '"all" or a number of bytes') !== 'all'
        ? fields.wholeText('retain', { min: 64 * KiB, max: 2 ** 48 })
        : 'all',
    segmentBytes: fields.has('segmentBytes') ? readSegmentBytes(fields) : 256 * MiB,
  };
}

function readSegmentBytes(fields: Fields): number {
  const bytes = fields.wholeText('segmentBytes', segmentSizes);
  if (bytes % segmentSizes.step !== 0) {
    refuseField('out-of-range', fields.at('segmentBytes'), `expected a multiple of ${segmentSizes.step}`);
  }
  return bytes;
}

function readFastPath(fields: Fields): false {
  if (fields.flag('fastPath')) refuseField('out-of-range', fields.at('fastPath'), 'version 1 knows only false');
  return false;
}

function readAccounts(fields: Fields, keys: KeyReader): ChainEntry['accounts'] {
  const mode = fields.oneOf('mode', ['open', 'listed']);
  if (mode === 'open') return { mode, publicKeys: [] };
  const publicKeys = fields.list('publicKeys', maxListedAccounts, (value, place) => keys.account(value, place));
  const distinct = new Set(publicKeys.map(toHex));
  if (distinct.size !== publicKeys.length) refuseField('duplicate', fields.at('publicKeys'), 'each key stands once');
  return { mode, publicKeys };
}

/** A shard is one journal, so its chains must agree on how much of it is kept. */
function requireOnePolicyPerShard(chains: readonly ChainEntry[]): void {
  const first = new Map<string, ChainEntry>();
  chains.forEach((chain, index) => {
    const other = first.get(chain.shard) ?? chain;
    first.set(chain.shard, other);
    if (other.retainBytes !== chain.retainBytes || other.segmentBytes !== chain.segmentBytes) {
      refuseField('out-of-range', `chains[${index}]`, `retain and segmentBytes differ within shard ${chain.shard}`);
    }
  });
}

/** Each new segment repeats what its chains still need (D6). */
function requireRoomInSegments({ chains, validators }: NetworkGenesis): void {
  const repeated = new Map<string, number>();
  chains.forEach(({ shard, window, segmentBytes }, index) => {
    const own = maxRepeatedHeaders(window) * repeatedHeaderBytes(validators.length);
    const bytes = (repeated.get(shard) ?? 0) + own;
    repeated.set(shard, bytes);
    if (bytes <= segmentBytes * repeatedShare) return;
    const needed = Math.ceil(bytes / repeatedShare / MiB) * MiB;
    refuseField('out-of-range', `chains[${index}].segmentBytes`, `the chains of shard ${shard} need ${needed} or more`);
  });
}

/** Keys enter the network here and at account registration only; a bad one would let verifiers disagree. */
class KeyReader {
  private readonly suites: Parameters<typeof parseNetwork>[1];

  constructor(suites: Parameters<typeof parseNetwork>[1]) {
    this.suites = suites;
  }

  signing(suite: number, fields: Fields, name: string): Bytes {
    const known = this.suites.find((each) => each.suite === suite);
    if (known === undefined) refuseField('out-of-range', fields.at('suite'), 'this build does not know the suite');
    return this.safe(known, fields.hex(name, known.publicKeyBytes), fields.at(name));
  }

  /** node keys are Ed25519, as TLS certificates need it */
  nodeId(key: Bytes, place: string): NodeId {
    return toHex(this.safe(this.ed25519(place), key, place)) as NodeId;
  }

  account(value: unknown, place: string): Bytes {
    const suite = this.ed25519(place);
    return this.safe(suite, parseHexField(value, suite.publicKeyBytes, place), place);
  }

  private ed25519(place: string): Parameters<typeof parseNetwork>[1][number] {
    return (
      this.suites.find((each) => each.suite === 1) ?? refuseField('out-of-range', place, 'needs suite 1 (Ed25519)')
    );
  }

  private safe(suite: Pick<SignatureSuite, 'isSafePublicKey'>, key: Bytes, place: string): Bytes {
    if (!suite.isSafePublicKey(key)) refuseField('unsafe-key', place, 'a key of small order or in another encoding');
    return key;
  }
}
