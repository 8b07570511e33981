// Explains in one sentence how a chain is, from what its members say of themselves. Pure: the verb asks the members.

import { quorumOf } from '../consensus/certificate/index.ts';
import { errorRows } from '../lib/errors.ts';
import type { ChainStatus } from '../net/gateway/protocol.ts';
import { type Words, wordsFor } from './why-words.ts';

export interface MemberView {
  readonly name: string;
  /** undefined: the member did not answer in time */
  readonly status: ChainStatus | undefined;
  /** why it ended, where it ended by itself and does not run */
  readonly failure?: { readonly message: string; readonly remedy: string } | undefined;
}

export interface Explanation {
  readonly state: ChainStatus['state'];
  /** validators that do not take part, in name order */
  readonly missing: readonly string[];
  readonly have: number;
  readonly need: number;
  readonly height: number;
  /** ISO; since when it is so, as far as anyone knows */
  readonly since: string;
  readonly sentence: string;
  readonly remedy: string;
}

export interface Question {
  readonly chain: string;
  /** all validators of the genesis, in name order */
  readonly validators: readonly string[];
  /** those that were asked: all of a devnet, or one node that then speaks for the rest */
  readonly asked: readonly MemberView[];
  /** how the user brings a member back */
  readonly revive: (name: string) => string;
  /** the one node that was asked is no validator */
  readonly follows?: boolean;
  /** of a stop that nobody witnessed */
  readonly fallbackSince: string;
}

export function explain(question: Question): Explanation {
  if (question.follows === true) return fromFollower(question);
  const { validators, asked } = question;
  const answers = asked.map((each) => each.status).filter((status) => status !== undefined);
  const diverged = asked.filter((each) => each.status?.state === 'diverged').map((each) => each.name);
  const fenced = asked.filter((each) => each.status?.fenced === true).map((each) => each.name);
  const silent = silentOnes(question, answers);
  const unlinked = unlinkedOnes(question);
  const without = withoutChain(question);
  const away = without.map(({ name }) => name);
  const absent = new Set([...silent, ...fenced, ...diverged, ...away, ...unlinked]);
  const missing = validators.filter((name) => absent.has(name));
  const { q: need } = quorumOf(validators.length);
  const facts = {
    missing,
    have: validators.length - missing.length,
    need,
    height: Math.max(0, ...answers.map((status) => status.height)),
  };
  const state = judge(facts, { diverged, fenced, answers: answers.filter(takesPart) });
  const since = sinceWhen(state, answers) ?? question.fallbackSince;
  const words = wordsFor(state, { ...facts, since, question, diverged, fenced, silent, unlinked, without, answers });
  return { state, ...facts, since, ...withRefusals(withFailures(words, asked), asked) };
}

/** A member that failed by itself says why: starting it again may not be enough. */
function withFailures({ sentence, remedy }: Words, asked: readonly MemberView[]): Words {
  const failed = asked.flatMap(({ name, failure }) => (failure === undefined ? [] : [{ name, ...failure }]));
  return {
    sentence: [sentence, ...failed.map(({ name, message }) => `${name} failed: ${message}`)].join(' '),
    remedy: [remedy, ...failed.map(({ name, remedy }) => `${name}: ${remedy}`)].join('\n'),
  };
}

/** A node that follows speaks for itself: of the validators it knows only those that it is linked to. */
function fromFollower({ asked, revive, fallbackSince, chain }: Question): Explanation {
  const [{ name, status } = { name: 'the node', status: undefined }] = asked;
  if (status !== undefined) {
    const { state, missing, have, need, height, since, sentence, remedy } = status;
    return { state, missing, have, need, height, since, sentence, remedy };
  }
  const words = {
    sentence: `${name}, which follows chain ${chain}, does not answer.`,
    remedy: `Start it: ${revive(name)}`,
  };
  return {
    ...{ state: 'halted', missing: [], have: 0, need: 1, height: 0, since: fallbackSince },
    ...withFailures(words, asked),
  };
}

/** A member may take part in all that is ordered, and take nothing new itself. */
function withRefusals({ sentence, remedy }: Words, asked: readonly MemberView[]): Words {
  const refusing = asked.flatMap(({ name, status }) => {
    const row = errorRows.find((each) => each.name === status?.refuses);
    return row === undefined ? [] : [{ name, row }];
  });
  return {
    sentence: [sentence, ...refusing.map(({ name, row }) => `${name} takes no new commands: ${row.meaning}`)].join(' '),
    remedy: [remedy, ...refusing.map(({ name, row }) => `${name}: ${row.remedy}`)].join('\n'),
  };
}

/** Asked members that did not answer; and, where only one was asked, those that it has no link to. */
function silentOnes({ validators, asked }: Question, answers: readonly ChainStatus[]): ReadonlySet<string> {
  if (asked.length < validators.length && answers[0] !== undefined) return new Set(answers[0].missing);
  if (answers.length === 0) return new Set(asked.map((each) => each.name));
  return new Set(asked.filter((each) => each.status === undefined).map((each) => each.name));
}

/** Where all were asked, those that run and answer, and that most of the others who do have no link to. */
function unlinkedOnes({ validators, asked }: Question): readonly string[] {
  if (asked.length < validators.length) return [];
  const present = asked.filter(({ status }) => status !== undefined && takesPart(status));
  return present
    .map(({ name }) => name)
    .filter((name) => {
      const others = present.filter((each) => each.name !== name);
      return 2 * others.filter(({ status }) => status?.missing.includes(name)).length > others.length;
    });
}

/** A node that runs without this chain, still opening or stopped by its supervisor, knows of no validator, not even itself. */
const takesPart = (status: ChainStatus): boolean => status.have > 0 || status.fenced;

/** Where all were asked, those that answer and do not run the chain. One that speaks for the rest says so in its own words. */
function withoutChain({ validators, asked }: Question): readonly MemberView[] {
  if (asked.length < validators.length) return [];
  return asked.filter(({ status }) => status !== undefined && !takesPart(status));
}

export interface Findings {
  readonly diverged: readonly string[];
  readonly fenced: readonly string[];
  readonly answers: readonly ChainStatus[];
}

function judge(facts: { have: number; need: number }, { diverged, fenced, answers }: Findings): Explanation['state'] {
  if (diverged.length > 0) return 'diverged';
  if (facts.have < facts.need) return 'halted';
  if (answers.length === 0) return 'halted';
  if (fenced.length > 0) return 'fenced';
  const states = answers.map((status) => status.state);
  // one node's view can lag; a chain is slow or halted when most of those who answer see it so
  const most = (...wanted: Explanation['state'][]) =>
    2 * states.filter((each) => wanted.includes(each)).length > states.length;
  if (most('halted')) return 'halted';
  if (most('slow', 'halted')) return 'slow';
  return states.every((state) => state === 'idle') ? 'idle' : 'ok';
}

function sinceWhen(state: Explanation['state'], answers: readonly ChainStatus[]): string | undefined {
  const same = answers.filter((status) => status.state === state);
  // what a node that has not noticed yet says is about another state
  const witnesses = same.length > 0 ? same : state === 'halted' ? [] : answers;
  const instants = witnesses.map((status) => status.since).filter((each) => each !== '');
  return instants.sort()[0];
}
