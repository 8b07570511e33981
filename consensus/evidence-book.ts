// The evidence that a chain keeps (§11), in its store: one piece per validator, kind and epoch, the first that was found.

import { type Bytes, bigEndian, concatBytes, fromUtf8 } from '../lib/bytes.ts';
import { decode, encode } from '../lib/codec.ts';
import { bytes, list, misfit, text, tuple, uint } from '../lib/shape.ts';
import type { Store } from '../storage/index.ts';
import type { Evidence } from './chain-messages.ts';
import { maxEvidence, maxEvidenceBytes, maxValidators } from './limits.ts';

const pieceShape = tuple<Evidence>({
  kind: text(64),
  validator: uint(maxValidators),
  epoch: uint(),
  detail: text(1_024),
  wallMs: uint(),
  proof: list(bytes(maxEvidenceBytes), 2),
});

const keyOf = ({ validator, epoch, kind }: Pick<Evidence, 'validator' | 'epoch' | 'kind'>): Bytes =>
  concatBytes([bigEndian(epoch, 8), bigEndian(validator, 2), fromUtf8(kind)]);

export class EvidenceBook {
  private readonly store: Store;
  private readonly pieces = new Map<string, Evidence>();

  constructor(store: Store) {
    this.store = store;
  }

  open(done: (fault: string | undefined) => void): void {
    const all = { from: new Uint8Array(0), to: Uint8Array.of(255), limit: maxEvidence };
    this.store.range(all, (fault, found) => {
      if (fault !== undefined) return done(fault.message);
      for (const [, value] of found) {
        const decoded = decode(value);
        const piece = decoded.ok ? pieceShape.read(decoded.value) : misfit;
        if (piece === misfit) return done('stored evidence cannot be read');
        this.pieces.set(nameOf(piece), piece);
      }
      done(undefined);
    });
  }

  /** Oldest epoch first. */
  all(): readonly Evidence[] {
    return [...this.pieces.values()];
  }

  /** @returns whether it is new and kept; `write` then puts it on disk, where a failure stops the process */
  add(piece: Evidence): boolean {
    if (this.pieces.has(nameOf(piece)) || this.pieces.size >= maxEvidence) return false;
    this.pieces.set(nameOf(piece), piece);
    return true;
  }

  write(piece: Evidence): void {
    this.store.batch([{ key: keyOf(piece), value: encode(pieceShape.write(piece)) }], { sync: true }, () => {});
  }
}

const nameOf = ({ validator, epoch, kind }: Evidence): string => `${epoch}:${validator}:${kind}`;
