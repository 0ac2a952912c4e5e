import type { EncryptedFile } from '../message/message.ts';

/** Ciphertext, and the keys that belong into the message beside the address of the upload. */
export interface EncryptedAttachment {
  readonly ciphertext: Uint8Array;
  readonly keys: Omit<EncryptedFile, 'url'>;
}

export type EncryptAttachment = (plaintext: Uint8Array) => EncryptedAttachment;

/** The part of both libraries that is used. */
interface AttachmentLibrary {
  readonly Attachment: {
    encrypt(array: Uint8Array): { readonly encryptedData: Uint8Array; readonly mediaEncryptionInfo?: string | null };
  };
}

/** Encrypts with one of the libraries, which implement the same format (AES-CTR with SHA-256). */
export function encryptWith({ Attachment }: AttachmentLibrary): EncryptAttachment {
  return (plaintext) => {
    const attachment = Attachment.encrypt(plaintext);
    const info = attachment.mediaEncryptionInfo;
    if (!info) throw new Error('the crypto library returned no keys for an attachment');
    return { ciphertext: attachment.encryptedData, keys: JSON.parse(info) as EncryptedAttachment['keys'] };
  };
}

/**
 * Returns the native library's encryption where its binary is installed, else that of the wasm, which always is. The
 * binary does not come with the package, so nothing may depend on it.
 */
export async function loadAttachmentEncryption(): Promise<EncryptAttachment> {
  try {
    // The specifier is not a literal: the package is optional, and so are its types.
    const name = '@matrix-org/matrix-sdk-crypto-nodejs';
    return encryptWith((await import(name)) as AttachmentLibrary);
  } catch {
    const wasm = await import('@matrix-org/matrix-sdk-crypto-wasm');
    await wasm.initAsync();
    return encryptWith(wasm as unknown as AttachmentLibrary);
  }
}
