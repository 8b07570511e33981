// What a cluster's parent and its members say to each other over their channel. A member gets its own
// secret and no other's.

import type { Bytes } from '../../lib/bytes.ts';
import type { ErrorName } from '../../lib/errors.ts';
import type { NodeId } from '../../net/ports.ts';
import type { AgentCard, HopEntry, Outcome } from '../../swarms/run/index.ts';

export interface MemberSetup {
  /** of this agent alone */
  readonly folder: string;
  /** what to run, as psky run takes it */
  readonly path: string;
  readonly role: string;
  /** of this agent alone */
  readonly seed: Bytes;
  readonly agents: readonly ClusterAgent[];
  /** to listen on; 0 picks a free one */
  readonly port: number;
}

/** What all members know of each. */
export interface ClusterAgent {
  readonly role: string;
  readonly card: AgentCard;
  readonly nodeId: NodeId;
}

export type ToMember =
  | { readonly type: 'setup'; readonly setup: MemberSetup }
  /** where the agents of all roles listen */
  | { readonly type: 'go'; readonly ports: Readonly<Record<string, number>> }
  | { readonly type: 'begin'; readonly input: unknown; readonly instance: string | undefined }
  /** tells how an instance ends that there is; `cancel` says why it is to be cancelled */
  | { readonly type: 'go-on'; readonly instance: string; readonly cancel: string | undefined }
  | { readonly type: 'stop' };

export type FromMember =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'hop'; readonly hop: HopEntry }
  | { readonly type: 'outcome'; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly name: ErrorName; readonly detail: string };
