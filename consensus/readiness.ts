// Whether a chain on this node has enough linked validators (a quorum; a follower one) and has caught up: the engine says so when it changes,
// so that whoever waits for it needs no timer.

export interface Readiness {
  readonly ready: boolean;
  /** @param listener called each time the chain becomes ready from now on */
  onReady(listener: () => void): void;
  tell(ready: boolean): void;
}

export function createReadiness(): Readiness {
  const listeners: (() => void)[] = [];
  let ready = false;
  return {
    get ready() {
      return ready;
    },
    onReady: (listener) => void listeners.push(listener),
    tell(now) {
      const became = now && !ready;
      ready = now;
      if (became) for (const listener of listeners) listener();
    },
  };
}
