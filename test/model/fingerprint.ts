// Which states are the same: a canonical text of each, hashed.
import { blockAt, type Certificate, NONE, type Node, type SafetyRecord, type State } from './model.ts';
import { leaderOf, type Scope } from './scope.ts';

/** Equal for states that differ only in the order in which blocks appeared, and in which honest node is which where none of them leads. */
export function fingerprint(scope: Scope, state: State): number {
  const blocks = state.blocks.map((block) => block.name).sort();
  const nodes = state.nodes.map(
    (node, index) =>
      nodeText(state, node) +
      (leads(scope, index) ? `${index}:${node.bootTerm >= node.record.term}${blockText(state, node.lead)}` : ''),
  );
  // Where every vote counted has left its node, certificates and commits follow from the nodes.
  const derived =
    scope.deleted === 'D1 own tally' || scope.wipes
      ? `${certificatesText(state)}|${blocksText(state, state.committed)}`
      : '';
  return hash53(`${blocks.join()}|${nodes.sort().join('|')}|${derived}`);
}

const leads = (scope: Scope, index: number): boolean => {
  for (let term = 0; term < scope.terms; term++) if (leaderOf(scope, term) === index) return true;
  return false;
};

function nodeText(state: State, node: Node): string {
  if (node.memo.text !== null) return node.memo.text;
  const pending = node.pending.map(
    ({ record, message }) =>
      recordText(state, record) +
      (message === null ? '' : message.kind + (message.kind === 'vote' ? message.term : '')),
  );
  const covered = [...node.sent.votes, ...node.sent.commits].map((blocks) => blocksText(state, blocks));
  const timeouts = node.sent.timeouts.map(({ term, highQc }) => term + certificateText(state, highQc));
  const text = [
    recordText(state, node.durable),
    ...pending,
    '',
    ...covered,
    ...timeouts,
    node.fenced ? 'fenced' : '',
  ].join(';');
  node.memo.text = text;
  return text;
}

const recordText = (state: State, { term, timeout, n, c, highQc }: SafetyRecord): string =>
  `${term},${timeout === null ? '' : certificateText(state, timeout)},${blockText(state, n)},${blockText(state, c)},${certificateText(state, highQc)}`;

export const blockText = (state: State, block: number): string => (block === NONE ? '-' : blockAt(state, block).name);
const certificateText = (state: State, qc: Certificate): string => `${blockText(state, qc.block)}@${qc.term}`;
const certificatesText = (state: State): string =>
  state.certificates
    .map((qc) => certificateText(state, qc))
    .sort()
    .join();

function blocksText(state: State, blocks: number): string {
  const names: string[] = [];
  state.blocks.forEach((block, at) => {
    if ((blocks >> at) & 1) names.push(block.name);
  });
  return names.sort().join();
}

/** Two 32-bit FNV-like lanes, folded into the 53 bits that a number holds exactly. */
function hash53(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
