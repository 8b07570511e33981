// Random descriptions: a process that is right by construction, out of sequences, choices, loops, forks and broadcasts; then
// a few changes at random, most of which make it wrong. What the checker lets through is then walked (interpreter.ts).

import type { BodyNode, Description, EndNode, JoinNode, PhaseNode, VariableNode } from '../../../swarms/description.ts';
import { sees } from '../../../swarms/description.ts';
import type { Tape } from './tape.ts';

type Draft<T> = { -readonly [K in keyof T]: T[K] };
type PhaseDraft = Draft<Omit<PhaseNode, 'body'>> & { body: Draft<BodyNode> };

const roles = ['r0', 'r1', 'r2', 'team'];
const agents = ['r0', 'r1', 'r2'];
const maxDepth = 2;

/** @param changes how many may spoil it */
export function randomDescription(tape: Tape, changes: number): Description {
  const builder = new ProcessBuilder(tape);
  const start = builder.sequence('ok', Object.keys(builder.state), 0);
  for (let left = changes; left > 0; left--) change(tape, builder.phases);
  const acting = rolesOf(builder.phases);
  for (const node of builder.phases.values()) {
    if (node.kind === 'end' && node.tell !== 'all') node.tell = node.tell.filter((role) => role in acting);
  }
  return {
    name: 'test/random@1',
    roles: acting,
    state: restrict(builder.state, acting),
    deadlineMs: tape.oneIn(6) ? 1000 : null,
    start,
    phases: Object.fromEntries(builder.phases),
  } as Description;
}

/** those that act or read, so that the rule about idle roles does not refuse most processes */
function rolesOf(phases: Phases): Record<string, object> {
  const acting = new Set([...phases.values()].flatMap((each) => (each.kind === 'phase' ? [each.at] : [])));
  const used = roles.filter((role) => acting.has(role));
  return Object.fromEntries(used.map((role) => [role, { kind: role === 'team' ? 'group' : 'agent', chain: null }]));
}

/** a variable that nobody is left to read stays hidden from all */
function restrict(state: Readonly<Record<string, VariableNode>>, acting: object): Record<string, VariableNode> {
  return Object.fromEntries(
    Object.entries(state).map(([name, each]) => [
      name,
      { ...each, readers: each.readers.filter((role) => role in acting) },
    ]),
  );
}

type Phases = Map<string, PhaseDraft | Draft<EndNode>>;

class ProcessBuilder {
  readonly phases: Phases = new Map();
  readonly state: Readonly<Record<string, VariableNode>>;
  readonly #tape: Tape;

  constructor(tape: Tape) {
    this.#tape = tape;
    const visible: VariableNode[] = [
      { visibility: 'shared', readers: [] },
      { visibility: 'shared', readers: [] },
      { visibility: 'between', readers: ['r0', 'r1'] },
      { visibility: 'only', readers: ['r0'] },
      { visibility: 'only', readers: ['r2'] },
    ];
    this.state = Object.fromEntries(visible.map((each, i) => [`v${i}`, each]));
    const tell = tape.oneIn(3) ? tape.subset(roles) : 'all';
    this.phases.set('ok', { kind: 'end', outcome: 'ok', undo: false, tell: 'all' });
    this.phases.set('no', { kind: 'end', outcome: 'no', undo: true, tell });
  }

  /** @returns its first phase; the last one goes to `then` */
  sequence(then: string, writable: readonly string[], depth: number): string {
    let next = then;
    for (let items = 1 + this.#tape.below(depth === 0 ? 4 : 2); items > 0; items--)
      next = this.#item(next, writable, depth);
    return next;
  }

  #item(then: string, writable: readonly string[], depth: number): string {
    switch (this.#tape.below(depth < maxDepth ? 6 : 3)) {
      case 1:
        return this.#phase([then, 'no'], writable);
      case 2: {
        const last = this.#phase([then], writable);
        const first = this.#phase([last], writable);
        this.#hop(last, first);
        (this.phases.get(this.#tape.pick([first, last])) as PhaseDraft).maxTimes = 1 + this.#tape.below(3);
        return first;
      }
      case 3:
      case 4:
        return this.#fork(then, writable, depth);
      case 5:
        return this.#broadcast(then, writable);
      default:
        return this.#phase([then], writable);
    }
  }

  #fork(then: string, writable: readonly string[], depth: number): string {
    const count = 2 + this.#tape.below(2);
    const join = this.#phase([then], writable);
    this.#joins(join, count);
    const branches = Array.from({ length: count }, (_, i) => {
      const own = writable.filter((_, at) => at % count === i);
      return [`b${i}`, this.sequence(join, own, depth + 1)] as const;
    });
    const fork = this.#phase([], writable);
    const draft = this.phases.get(fork) as PhaseDraft;
    draft.body.forks = [{ branches: Object.fromEntries(branches), join }];
    draft.next = [...new Set([...branches.map(([, first]) => first), join])];
    return fork;
  }

  #broadcast(then: string, writable: readonly string[]): string {
    const join = this.#phase([then], writable);
    this.#joins(join, 3);
    const to = this.#phase([join], [], 'team');
    const from = this.#phase([], writable);
    const draft = this.phases.get(from) as PhaseDraft;
    draft.body.broadcasts = [{ to, join }];
    draft.next = [to, join];
    return from;
  }

