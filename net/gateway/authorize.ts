// Who may do what: one function, asked for every request, stream and subscription from the first day. Until an operator
// configures tokens, whoever reaches a loopback address may do all that a client does; nobody does administrative
// things over TCP (those verbs live on the Unix socket of the home).

export type Action = 'health' | 'metrics' | 'read' | 'submit' | 'subscribe';

export type Principal =
  | { readonly kind: 'anonymous' }
  /** the name under which the operator configured the token that was shown */
  | { readonly kind: 'token'; readonly name: string };

export interface AccessPolicy {
  /** what a caller without a token may do */
  readonly anonymous: readonly Action[];
  /** by name */
  readonly tokens: Readonly<Record<string, readonly Action[]>>;
}

/** What a node on loopback grants. */
export const openPolicy: AccessPolicy = {
  anonymous: ['health', 'metrics', 'read', 'submit', 'subscribe'],
  tokens: {},
};

/** @param resource what the action is about: a method, a path, a chain; for policies that look at it, later */
export function authorize(policy: AccessPolicy, principal: Principal, action: Action, _resource: string): boolean {
  if (policy.anonymous.includes(action)) return true;
  return principal.kind === 'token' && (policy.tokens[principal.name]?.includes(action) ?? false);
}

export interface Exposure {
  readonly loopback: boolean;
  readonly tls: boolean;
  readonly policy: AccessPolicy;
}

/** An address that others can reach needs TLS, and a token for everything but health. @returns what is missing */
export function missingForExposure({ loopback, tls, policy }: Exposure): 'tls' | 'authentication' | undefined {
  if (loopback) return undefined;
  if (!tls) return 'tls';
  const beyondHealth = policy.anonymous.some((action) => action !== 'health');
  return beyondHealth || Object.keys(policy.tokens).length === 0 ? 'authentication' : undefined;
}
