// How a node says how it is: `status` for people and tools, the checks behind /readyz for machines. Both look when they
// are asked; nothing runs while nobody asks.

import type { ErrorName } from '../../lib/errors.ts';
import { isoTime } from '../../lib/iso-time.ts';
import { ok } from '../../lib/result.ts';
import type { RpcParams, RpcResult, ChainStatus as StatusAnswer } from '../../net/gateway/protocol.ts';
import type { Gateway, ReadyCheck } from '../../net/index.ts';
import { quorumOf } from '../certificate/committee.ts';
import type { ChainStatus } from '../chain-messages.ts';
import { explain } from '../explain.ts';
import { maxExecutionLag, readyProgressAge } from '../limits.ts';
import { type Answer, askStatus, chainOf, collect, type ServedChain, type ServiceOptions } from './served-chain.ts';

export function registerHealth(gateway: Gateway, options: ServiceOptions): void {
  const checks = options.chains.flatMap((chain) => checksOf(options, chain));
  for (const check of checks) gateway.registerReadyCheck(check);
  const tell = statusTeller(options, checks);
  gateway.registerMethod('status', (params, _context, answer) => tell(params, answer));
}

/** The method `status`, of a node that starts now. */
export function statusTeller(options: ServiceOptions, checks: readonly ReadyCheck[]) {
  const startedMs = options.clock.wallMs();
  return (params: RpcParams<'status'>, answer: Answer<RpcResult<'status'>>): void => {
    const named = params.chain === undefined ? ok(undefined) : chainOf(options, params.chain);
    if (!named.ok) return answer(named);
    const chains = named.value === undefined ? options.chains : [named.value];
    answerStatus(options, { chains, checks, startedMs }, answer);
  };
}

interface Asked {
  readonly chains: readonly ServedChain[];
  readonly checks: readonly ReadyCheck[];
  readonly startedMs: number;
}

function answerStatus(
  options: ServiceOptions,
  { chains, checks, startedMs }: Asked,
  answer: Answer<RpcResult<'status'>>,
): void {
  const { nodeId, nodeName, version, role } = options;
  collect<ServedChain, StatusAnswer>(
    chains,
    (chain, done) =>
      askStatus(options, chain, (status) =>
        done(status.ok ? statusOf(options, chain, status.value) : silent(options, chain, startedMs)),
      ),
    (answers) => {
      const ready = checks.every((each) => each.check().ok);
      answer(ok({ nodeId, name: nodeName, version, role, ready, chains: [...answers] }));
    },
  );
}

function statusOf(options: ServiceOptions, chain: ServedChain, status: ChainStatus): StatusAnswer {
  const { clock, validators } = options;
  const names = validators.map(({ name }) => name);
  const explained = explain(status, names, clock.wallMs());
  return {
    chain: chain.chain,
    name: chain.name,
    application: chain.application,
    height: status.height,
    execHeight: status.executed,
    term: status.term,
    leader: names[status.leader] ?? null,
    life: status.life,
    fenced: status.fenced !== undefined,
    refuses: refusalOf(options, chain),
    ...explained,
    missing: [...explained.missing],
  };
}

/** What admission says of itself (admission.ts), where waiting does not help. */
function refusalOf({ system }: ServiceOptions, { addresses }: ServedChain): ErrorName | null {
  return system.describe(addresses.admission)?.state === 'low-disk' ? 'low-disk' : null;
}

/**
 * The chain's engine does not answer: it is still opening, or its supervisor stopped it. This node takes no part then and
 * sees nobody else's, so `have` is 0; heights are in the archive and not looked up here.
 */
function silent({ system, validators, role }: ServiceOptions, chain: ServedChain, startedMs: number): StatusAnswer {
  const { name, application, addresses, archive } = chain;
  const life = system.describe(addresses.chain)?.state ?? 'not started yet';
  const height = archive()?.lastHeight ?? 0;
  const words = chain.stopped()
    ? {
        sentence: `Chain ${name} has been stopped on this node: it failed twice within five minutes. Other chains and other nodes are not affected.`,
        remedy: 'Look for `turn failed` in the log of the node and report it; then restart the node.',
      }
    : {
        sentence: `Chain ${name} does not run on this node (${life}): it knows of no validator that takes part.`,
        remedy: 'Wait a moment; then look at `psky inspect actors` and at the log of the node.',
      };
  return {
    ...{ chain: chain.chain, name, application, height, execHeight: height, term: 0, leader: null, life },
    ...{ fenced: false, refuses: null, state: 'halted', missing: [], have: 0, since: isoTime(startedMs) },
    need: role === 'follower' ? 1 : quorumOf(validators.length).q,
    ...words,
  };
}

/** What the engine's description says (engine-status.ts and engine.ts write it). */
interface Health {
  readonly height: number;
  readonly executed: number;
  readonly connected: number;
  readonly needed: number;
  readonly progressMs: number;
  readonly workSinceMs: number | null;
}

type Verdict = ReturnType<ReadyCheck['check']>;

function checksOf(options: ServiceOptions, chain: ServedChain): readonly ReadyCheck[] {
  const check = (name: string, judge: (life: string, health: Health) => Verdict): ReadyCheck => ({
    name: `chain ${chain.name} ${name}`,
    check() {
      const engine = options.system.describe(chain.addresses.engine);
      if (engine === undefined || engine.life !== 'running' || engine.context === null)
        return { ok: false, detail: 'the chain does not run' };
      return judge(engine.state ?? '', engine.context as unknown as Health);
    },
  });
  return [
    check('peers', (_, { connected, needed }) => ({
      ok: connected >= needed,
      detail: `${connected} validators linked, ${needed} needed`,
    })),
    check('lag', (life, { height, executed }) => ({
      ok: takesPart(life) && height - executed <= maxExecutionLag,
      detail: `${life}, executed ${executed} of ${height}`,
    })),
    check('progress', (_, { progressMs, workSinceMs }) => {
      const age = workSinceMs === null ? 0 : options.clock.wallMs() - Math.max(progressMs, workSinceMs);
      return {
        ok: age <= readyProgressAge,
        detail: workSinceMs === null ? 'no work' : `work waits since ${age} ms`,
      };
    }),
  ];
}

const takesPart = (life: string): boolean => life === 'leading' || life === 'following' || life === 'abandoning';