  #joins(name: string, branches: number): void {
    const rule: JoinNode = this.#tape.pick(['all', 'any', { atLeast: 1 + this.#tape.below(branches) }]);
    (this.phases.get(name) as PhaseDraft).join = rule;
  }

  #phase(next: readonly string[], writable: readonly string[], role?: string): string {
    const tape = this.#tape;
    const name = `p${this.phases.size}`;
    const at = role ?? tape.pick(agents);
    const visible = Object.entries(this.state).flatMap(([key, each]) => (sees(each, at) ? [key] : []));
    const body = {
      ...{ hops: [...new Set(next)], forks: [], broadcasts: [] },
      ...{ reads: tape.subset(visible), writes: tape.subset(visible.filter((each) => writable.includes(each))) },
    };
    this.phases.set(name, {
      ...{ kind: 'phase', at, takesInput: false, next: body.hops, deadlineMs: 1000, undo: tape.oneIn(3), body },
      onTimeout: tape.oneIn(3) ? 'no' : null,
      onError: tape.oneIn(3) ? 'no' : null,
      ...{ maxTimes: null, join: null, merges: [] },
    });
    return name;
  }

  #hop(from: string, to: string): void {
    const draft = this.phases.get(from) as PhaseDraft;
    draft.next = [...draft.next, to];
    draft.body.hops = [...draft.body.hops, to];
  }
}

/** One change that may make a right process wrong. */
function change(tape: Tape, phases: Phases): void {
  const names = [...phases.keys()];
  const steps = [...phases.values()].filter((each): each is PhaseDraft => each.kind === 'phase');
  const phase = tape.pick(steps);
  const anywhere = tape.pick(names);
  const variable = `v${tape.below(5)}`;
  const changes: readonly (() => void)[] = [
    () => goTo(phase, [anywhere]),
    () => goTo(phase, [...phase.body.hops, anywhere]),
    () => goTo(phase, []),
    () => goTo(phase, ['nowhere']),
    () => void (phase.body.hops = [...new Set([...phase.body.hops, anywhere])]),
    () => void (phase.deadlineMs = 'never'),
    () => void (tape.pick(steps.filter((each) => each.maxTimes !== null).concat(phase)).maxTimes = null),
    () =>
      void (tape.pick(steps.filter((each) => each.join !== null).concat(phase)).join = { atLeast: 1 + tape.below(4) }),
    () => void (tape.pick(steps.filter((each) => each.join !== null).concat(phase)).join = null),
    () => void (phase.body.reads = [...new Set([...phase.body.reads, variable])]),
    () => void (phase.body.writes = [...new Set([...phase.body.writes, variable])]),
    () => void (phase.merges = [variable]),
    () => void (phase.at = tape.pick([...roles, 'nobody'])),
    () => void (phase.onTimeout = anywhere),
    () => void (phase.onError = anywhere),
    () => void (phase.takesInput = true),
    () => void (phase.body.forks = phase.body.forks.map(({ join }) => ({ branches: {}, join }))),
    () => void ((phases.get('no') as Draft<EndNode>).tell = tape.subset(roles)),
  ];
  tape.pick(changes)();
}

/** what the phase declares, too */
function goTo(phase: PhaseDraft, hops: readonly string[]): void {
  const others = phase.next.filter((each) => !phase.body.hops.includes(each));
  phase.body.hops = [...new Set(hops)];
  phase.next = [...new Set([...hops, ...others])];
}
