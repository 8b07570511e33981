// Looks at where a request says it goes and where it comes from, before anything else is read of it. A page that a
// browser loaded from elsewhere must not reach a node on this machine, whatever name it resolved to get here.

export interface Names {
  /** host names and addresses, without ports, under which this node is known */
  readonly hosts: readonly string[];
  /** origins beside its own whose pages may talk to it, as `https://observer.example` */
  readonly origins: readonly string[];
}

export const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

export interface Claim {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** @returns undefined when the request may come in */
export function refuseAtDoor({ host, origin }: Claim, names: Names): 'unknown-host' | 'foreign-origin' | undefined {
  const hostname =
    host === undefined ? undefined : /^(\[[0-9a-f:]+\]|[^:]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
  if (hostname === undefined || !names.hosts.includes(hostname)) return 'unknown-host';
  if (origin === undefined || names.origins.includes(origin)) return undefined;
  const own = /^https?:\/\/(.+)$/.exec(origin)?.[1];
  return own?.toLowerCase() === host?.toLowerCase() ? undefined : 'foreign-origin';
}
