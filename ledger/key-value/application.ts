// The key-value ledger: accounts put, delete and compare-and-set under their own namespace. It implements the port that
// consensus asks of any ledger. A block goes: cut into entries → decode → verify → load → execute → one store batch.

import type {
  Admission,
  Answer,
  Application,
  Applied,
  BatchOutcome,
  ChainContext,
  Charge,
  Entry,
  HeightRoots,
  Opened,
  OrderedBatch,
  OrderedBlock,
  QueryAnswer,
  QueryRequest,
  RestoredHead,
  SnapshotSource,
} from '../../consensus/application.ts';
import type { Bytes } from '../../lib/bytes.ts';
import { type Hash, zeroHash } from '../../lib/hash.ts';
import type { Ms } from '../../lib/units.ts';
import type { Store } from '../../storage/index.ts';
import { commandHash, decodeCommand } from '../commands/index.ts';
import { entriesOf } from '../entries.ts';
import { namesPerRead, unwrittenMs, workUs } from '../limits.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import { noHash } from '../receipt.ts';
import { type Defer, inParts, inSlices, Pace, runSliced } from '../slices.ts';
import { AuthenticatedState, type StateName } from '../state/state.ts';
import type { StateAnswer, StateFault } from '../state/state-fault.ts';
import { inlineVerifier, type SignatureVerifier, VerifiedHashes } from '../verification.ts';
import { admit, chargesIn } from './admission.ts';
import { BlockExecution, type Outcome, type PreparedCommand, prepare, refusedWith } from './execute.ts';
import { answerQuery } from './queries.ts';
import { type DraftReceipt, settleReceipts } from './receipts.ts';
import type { LedgerRules } from './rules.ts';
import { dumpState, restoreState } from './snapshot.ts';

export interface KeyValueOptions {
  readonly rules: LedgerRules;
  readonly store: Store;
  /** keeps the chains of one store apart */
  readonly storePrefix: Bytes;
  /** runs work soon, behind inputs that have already arrived */
  readonly defer: Defer;
  /** runs work once, after a while */
  readonly after: (delayMs: Ms, next: () => void) => void;
  /** inline by default */
  readonly verifier?: SignatureVerifier;
  readonly pageCacheBytes?: number;
  readonly valueCacheBytes?: number;
  readonly undoBytes?: number;
}

/** Root over the outbox entries of a block: a tree like the state's; nothing writes to it yet, so it is the empty root. */
export const emptyOutboxRoot: Hash = zeroHash;

/** An entry of a block on its way through execution. */
interface Item {
  readonly hash: Hash;
  readonly prepared: PreparedCommand | undefined;
  readonly outcome: Outcome | undefined;
}

export class KeyValueLedger implements Application {
  private readonly rules: LedgerRules;
  private readonly store: Store;
  private readonly defer: Defer;
  private readonly after: KeyValueOptions['after'];
  private readonly state: AuthenticatedState;
  private readonly verifier: SignatureVerifier;
  private readonly verified = new VerifiedHashes();
  private readonly queue = new OneAtATime();
  private handOverIsDue = false;

  constructor(options: KeyValueOptions) {
    this.rules = options.rules;
    this.store = options.store;
    this.defer = options.defer;
    this.after = options.after;
    this.verifier = options.verifier ?? inlineVerifier(options.rules.suites, options.defer);
    this.state = new AuthenticatedState({ ...options, prefix: options.storePrefix });
  }

  open(done: Answer<Opened>): void {
    const genesis: HeightRoots = { height: 0, stateRoot: zeroHash, outboxRoot: emptyOutboxRoot };
    this.state.open((fault, { height }) => {
      if (fault !== undefined) return done(failed(fault), { height, genesis, recent: [] });
      this.state.recentRoots((fault, recent) => {
        const known = recent.length === 0 ? [genesis] : recent;
        done(fault && failed(fault), { height, genesis, recent: known });
      });
    });
  }

  check(entries: readonly Entry[], context: ChainContext, done: Answer<readonly Admission[]>): void {
    const { rules, state, verifier, verified, defer } = this;
    admit({ rules, state, verifier, verified, defer }, entries, context, (fault, admissions) =>
      done(fault && failed(fault), admissions),
    );
  }

  charges(batch: OrderedBatch, done: Answer<readonly Charge[]>): void {
    chargesIn(this.defer, batch, (charges) => done(undefined, charges));
  }

  apply(block: OrderedBlock, done: Answer<Applied>): void {
    this.queue.run((finished) =>
      this.applyNow(block, (fault, applied) => {
        done(fault && failed(fault), applied);
        this.handOverLater();
        finished();
      }),
    );
  }

  /** What fails to be written is answered with the next block. */
  private handOverLater(): void {
    if (this.handOverIsDue || !this.state.hasUnwritten) return;
    this.handOverIsDue = true;
    this.after(unwrittenMs, () =>
      this.queue.run((finished) => {
        this.handOverIsDue = false;
        this.state.handOver(false, finished);
      }),
    );
  }

  private applyNow(block: OrderedBlock, done: (fault: StateFault | undefined, applied: Applied) => void): void {
    const { height, stateRoot, outboxRoot } = this.state.current;
    const unchanged: Applied = { height, stateRoot, outboxRoot, outcomes: [] };
    const items: Item[] = [];
    const read = inSlices(block.batches.flatMap(entriesOf), (entry) => {
      const item = readItem(entry);
      items.push(item);
      return workUs.decodeCommand + (item.prepared?.names.length ?? 0) * workUs.perOperation;
    });
    runSliced(this.defer, read, () =>
      this.verify(items, (signed) =>
        this.load(items, (fault) => {
          if (fault !== undefined) return done(fault, unchanged);
          this.execute(block, items, signed, (fault, applied) => done(fault, applied ?? unchanged));
        }),
      ),
    );
  }

