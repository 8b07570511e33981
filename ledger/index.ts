export { BlobLedger, type BlobOptions } from './blob.ts';
export { emptyOutboxRoot, KeyValueLedger, type KeyValueOptions } from './key-value/application.ts';
export type { AccountPolicy, LedgerRules } from './key-value/rules.ts';
export type { Defer } from './slices.ts';
export { inlineVerifier, type SignatureVerifier, type VerificationJob } from './verification.ts';
