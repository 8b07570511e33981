// The values of the public interface, each with its meaning, bounds and an example. What serves JSON-RPC and REST, what is
// written in the OpenAPI file and what docs/api.md says is made of these schemas. One with a `title` is a component there.

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { maxEntryBytes, maxQueryArgumentBytes } from './limits.ts';

export const closed = { additionalProperties: false };

const exampleHash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

export const hash = (description: string) =>
  Type.String({ pattern: '^[0-9a-f]{64}$', description, examples: [exampleHash] });
export const height = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description, examples: [42] });
export const count = (description: string, minimum = 0) => Type.Integer({ minimum, description, examples: [4] });
export const words = (description: string, example: string) => Type.String({ description, examples: [example] });
export const flag = (description: string) => Type.Boolean({ description, examples: [true] });
export const hex = (maxBytes: number, description: string) =>
  Type.String({
    pattern: '^([0-9a-f]{2})*$',
    maxLength: 2 * maxBytes,
    description: `${description} Lower-case hex.`,
    examples: ['00686579'],
  });
export const nullable = <T extends TSchema>(schema: T) => {
  const { description, examples } = schema;
  return Type.Union([schema, Type.Null()], { description: description ?? '', examples });
};

/** in answers; requests may also give a name */
export const chainId = hash('The id of the chain.');

export const chain = Type.Optional(
  Type.String({
    pattern: '^[A-Za-z0-9_.-]{1,64}$',
    description: 'The id of a chain, or its name in this network. The first chain of the network where absent.',
    examples: ['main'],
  }),
);
export const entry = Type.String({
  minLength: 4,
  maxLength: Math.ceil(maxEntryBytes / 3) * 4,
  contentEncoding: 'base64',
  description: 'A signed command or bundle (on a blob chain: any bytes), 1 byte to 1 MiB, in base64 with padding.',
  examples: ['aGVsbG8='],
});
export const traceparent = Type.Optional(
  Type.String({
    maxLength: 64,
    description: 'W3C trace context of the request.',
    examples: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  }),
);
export const timeoutMs = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000, description, examples: [5000] }));
export const queryPath = Type.String({
  pattern: '^[a-z][a-z0-9/-]{0,63}$',
  description: 'What is asked of the ledger. A key-value chain answers `value`, `account` and `receipt`.',
  examples: ['account'],
});
export const queryArgument = hex(
  maxQueryArgumentBytes,
  'What it is asked about: for `value` the account (32 bytes) and then the key, for `account` the account, for `receipt` the hash of the command.',
);

export const receipt = Type.Object(
  {
    hash: hash('The hash of the entry, by which the command is known.'),
    status: Type.Union(
      [
        Type.Literal('accepted', { description: 'Synced by a validator and not final.' }),
        Type.Literal('committed', { description: 'Final; `code` says how it ended.' }),
        Type.Literal('refused', { description: 'Never ordered.' }),
        Type.Literal('pending', { description: 'Not final within the time asked for; it may still be.' }),
        Type.Literal('unknown', { description: 'Neither known nor in the history of this node.' }),
      ],
      {
        description:
          '`accepted`: synced by a validator and not final. `committed`: final, `code` says how it ended. `refused`: never ordered. `pending`: not final within the time asked for; it may still be. `unknown`: neither known nor in the history of this node.',
        examples: ['committed'],
      },
    ),
    height: nullable(height('Of the block that ordered it; null unless committed.')),
    index: nullable(height('Among the entries of its block; null unless committed.')),
    code: nullable(
      Type.Integer({
        description: '0 is success, else the number of an error: 2010 is PSKY-2010. Null while nothing is known.',
        examples: [0],
      }),
    ),
    acceptedBy: Type.Optional(
      Type.String({
        description:
          'At a follower: the name of the validator that it passed the command on to, and that has synced it. Absent at a validator, which syncs what it accepts itself, and where nobody has accepted the command.',
        examples: ['v2'],
      }),
    ),
  },
  { title: 'Receipt', description: 'What became of a command.' },
);
export type Receipt = Static<typeof receipt>;

export const block = Type.Object(
  {
    chain: chainId,
    height: height('Of the block; the first one has 1.'),
    id: hash('The hash of the header, which a commit certificate names.'),
    term: count('Of the leader that proposed it.'),
    timeMs: height('Block time, milliseconds since 1970.'),
    entries: count('How many commands, bundles or blobs it orders.'),
    execHeight: height('The height whose state `stateRoot` commits to; it may lie below `height`.'),
    stateRoot: hash('The root of the state at `execHeight`.'),
    batches: Type.Array(
      Type.Object({
        lane: count('The validator whose batch it is.'),
        seq: count('Of the batch in its lane.'),
        digest: hash('The hash of the batch.'),
        count: count('Entries in it.'),
      }),
      { description: 'What it orders, in order.' },
    ),
    header: hex(64 * 1024, 'The encoded header.'),
    certificate: nullable(hex(1024 * 1024, 'The encoded commit certificate that covers it, where one is kept.')),
  },
  { title: 'Block', description: 'A committed block.' },
);
export type BlockAnswer = Static<typeof block>;

