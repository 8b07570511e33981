// At-most-once delivery. What a connection delivers twice, or a message of an earlier link that a new connection
// delivers late, is dropped here: without this check a vote or a batch could count in a link that never carried it.

import type { WireHeader } from './frame.ts';

export type Verdict =
  | 'next'
  /** already seen on this link: drop */
  | 'duplicate'
  /** of another link of the same peer: drop */
  | 'stale-session'
  /** something before it is missing: the link is broken */
  | 'gap';

/** One per connection. */
export interface FrameCheck {
  judge(header: WireHeader, peerSession: number): Verdict;
}

export function createFrameCheck(): FrameCheck {
  let next = 1;
  return {
    judge(header, peerSession) {
      if (header.session !== peerSession) return 'stale-session';
      if (header.seq < next) return 'duplicate';
      if (header.seq > next) return 'gap';
      next++;
      return 'next';
    },
  };
}
