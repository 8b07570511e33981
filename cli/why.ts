// Explains in one sentence how a chain is, from what its members say of themselves. Pure: the verb asks the members.

import { quorumOf } from '../consensus/certificate/index.ts';
import { errorRows } from '../lib/errors.ts';
import type { ChainStatus } from '../net/gateway/protocol.ts';

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
  const without = withoutChain(question).map(({ name }) => name);
  const absent = new Set([...silent, ...fenced, ...diverged, ...without, ...unlinked]);
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
  const words = wordsFor(state, { ...facts, since, question, diverged, fenced, silent, unlinked, answers });
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
  return {
    ...{ state: 'halted', missing: [], have: 0, need: 1, height: 0, since: fallbackSince },
    sentence: `${name}, which follows chain ${chain}, does not answer.`,
    remedy: `Start it: ${revive(name)}`,
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

interface Findings {
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
  const most = (state: string) => 2 * states.filter((each) => each === state).length > states.length;
  if (most('halted')) return 'halted';
  if (most('slow') || most('halted')) return 'slow';
  return states.every((state) => state === 'idle') ? 'idle' : 'ok';
}

function sinceWhen(state: Explanation['state'], answers: readonly ChainStatus[]): string | undefined {
  const same = answers.filter((status) => status.state === state);
  // what a node that has not noticed yet says is about another state
  const witnesses = same.length > 0 ? same : state === 'halted' ? [] : answers;
  const instants = witnesses.map((status) => status.since).filter((each) => each !== '');
  return instants.sort()[0];
}

interface Words {
  readonly sentence: string;
  readonly remedy: string;
}

interface Scene extends Findings {
  readonly question: Question;
  readonly missing: readonly string[];
  readonly silent: ReadonlySet<string>;
  readonly unlinked: readonly string[];
  readonly have: number;
  readonly need: number;
  readonly height: number;
  readonly since: string;
}

function wordsFor(state: Explanation['state'], scene: Scene): Words {
  const { question, have, need, height, missing } = scene;
  const at = `Chain ${question.chain} at height ${height}`;
  const clock = scene.since.slice(11, 19);
  switch (state) {
    case 'diverged':
      return {
        sentence: `${at}: ${list(scene.diverged)} computed another state than the quorum certified and stopped. ${ownWords(scene)}`,
        remedy: 'Keep its home and logs as evidence, report it, and replace the node by a fresh home.',
      };
    case 'halted': {
      if (scene.answers.length === 0) {
        return {
          sentence: `No member answers; ${need} of ${question.validators.length} are needed.`,
          remedy: startAll(question),
        };
      }
      if (have >= need) return fromNode(scene, 'halted');
      const wanted = need - have;
      const back = missing.filter((name) => scene.silent.has(name)).slice(0, wanted);
      if (back.length < wanted) back.push(...withoutChain(question).map(({ name }) => name), ...scene.unlinked);
      return {
        sentence: `${at} has halted since ${clock}: ${list(missing)} ${verb(missing)} missing, ${have} of ${question.validators.length} validators remain and ${need} are needed.${fencedOff(scene)}${cutOff(scene)}`,
        remedy: bringBack(scene, back) || 'Replace the fenced members by ones with new keys.',
      };
    }
    case 'fenced': {
      const others = missing.filter((name) => !scene.fenced.includes(name));
      const without = others.length === 0 ? '' : ` without ${list(others)}`;
      return {
        sentence: `${at} goes on${without}; ${list(scene.fenced)} ${verb(scene.fenced)} fenced: the safety record of the key is missing or old, so it follows and signs nothing.${cutOff(scene)}`,
        remedy:
          `${bringBack(scene, missing)} Let it follow, or give it a new validator key in the next set of validators.`.trimStart(),
      };
    }
    case 'slow':
      return fromNode(scene, 'slow');
    case 'idle':
    case 'ok':
      return {
        sentence:
          missing.length === 0
            ? `${at} is ${state === 'idle' ? 'at rest: nothing waits to be ordered' : 'making progress'}; all ${have} validators take part.`
            : `${at} goes on without ${list(missing)}: ${have} of ${question.validators.length} validators take part and ${need} are needed.${cutOff(scene)}`,
        remedy: bringBack(scene, missing) || 'Nothing to do.',
      };
  }
}

function fencedOff({ fenced }: Scene): string {
  return fenced.length === 0
    ? ''
    : ` ${list(fenced)} ${verb(fenced)} fenced and ${fenced.length === 1 ? 'signs' : 'sign'} nothing.`;
}

function cutOff({ unlinked }: Scene): string {
  return unlinked.length === 0
    ? ''
    : ` ${list(unlinked)} ${unlinked.length === 1 ? 'runs, but has' : 'run, but have'} no link to most of the others.`;
}

/** The dead are revived; one that runs without the chain says itself what helps; what lies between nodes is mended there. */
function bringBack({ question, unlinked, fenced }: Scene, names: readonly string[]): string {
  const running = withoutChain(question).filter(({ name }) => names.includes(name));
  const cut = unlinked.filter((name) => names.includes(name));
  const here = new Set([...cut, ...fenced, ...running.map(({ name }) => name)]);
  const dead = names.filter((name) => !here.has(name));
  const parts = running.map(({ name, status }) => `${name}: ${status?.remedy}`);
  if (dead.length > 0) parts.unshift(`Bring back ${list(dead)}: ${dead.map(question.revive).join('; ')}`);
  if (cut.length > 0) parts.push(`Check the network between ${list(cut)} and the others.`);
  return parts.join(' ');
}

/** At which height, and the roots: what those that have diverged say themselves. */
function ownWords({ question, diverged }: Scene): string {
  return question.asked
    .filter(({ name }) => diverged.includes(name))
    .map(({ name, status }) => `${name}: ${status?.sentence}`)
    .join(' ');
}

/** All needed members are there: the node itself knows best what holds it up. */
function fromNode(scene: Scene, state: ChainStatus['state']): Words {
  const witness = scene.answers.find((status) => status.state === state);
  return {
    sentence: witness?.sentence ?? `Chain ${scene.question.chain} makes little progress.`,
    remedy: witness?.remedy ?? 'Look at the logs: psky logs',
  };
}

function startAll(question: Question): string {
  return `Start them: ${question.revive(question.validators[0] ?? '')}`;
}

function list(names: readonly string[]): string {
  if (names.length <= 1) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function verb(names: readonly string[]): string {
  return names.length === 1 ? 'is' : 'are';
}
