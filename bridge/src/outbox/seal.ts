import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts stored data with the storage key: AES-256-GCM for bodies, HMAC-SHA-256 for lookup keys. */
export interface Seal {
  /** `context` ties a body to its row. It must be the same when the body is opened. */
  seal(text: string, context: string): Buffer;
  /** @throws Error if the key or the context differ, or the bytes were changed */
  open(sealed: Uint8Array, context: string): string;
  /** Returns the same text for the same parts without revealing them. */
  fingerprint(...parts: readonly string[]): string;
}

export function createSeal(storageKey: Uint8Array): Seal {
  const bodyKey = deriveKey(storageKey, 'outbox bodies');
  const lookupKey = deriveKey(storageKey, 'outbox look-up keys');
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', bodyKey, nonce).setAAD(Buffer.from(context));
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', bodyKey, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString(
        'utf8',
      );
    },
    fingerprint: (...parts) => createHmac('sha256', lookupKey).update(JSON.stringify(parts)).digest('hex'),
  };
}

/** Derives a separate key for each purpose. */
export function deriveKey(storageKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', storageKey, '', `alertmanager-matrix-bridge: ${purpose}`, 32));
}
