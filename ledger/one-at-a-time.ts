// Work that must not overlap: blocks, snapshots, restores. The next begins when the one before has answered.

export class OneAtATime {
  private readonly waiting: ((finished: () => void) => void)[] = [];
  private busy = false;

  run(work: (finished: () => void) => void): void {
    this.waiting.push(work);
    if (!this.busy) this.next();
  }

  private next(): void {
    const work = this.waiting.shift();
    this.busy = work !== undefined;
    work?.(() => this.next());
  }
}
