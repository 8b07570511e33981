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
import { commandHash, decodeCommand, jobOf, type ReceivedCommand } from '../commands/index.ts';
import { entriesOf } from '../entries.ts';
import { namesPerRead, unwrittenMs, workUs } from '../limits.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import { noHash } from '../receipt.ts';
import { type Defer, inParts, inSlices, Pace, runSliced } from '../slices.ts';
import type { HeldValue, StateName } from '../state/held-value.ts';
import { AuthenticatedState } from '../state/state.ts';
import type { StateAnswer, StateFault } from '../state/state-fault.ts';
import { inlineVerifier, type SignatureVerifier, VerifiedHashes } from '../verification.ts';
import { admit, chargesIn } from './admission.ts';
import { BlockExecution, namesOf, type Outcome, refusedWith } from './execute.ts';
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
  readonly read: { readonly command: ReceivedCommand; readonly names: readonly StateName[] } | undefined;
  /** where nothing could be read: what is wrong with it */
  readonly outcome: Outcome | undefined;
}

/** A block whose signatures are checked and whose values are in memory. */
interface Prepared {
  readonly items: readonly Item[];
  /** hashes of commands whose signatures are good */
  readonly signed: ReadonlySet<Hash>;
  /** what the items touch, one after the other, each in the order of `namesOf` */
  readonly held: readonly HeldValue[];
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
      return workUs.decodeCommand + (item.read?.names.length ?? 0) * workUs.perOperation;
    });
    runSliced(this.defer, read, () =>
      this.verify(items, (signed) =>
        this.load(items, (fault, held) => {
          if (fault !== undefined) return done(fault, unchanged);
          this.execute(block, { items, signed, held }, (fault, applied) => done(fault, applied ?? unchanged));
        }),
      ),
    );
  }

  /** What the items touch, one after the other. */
  private load(items: readonly Item[], done: StateAnswer<readonly HeldValue[]>): void {
    const held: HeldValue[] = [];
    const readPart = (part: readonly StateName[], next: (stop: boolean) => void): void =>
      this.state.load(part, (fault, found) => {
        if (fault !== undefined) done(fault, []);
        for (const each of found) held.push(each);
        next(fault !== undefined);
      });
    inParts(
      items.flatMap(({ read }) => read?.names ?? []),
      namesPerRead,
      readPart,
      () => done(undefined, held),
    );
  }

  /** Whether each item's signature is good; what this node admitted itself is not verified twice. */
  private verify(items: readonly Item[], done: (signed: ReadonlySet<Hash>) => void): void {
    const signed = new Set<Hash>();
    const open: ReceivedCommand[] = [];
    for (const { read, hash } of items) {
      if (read === undefined) continue;
      if (this.verified.has(hash)) signed.add(hash);
      else open.push(read.command);
    }
    this.verifier.verify(open.map(jobOf), (valid) => {
      open.forEach(({ hash }, i) => {
        if (valid[i] === true) signed.add(hash);
      });
      done(signed);
    });
  }

  private execute(
    block: OrderedBlock,
    prepared: Prepared,
    done: (fault: StateFault | undefined, applied: Applied | undefined) => void,
  ): void {
    const execution = new BlockExecution(this.rules, block.timeMs);
    const drafts: DraftReceipt[] = [];
    runSliced(this.defer, executeInSlices(execution, block.height, prepared, drafts), () =>
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
  if (entry === undefined) return { hash: noHash, read: undefined, outcome: refusedWith('malformed-command') };
  const decoded = decodeCommand(entry);
  if (!decoded.ok) return { hash: commandHash(entry), read: undefined, outcome: refusedWith(decoded.error) };
  const command = decoded.value;
  return { hash: command.hash, read: { command, names: namesOf(command) }, outcome: undefined };
}

function* executeInSlices(
  execution: BlockExecution,
  height: number,
  { items, signed, held }: Prepared,
  drafts: DraftReceipt[],
): Generator<void> {
  const pace = new Pace();
  let first = 0;
  for (const [index, { hash, read, outcome }] of items.entries()) {
    const result = read === undefined ? outcome : execution.run(read.command, signed.has(hash), held, first);
    const { code, failures, events, executed } = result as Outcome;
    drafts.push({ receipt: { hash, height, index, code, failures, events }, executed });
    const touched = read?.names.length ?? 0;
    first += touched;
    if (pace.spend(workUs.execute + touched * workUs.perOperation)) yield;
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
