/**
 * Why a key store cannot be used.
 * - `locked`: another process has opened it
 * - `newer_schema`: a newer version of the program wrote it
 * - `self_test_failed`, `internals_changed`: the IndexedDB implementation is not the expected one
 * - `unsupported`: the request cannot be fulfilled safely
 * - `io`: the file cannot be opened, read or written
 */
export type KeyStoreErrorReason =
  | 'locked'
  | 'newer_schema'
  | 'self_test_failed'
  | 'internals_changed'
  | 'unsupported'
  | 'io';

/** Error with a message that names the cause, the file and the remedy. It never contains stored data. */
export class KeyStoreError extends Error {
  override readonly name = 'KeyStoreError';
  readonly reason: KeyStoreErrorReason;

  constructor(reason: KeyStoreErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Converts any error about the file at `path`. */
export function asKeyStoreError(error: unknown, path: string): KeyStoreError {
  if (error instanceof KeyStoreError) return error;
  const detail = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
  return new KeyStoreError(
    'io',
    `Cannot open the key store ${path}: ${detail}. Check the path, its owner and the disk. ` +
      'If the file is damaged, log in as a new device. Do not restore an old copy.',
    { cause: error },
  );
}
