import { createDecipheriv, createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { encryptWith, loadAttachmentEncryption } from './encrypt-attachment.ts';

const PLAINTEXT = Buffer.from('a picture of the usage');
const NATIVE = '@matrix-org/matrix-sdk-crypto-nodejs';
const native = await import(NATIVE).catch(() => undefined);

/** Decrypts as the specification says, independently of both libraries. */
function decrypt(ciphertext: Uint8Array, { key, iv }: { key: { k: string }; iv: string }): Buffer {
  const decipher = createDecipheriv('aes-256-ctr', Buffer.from(key.k, 'base64url'), Buffer.from(iv, 'base64'));
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

const libraries: [string, () => Promise<ReturnType<typeof encryptWith>>][] = [
  ['the library that is loaded', loadAttachmentEncryption],
  ...(native
    ? [['the native library', async () => encryptWith(native)] as const].map(([a, b]): [string, typeof b] => [a, b])
    : []),
];

test.each(libraries)('%s encrypts what any client decrypts', async (_, load) => {
  const encrypt = await load();
  const { ciphertext, keys } = encrypt(PLAINTEXT);
  expect(Buffer.from(ciphertext).includes('picture')).toBe(false);
  expect(decrypt(ciphertext, keys)).toEqual(PLAINTEXT);
  expect(keys).toMatchObject({ v: 'v2', key: { kty: 'oct', alg: 'A256CTR', ext: true } });
  expect(Buffer.from(keys.hashes.sha256 ?? '', 'base64')).toEqual(createHash('sha256').update(ciphertext).digest());
});

test('every attachment has its own key', async () => {
  const encrypt = await loadAttachmentEncryption();
  expect(encrypt(PLAINTEXT).keys.key.k).not.toBe(encrypt(PLAINTEXT).keys.key.k);
});
