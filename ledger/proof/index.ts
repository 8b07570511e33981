// What clients need to believe an answer without believing who gave it. Pure: browsers import it.

export { decodeReceipt, decodeReceipts, type LedgerEvent, type OperationFailure, type Receipt } from '../receipt.ts';
export { type Account, type AccountKey, decodeAccount, isUsed, judgeNonce } from '../state/account.ts';
export { accountKey, unwrapValue, valueKey } from '../state/keys.ts';
export { decodeProof, type StateProof, verifyStateProof } from './state-proof.ts';
