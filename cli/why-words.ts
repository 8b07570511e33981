// The words of `psky why`: one sentence on how the chain is, and what helps. What they rest on is found out in why.ts.

import type { ChainStatus } from '../net/gateway/protocol.ts';
import type { Explanation, Findings, MemberView, Question } from './why.ts';

export interface Words {
  readonly sentence: string;
  readonly remedy: string;
}

/** What is known when the words are chosen. */
export interface Scene extends Findings {
  readonly question: Question;
  readonly missing: readonly string[];
  readonly silent: ReadonlySet<string>;
  readonly unlinked: readonly string[];
  /** they answer, and do not run the chain */
  readonly without: readonly MemberView[];
  readonly have: number;
  readonly need: number;
  readonly height: number;
  readonly since: string;
}

export function wordsFor(state: Explanation['state'], scene: Scene): Words {
  switch (state) {
    case 'diverged':
      return {
        sentence: `${at(scene)}: ${list(scene.diverged)} computed another state than the quorum certified and stopped. ${ownWords(scene)}`,
        remedy: 'Keep its home and logs as evidence, report it, and replace the node by a fresh home.',
      };
    case 'halted':
      if (scene.answers.length === 0) return unanswered(scene);
      return scene.have < scene.need ? withoutQuorum(scene) : fromNode(scene, 'halted');
    case 'fenced':
      return withFenced(scene);
    case 'slow':
      return fromNode(scene, 'slow');
    case 'idle':
      return goingOn(scene, 'at rest: nothing waits to be ordered');
    case 'ok':
      return goingOn(scene, 'making progress');
  }
}

function at({ question, height }: Scene): string {
  return `Chain ${question.chain} at height ${height}`;
}

function unanswered({ question, need }: Scene): Words {
  const { validators, revive } = question;
  return {
    sentence: `No member answers; ${need} of ${validators.length} are needed.`,
    remedy: `Start them: ${revive(validators[0] ?? '')}`,
  };
}

function withoutQuorum(scene: Scene): Words {
  const { question, have, need, missing } = scene;
  const all = question.validators.length;
  const wanted = need - have;
  const back = missing.filter((name) => scene.silent.has(name)).slice(0, wanted);
  if (back.length < wanted) back.push(...scene.without.map(({ name }) => name), ...scene.unlinked);
  const clock = scene.since.slice(11, 19);
  return {
    sentence: `${at(scene)} has halted since ${clock}: ${list(missing)} ${verb(missing)} missing, ${have} of ${all} validators remain and ${need} are needed.${fencedOff(scene)}${cutOff(scene)}`,
    remedy: bringBack(scene, back) || 'Replace the fenced members by ones with new keys.',
  };
}

function withFenced(scene: Scene): Words {
  const others = scene.missing.filter((name) => !scene.fenced.includes(name));
  const without = others.length === 0 ? '' : ` without ${list(others)}`;
  return {
    sentence: `${at(scene)} goes on${without}; ${list(scene.fenced)} ${verb(scene.fenced)} fenced: the safety record of the key is missing or old, so it follows and signs nothing.${cutOff(scene)}`,
    remedy:
      `${bringBack(scene, scene.missing)} Let it follow, or give it a new validator key in the next set of validators.`.trimStart(),
  };
}

/** @param how of a chain in which all validators take part */
function goingOn(scene: Scene, how: string): Words {
  const { question, have, need, missing } = scene;
  return {
    sentence:
      missing.length === 0
        ? `${at(scene)} is ${how}; all ${have} validators take part.`
        : `${at(scene)} goes on without ${list(missing)}: ${have} of ${question.validators.length} validators take part and ${need} are needed.${cutOff(scene)}`,
    remedy: bringBack(scene, missing) || 'Nothing to do.',
  };
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
function bringBack({ question, unlinked, fenced, without }: Scene, names: readonly string[]): string {
  const running = without.filter(({ name }) => names.includes(name));
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

function list(names: readonly string[]): string {
  if (names.length <= 1) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function verb(names: readonly string[]): string {
  return names.length === 1 ? 'is' : 'are';
}
