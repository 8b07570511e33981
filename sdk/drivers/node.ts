// The sdk in Node, as the package exports it: everything of sdk/index.ts, with the platform and the stream's socket of
// this surrounding under names that are the same in all of them.

export * from '../index.ts';
export { nodePlatform as platform } from './node-platform.ts';
export { openNodeStreamSocket as openStreamSocket } from './node-stream-socket.ts';
