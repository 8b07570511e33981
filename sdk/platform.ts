// What a client needs from the machine it runs on. Drivers fill it for Node and for browsers.

import type { Bytes } from '../lib/bytes.ts';
import type { SignatureSuite } from '../lib/suites/suite.ts';

export interface Platform {
  /** decides on signatures: sodium in Node, noble in browsers; both give the same verdicts */
  readonly suite: SignatureSuite;
  /** from the system's cryptographic generator */
  randomBytes(length: number): Bytes;
  /** milliseconds since 1970 */
  wallMs(): number;
  delay(ms: number): Promise<void>;
  /**
   * Posts JSON and gives back what came, whatever its status.
   * @throws when nobody answers within the time; PskyError `answer-too-long` beyond `maxAnswerBytes`
   */
  postJson(url: string, body: string, timeoutMs: number): Promise<string>;
  /** Opens a WebSocket that carries text. @param url ws:// or wss:// */
  openSocket(url: string, events: TextSocketEvents): TextSocket;
}

export interface TextSocket {
  /** nothing happens once it is closed */
  send(text: string): void;
  close(): void;
}

export interface TextSocketEvents {
  opened(): void;
  message(text: string): void;
  /** once, also when it never opened */
  closed(reason: string): void;
}