export const blocks = Type.Object(
  {
    blocks: Type.Array(block, {
      description: 'In the order of their heights; heights that this node lacks are left out.',
    }),
  },
  { title: 'Blocks' },
);

export const queryResult = Type.Object(
  {
    chain: chainId,
    height: height('Of the state that answered; with a proof, the `execHeight` of `header`.'),
    value: nullable(hex(maxEntryBytes, 'The encoded answer (docs/ledger.md); null where there is none.')),
    proof: nullable(hex(maxEntryBytes, 'Leads from the value, or its absence, to the state root of `header`.')),
    header: nullable(hex(64 * 1024, 'The encoded header that the proof leads to.')),
    certificate: nullable(hex(1024 * 1024, 'The encoded certificate that commits `header`.')),
  },
  { title: 'QueryResult', description: 'An answer of the ledger; with a proof, one that needs no trust in the node.' },
);

export const validators = Type.Object(
  {
    chain: chainId,
    epoch: count('Of this set of validators.'),
    quorum: count('How many of them commit a block.', 1),
    validators: Type.Array(
      Type.Object({
        index: count('In the order that consensus uses.'),
        name: words('As the network file names it.', 'v1'),
        nodeId: hash('Its Ed25519 key as a peer.'),
        signingKey: hex(64, 'Its key in consensus.'),
        connected: flag('Whether this node has a link to it now; true for itself.'),
      }),
      { description: 'All of them, in order.' },
    ),
  },
  { title: 'Validators' },
);

export const chainStatus = Type.Object(
  {
    chain: chainId,
    name: words('As the network file names it.', 'main'),
    application: words('The ledger that runs on it.', 'key-value'),
    height: height('Of the last block that this node knows to be committed.'),
    execHeight: height(
      'Of the last block that it has executed: blocks, receipts and reads without a proof are answered up to here.',
    ),
    term: count('Of consensus.'),
    leader: nullable(words('The validator that leads this term; null where it is not known.', 'v1')),
    life: words('What this node does on the chain: leading, following, syncing and the like.', 'following'),
    state: Type.Union(
      [
        Type.Literal('ok'),
        Type.Literal('idle'),
        Type.Literal('slow'),
        Type.Literal('halted'),
        Type.Literal('fenced'),
        Type.Literal('diverged'),
      ],
      { description: 'How the chain does, seen from this node; `sentence` explains it.', examples: ['ok'] },
    ),
    fenced: flag('Whether this validator signs nothing for good, whatever the state of the chain is.'),
    refuses: nullable(
      words('Why this node takes no new commands until someone mends it: the name of their error.', 'low-disk'),
    ),
    missing: Type.Array(Type.String(), {
      description: 'Validators whose links are down; a follower names them only when it has no link at all.',
      examples: [['v3']],
    }),
    have: count('Validators that take part; at a follower, those that it is linked to.'),
    need: count('Validators that must take part; at a follower, one that is linked.'),
    since: words('Since when it is so, in UTC.', '2026-01-31T12:00:00.000Z'),
    sentence: words('The state in one sentence.', 'Chain main commits: height 42, all 4 validators take part.'),
    remedy: words('What to do about it.', 'Nothing to do.'),
  },
  { title: 'ChainStatus' },
);
export type ChainStatus = Static<typeof chainStatus>;

export const status = Type.Object(
  {
    nodeId: hash('Of this node.'),
    name: words('Of this node.', 'v1'),
    version: words('Of the program.', '0.1.0'),
    role: Type.Union([Type.Literal('validator'), Type.Literal('follower')], {
      description: 'Whether this node takes part in consensus, or only follows.',
      examples: ['validator'],
    }),
    ready: flag('As /readyz says.'),
    chains: Type.Array(chainStatus, { description: 'The chain that was asked for, or all.' }),
  },
  { title: 'Status' },
);

export const checkpoint = Type.Object(
  {
    chain: chainId,
    height: height('Of the checkpoint; 0 where none was made yet.'),
    certificate: nullable(hex(1024 * 1024, 'The encoded checkpoint certificate; null where none was made yet.')),
  },
  { title: 'Checkpoint' },
);

export const evidence = Type.Object(
  {
    chain: chainId,
    evidence: Type.Array(
      Type.Object({
        kind: words('What the validator did.', 'two-tips'),
        validator: words('As the network file names it.', 'v3'),
        epoch: count('In which it did so.'),
        detail: words('In one sentence.', 'Two votes for height 42 in term 3.'),
        since: words('When this node saw it first, in UTC.', '2026-01-31T12:00:00.000Z'),
        proof: Type.Array(hex(32 * 1024, 'An encoded signed object.'), {
          description: 'The signed objects that contradict each other.',
        }),
      }),
      { description: 'One piece per validator, kind and epoch.' },
    ),
  },
  { title: 'Evidence' },
);
