// How psky status looks: the sentence, what helps, a line per member, a line on the whole. Pure: the verb collects the facts.

import { formatBytes, formatTable } from './output.ts';
import { formatAge, type Paper, paint, wrapWords } from './terminal.ts';

export interface MemberFacts {
  readonly name: string;
  readonly role: 'validator' | 'follower';
  /** of the chain as this member sees it; down: it does not answer; failed: it ended by itself */
  readonly state: 'ok' | 'idle' | 'slow' | 'halted' | 'fenced' | 'diverged' | 'down' | 'failed';
  /** committed; null where it does not answer, like all that only it knows */
  readonly height: number | null;
  /** blocks that some member has committed and this one has not executed */
  readonly lag: number | null;
  readonly term: number | null;
  readonly leader: string | null;
  /** what its data takes; null where there is none */
  readonly diskBytes: number | null;
  /** by the supervisor of a devnet since it started; null without one */
  readonly restarts: number | null;
  /** since it began to listen */
  readonly upMs: number | null;
  readonly rpc: string | null;
}

export interface StatusFacts {
  readonly state: string;
  readonly sentence: string;
  readonly remedy: string;
  /** ISO */
  readonly since: string;
  readonly members: readonly MemberFacts[];
  /** of the file system that the home is on */
  readonly freeBytes: number;
}

const none = '–';
const header = ['member', 'role', 'state', 'height', 'lag', 'term', 'disk', 'restarts', 'up', 'rpc'];
const numbers = new Set(['height', 'lag', 'term', 'disk', 'restarts', 'up']);

/** @param nowMs ages are counted up to it */
export function renderStatus(facts: StatusFacts, paper: Paper, nowMs: number): string {
  const mark = paint(paper, colourOf(facts.state), '●');
  const lines = [wrapWords(paper, `${mark} ${facts.sentence}`)];
  if (facts.remedy !== 'Nothing to do.') lines.push(paint(paper, 'bold', wrapWords(paper, facts.remedy)));
  const leader = leaderOf(facts.members);
  const rows = facts.members.map((member) => rowOf(member, member.name === leader, paper));
  const right = header.map((title) => numbers.has(title));
  lines.push('', formatTable([header.map((title) => paint(paper, 'dim', title)), ...rows], right));
  lines.push('', paint(paper, 'dim', wrapWords(paper, summaryOf(facts, nowMs))));
  return lines.join('\n');
}

/** Of the highest term that anybody is in; it may itself be down. */
function leaderOf(members: readonly MemberFacts[]): string | null {
  const terms = members.map(({ term }) => term ?? -1);
  return members[terms.indexOf(Math.max(...terms))]?.leader ?? null;
}

function rowOf(member: MemberFacts, leads: boolean, paper: Paper): string[] {
  return [
    paint(paper, 'bold', member.name),
    leads ? 'leader' : member.role,
    paint(paper, colourOf(member.state), member.state),
    shown(member.height),
    member.lag !== null && member.lag > 0 ? paint(paper, 'yellow', String(member.lag)) : shown(member.lag),
    shown(member.term),
    member.diskBytes === null ? none : formatBytes(member.diskBytes),
    member.restarts !== null && member.restarts > 0
      ? paint(paper, 'yellow', String(member.restarts))
      : shown(member.restarts),
    member.upMs === null ? none : formatAge(member.upMs),
    member.rpc === null ? none : new URL(member.rpc).port,
  ];
}

function shown(value: number | null): string {
  return value === null ? none : String(value);
}

function colourOf(state: string): 'green' | 'yellow' | 'red' {
  if (state === 'ok' || state === 'idle') return 'green';
  return state === 'slow' || state === 'fenced' ? 'yellow' : 'red';
}

function summaryOf({ state, since, members, freeBytes }: StatusFacts, nowMs: number): string {
  const first = members.find((member) => member.rpc !== null)?.rpc;
  const sinceMs = Date.parse(since);
  const parts = [
    Number.isNaN(sinceMs) ? state : `${state} for ${formatAge(nowMs - sinceMs)}`,
    `${formatBytes(freeBytes)} of disk free`,
  ];
  if (first !== undefined && first !== null) parts.push(first);
  return parts.join(', ');
}
