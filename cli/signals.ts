// SIGTERM and SIGINT drain; a second one, from a second after the first, forces. A terminal signals the whole group, and
// npm and `psky dev` pass signals on: within that second they are one.

const sameSignalMs = 1_000;

export interface StopHandlers {
  /** stop admitting and signing, flush, close */
  readonly drain: (signal: 'SIGINT' | 'SIGTERM') => void;
  /** leave now */
  readonly force: (exitCode: 130 | 143) => void;
}

/** @returns removes the handlers */
export function onStopSignals(handlers: StopHandlers): () => void {
  let firstAt: number | undefined;
  const receive = (signal: 'SIGINT' | 'SIGTERM') => () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      handlers.drain(signal);
    } else if (performance.now() - firstAt >= sameSignalMs) {
      handlers.force(signal === 'SIGINT' ? 130 : 143);
    }
  };
  const interrupt = receive('SIGINT');
  const terminate = receive('SIGTERM');
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  return () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
  };
}
