import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Shorter texts are not worth compressing. */
const MIN_COMPRESSED_BYTES = 256;
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Compresses and encrypts stored data with the storage key: AES-256-GCM for bodies, HMAC-SHA-256 for lookup keys. */
export interface Seal {
  /** `context` ties a body to its row. It must be the same when the body is opened. */
  seal(text: string, context: string): Buffer;
  /** @throws Error if the key or the context differ, or the bytes were changed */
  open(sealed: Uint8Array, context: string): string;
  /** Returns the same text for the same parts without revealing them. */
  fingerprint(...parts: readonly string[]): string;
}

export function createSeal(storageKey: Uint8Array): Seal {
  const bodyKey = createSecretKey(deriveKey(storageKey, 'outbox bodies'));
  const lookupKey = createSecretKey(deriveKey(storageKey, 'outbox look-up keys'));
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', bodyKey, nonce).setAAD(Buffer.from(context));
      const encrypted = Buffer.concat([cipher.update(compress(Buffer.from(text))), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', bodyKey, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const body = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return decompress(body).toString('utf8');
    },
    fingerprint: (...parts) => createHmac('sha256', lookupKey).update(JSON.stringify(parts)).digest('hex'),
  };
}

/** Derives a separate key for each purpose. */
export function deriveKey(storageKey: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', storageKey, '', `alertmanager-matrix-bridge: ${purpose}`, 32));
}

function compress(text: Buffer): Buffer {
  return text.length < MIN_COMPRESSED_BYTES ? text : zstdCompressSync(text, FAST);
}

// No UTF-8 text starts with these bytes, so bodies of older versions, which are not compressed, are recognized.
function decompress(body: Buffer): Buffer {
  return body.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC) ? zstdDecompressSync(body) : body;
}
