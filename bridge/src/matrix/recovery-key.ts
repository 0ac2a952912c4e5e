import { decodeRecoveryKey as decode } from 'matrix-js-sdk/lib/crypto-api/recovery-key.js';

/** The bytes of a recovery key as clients show it (groups of four characters), or `undefined` when it is none. */
export function decodeRecoveryKey(text: string): Uint8Array | undefined {
  try {
    return decode(text);
  } catch {
    return undefined;
  }
}