  private load(items: readonly Item[], done: StateAnswer<void>): void {
    const names = namesOf(items);
    const readPart = (part: readonly StateName[], next: (stop: boolean) => void): void =>
      this.state.load(part, (fault) => {
        if (fault !== undefined) done(fault, undefined);
        next(fault !== undefined);
      });
    inParts(names, namesPerRead, readPart, () => done(undefined, undefined));
  }

  /** Whether each item's signature is good; what this node admitted itself is not verified twice. */
  private verify(items: readonly Item[], done: (signed: ReadonlySet<Hash>) => void): void {
    const signed = new Set<Hash>();
    const jobs = items.flatMap(({ prepared, hash }) => {
      if (prepared === undefined) return [];
      if (!this.verified.has(hash)) return [prepared.command];
      signed.add(hash);
      return [];
    });
    this.verifier.verify(jobs, (valid) => {
      jobs.forEach(({ hash }, i) => {
        if (valid[i] === true) signed.add(hash);
      });
      done(signed);
    });
  }

  private execute(
    block: OrderedBlock,
    items: readonly Item[],
    signed: ReadonlySet<Hash>,
    done: (fault: StateFault | undefined, applied: Applied | undefined) => void,
  ): void {
    const execution = new BlockExecution(this.rules, block.timeMs, (path) => this.state.peek(path));
    const drafts: DraftReceipt[] = [];
    runSliced(this.defer, executeInSlices(execution, block.height, items, signed, drafts), () =>
      settleReceipts(this.state, drafts, (fault, settled) => {
        if (fault !== undefined) return done(fault, undefined);
        this.state.commit(
          {
            height: block.height,
            timeMs: block.timeMs,
            outboxRoot: emptyOutboxRoot,
            changes: execution.changes(),
            records: settled.records,
          },
          (fault, head) =>
            done(fault, {
              ...head,
              outcomes: outcomesOf(
                block,
                settled.receipts.map(({ code }) => code),
              ),
            }),
        );
      }),
    );
  }

  query(request: QueryRequest, done: Answer<QueryAnswer>): void {
    answerQuery(this.state, request, (fault, answer) => done(fault && failed(fault), answer));
  }

  snapshot(each: (part: Bytes, next: () => void) => void, done: Answer<void>): void {
    this.queue.run((finished) =>
      this.state.write(false, (fault) => {
        const answer = (fault: StateFault | undefined): void => {
          done(fault && failed(fault), undefined);
          finished();
        };
        if (fault === undefined) dumpState(this.state, this.store, each, answer);
        else answer(fault);
      }),
    );
  }

  restore(source: SnapshotSource, expected: RestoredHead, done: Answer<void>): void {
    this.queue.run((finished) =>
      restoreState(this.state, source, expected, (fault) => {
        done(fault && failed(fault), undefined);
        finished();
      }),
    );
  }

  validatorSet(): undefined {
    return undefined;
  }

  onApp(): void {
    // version 1 has no traffic of its own
  }

  externalFinality(): undefined {
    return undefined;
  }

  persist(done: Answer<void>): void {
    this.queue.run((finished) =>
      this.state.handOver(true, () => {
        this.state.whenHeld((fault) => done(fault && failed(fault), undefined));
        finished();
      }),
    );
  }
}

function readItem(entry: Bytes | undefined): Item {
  if (entry === undefined) return { hash: noHash, prepared: undefined, outcome: refusedWith('malformed-command') };
  const decoded = decodeCommand(entry);
  if (!decoded.ok) return { hash: commandHash(entry), prepared: undefined, outcome: refusedWith(decoded.error) };
  return { hash: decoded.value.hash, prepared: prepare(decoded.value), outcome: undefined };
}

function namesOf(items: readonly Item[]): readonly StateName[] {
  const names = new Map<Hash, StateName>();
  for (const { prepared } of items) {
    if (prepared === undefined) continue;
    names.set(prepared.account.path, prepared.account);
    for (const name of prepared.names) names.set(name.path, name);
  }
  return [...names.values()];
}

function* executeInSlices(
  execution: BlockExecution,
  height: number,
  items: readonly Item[],
  signed: ReadonlySet<Hash>,
  drafts: DraftReceipt[],
): Generator<void> {
  const pace = new Pace();
  for (const [index, { hash, prepared, outcome }] of items.entries()) {
    const result = prepared === undefined ? outcome : execution.run(prepared, signed.has(hash));
    const { code, failures, events, executed } = result as Outcome;
    drafts.push({ receipt: { hash, height, index, code, failures, events }, executed });
    if (pace.spend(workUs.execute + (prepared?.names.length ?? 0) * workUs.perOperation)) yield;
  }
}

/** @param codes one per entry of the block */
function outcomesOf(block: OrderedBlock, codes: readonly number[]): readonly BatchOutcome[] {
  let firstIndex = 0;
  return block.batches.map(({ lane, seq, count }) => {
    const exceptions: { index: number; code: number }[] = [];
    for (let i = 0; i < count; i++) {
      const code = codes[firstIndex + i] as number;
      if (code !== 0) exceptions.push({ index: i, code });
    }
    const outcome = { lane, seq, count, firstIndex, exceptions };
    firstIndex += count;
    return outcome;
  });
}

const failed = (fault: StateFault): { readonly code: 'failed'; readonly message: string } => ({
  code: 'failed',
  message: `${fault.code}: ${fault.message}`,
});
