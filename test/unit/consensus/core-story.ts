// What has become of a cluster's nodes, asked by tests that follow a directed schedule.

import { commitHeight, type StopReason } from '../../../consensus/core/index.ts';
import type { CoreCluster, Host } from './core-cluster.ts';

export const entriesOf = (host: Host | undefined): readonly string[] =>
  host?.executed.flatMap((block) => block.entries) ?? [];
export const hostOf = (cluster: CoreCluster, index: number): Host => cluster.hosts[index] as Host;
export const abandoned = (cluster: CoreCluster): readonly string[] =>
  cluster.outputs.flatMap(({ output }) => (output.type === 'abandoned' ? [output.reason] : []));

export const stopsOf = (cluster: CoreCluster, node: number): readonly StopReason[] =>
  cluster.outputs.flatMap((each) => (each.node === node && each.output.type === 'stopped' ? [each.output.reason] : []));
export const evidenceOf = (cluster: CoreCluster, node: number): readonly string[] =>
  cluster.outputs.flatMap(({ node: at, output }) =>
    at === node && output.type === 'evidence' ? [`${output.kind} ${output.validator}`] : [],
  );
export const signedBy = (cluster: CoreCluster, node: number): number =>
  cluster.outputs.filter((each) => each.node === node && each.output.type === 'signed').length;

/** When `node` commits its first block after now. */
export function commitsAfter(cluster: CoreCluster, node: number, untilMs: number): number {
  const since = cluster.now;
  const height = commitHeight(hostOf(cluster, node).core);
  cluster.run(untilMs, () => commitHeight(hostOf(cluster, node).core) > height);
  return cluster.now - since;
}
