// Watches a session's duplicate check: what it lets through is the next message of this very session, and nothing else.

import { createFrameCheck, type FrameCheck } from '../../net/index.ts';
import type { Verdict } from './verdict.ts';

/** The same check; a message that it should have dropped is a violation. */
export function witnessedFrameCheck(make: () => FrameCheck, verdict: Verdict): () => FrameCheck {
  return () => {
    const check = make();
    const own = createFrameCheck();
    return {
      judge(header, peerSession) {
        const given = check.judge(header, peerSession);
        const expected = own.judge(header, peerSession);
        if (given === 'next' && expected !== 'next')
          verdict.violated(
            'a link delivers each message once, in order',
            `message ${header.seq} of session ${header.session}: ${expected}`,
          );
        return given;
      },
    };
  };
}
