import { decodeRecoveryKey as decode } from 'matrix-js-sdk/lib/crypto-api/recovery-key.js';

/** Decodes a recovery key in the format of clients (groups of four characters); `undefined` if it is invalid. */
export function decodeRecoveryKey(text: string): Uint8Array | undefined {
  try {
    return decode(text);
  } catch {
    return undefined;
  }
}
