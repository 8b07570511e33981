// The sdk in browsers, as the package exports it: everything of sdk/index.ts, with the platform and the stream's socket of
// this surrounding under names that are the same in all of them.

export * from '../index.ts';
export { browserPlatform as platform } from './browser-platform.ts';
export { openBrowserStreamSocket as openStreamSocket } from './browser-stream-socket.ts';
