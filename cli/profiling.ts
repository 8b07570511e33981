// The admin verbs behind `psky load --profile`: V8's sampling profiler of this process, which tells where its main thread
// spends its time. One profile at a time; it ends when asked, when its owner goes away, or after its longest time.

import { Session } from 'node:inspector';
import type { AdminReply, AdminServer } from '../net/drivers/admin-server.ts';
import { longestProfileMs } from './limits.ts';

/** Between samples; a sample costs 10 to 20 µs, so the profile takes 1 to 2 % of what it measures. */
const sampleEveryUs = 1_000;

interface Running {
  readonly session: Session;
  readonly owner: AdminReply;
  readonly timer: NodeJS.Timeout;
}

export function registerProfiling(server: AdminServer): void {
  let running: Running | undefined;

  function release(): Running | undefined {
    const ended = running;
    running = undefined;
    clearTimeout(ended?.timer);
    return ended;
  }

  server.register('profile-start', (_params, owner) => {
    if (running !== undefined) return owner.fail({ name: 'profile-failed', detail: 'This node is being profiled.' });
    const session = new Session();
    session.connect();
    const timer = setTimeout(() => {
      release()?.session.disconnect();
      owner.fail({ name: 'profile-failed', detail: `A profile takes at most ${longestProfileMs / 60_000} minutes.` });
    }, longestProfileMs);
    running = { session, owner, timer };
    owner.onGone(() => {
      if (running?.owner === owner) release()?.session.disconnect();
    });
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: sampleEveryUs });
    session.post('Profiler.start', (error) => {
      if (error === null) return void owner.event({ startedMs: Date.now() });
      release()?.session.disconnect();
      owner.fail({ name: 'profile-failed', detail: error.message });
    });
  });

  server.register('profile-stop', (_params, reply) => {
    const ended = release();
    if (ended === undefined) return reply.fail({ name: 'profile-failed', detail: 'This node is not being profiled.' });
    ended.session.post('Profiler.stop', (error, stopped) => {
      ended.session.disconnect();
      if (error !== null) return reply.fail({ name: 'profile-failed', detail: error.message });
      reply.result({});
      ended.owner.event({ profile: stopped.profile });
      ended.owner.result({});
    });
  });
}
