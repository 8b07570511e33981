// Self time by room, from the samples of V8's profiler (the .cpuprofile format of Chrome's developer tools): each sample
// names the function that ran, and how long after the one before it was taken.

import { type Place, placeOf, type Room, rooms } from './rooms.ts';

/** Profiler.Profile of the Chrome DevTools Protocol, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** microseconds */
  readonly startTime: number;
  readonly endTime: number;
  /** ids of nodes */
  readonly samples?: readonly number[];
  /** microseconds since the sample before; of the first, since `startTime` */
  readonly timeDeltas?: readonly number[];
}

export interface FunctionTime {
  readonly name: string;
  readonly place: string;
  readonly us: number;
}

export interface RoomTimes {
  /** microseconds of the window that the samples cover */
  readonly windowUs: number;
  readonly us: Readonly<Record<Room, number>>;
  /** by self time, longest first */
  readonly functions: readonly FunctionTime[];
}

/** @param window microseconds since the profile began */
export function timesByRoom(profile: CpuProfile, window: { readonly from: number; readonly to: number }): RoomTimes {
  const placeOfNode = placesOf(profile);
  const us = Object.fromEntries(rooms.map((room) => [room, 0])) as Record<Room, number>;
  const selfUs = new Map<number, number>();
  let at = 0;
  let windowUs = 0;
  for (const [i, id] of (profile.samples ?? []).entries()) {
    at += profile.timeDeltas?.[i] ?? 0;
    if (at < window.from || at > window.to) continue;
    // a sample stands for the time until the next one
    const lasted = profile.timeDeltas?.[i + 1] ?? 0;
    windowUs += lasted;
    const place = placeOfNode.get(id) ?? 'other';
    if (place === 'idle') continue;
    us[place] += lasted;
    selfUs.set(id, (selfUs.get(id) ?? 0) + lasted);
  }
  return { windowUs, us, functions: functionsOf(profile, selfUs) };
}

/** Functions without a file belong to whoever called them, at last to native code. */
function placesOf(profile: CpuProfile): Map<number, Room | 'idle'> {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const places = new Map<number, Room | 'idle'>();
  const root = profile.nodes[0];
  const waiting: { id: number; caller: Room }[] = root === undefined ? [] : [{ id: root.id, caller: 'native' }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = nodes.get(next.id);
    if (node === undefined) continue;
    const own: Place = placeOf(node.callFrame);
    const place = own === 'caller' ? next.caller : own;
    places.set(node.id, place);
    const caller = place === 'idle' ? next.caller : place;
    for (const id of node.children ?? []) waiting.push({ id, caller });
  }
  return places;
}

function functionsOf(profile: CpuProfile, selfUs: ReadonlyMap<number, number>): FunctionTime[] {
  const callers = new Map(
    profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)),
  );
  const byName = new Map<string, { name: string; place: string; us: number }>();
  for (const node of profile.nodes) {
    const us = selfUs.get(node.id);
    if (us === undefined) continue;
    const { name, place } = titleOf(node.callFrame, callers.get(node.id)?.callFrame);
    const known = byName.get(`${name} ${place}`);
    if (known === undefined) byName.set(`${name} ${place}`, { name, place, us });
    else known.us += us;
  }
  return [...byName.values()].sort((a, b) => b.us - a.us);
}

type CallFrame = CpuProfile['nodes'][number]['callFrame'];

/** Native code is named after the function that called it: addons have no names for the profiler. */
function titleOf(frame: CallFrame, caller: CallFrame | undefined): { name: string; place: string } {
  if (frame.url !== '') return { name: frame.functionName || '(anonymous)', place: whereIs(frame) };
  if (frame.functionName.startsWith('(') || caller === undefined) return { name: frame.functionName, place: '' };
  const name =
    frame.functionName === '' || caller.url.includes('/node_modules/') ? caller.functionName : frame.functionName;
  return { name: `${name} (native)`, place: whereIs(caller) };
}

/** consensus/core/step.js:12, without the machine's folders */
function whereIs({ url, lineNumber }: CallFrame): string {
  if (url === '') return '';
  const short = url.replace(/^.*\/(node_modules|dist)\//, (_, folder) => (folder === 'dist' ? '' : 'node_modules/'));
  return `${short}:${lineNumber + 1}`;
}
