/**
 * Why a key store was refused or gave up.
 * - `locked`: another process has it open
 * - `newer_schema`: a newer version of the program wrote it
 * - `self_test_failed`, `internals_changed`: the IndexedDB implementation isn't the one this code was made for
 * - `unsupported`: something is asked for that can't be kept safely
 * - `io`: the file could not be opened, read or written
 */
export type KeyStoreErrorReason =
  | 'locked'
  | 'newer_schema'
  | 'self_test_failed'
  | 'internals_changed'
  | 'unsupported'
  | 'io';

/** Carries a sentence that says what happened, where, and what to do. It never holds stored data. */
export class KeyStoreError extends Error {
  override readonly name = 'KeyStoreError';
  readonly reason: KeyStoreErrorReason;

  constructor(reason: KeyStoreErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What stopped the file at `path` from being used, as an error of a key store. */
export function asKeyStoreError(error: unknown, path: string): KeyStoreError {
  if (error instanceof KeyStoreError) return error;
  const detail = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
  return new KeyStoreError(
    'io',
    `The key store ${path} can't be opened: ${detail}. Check the path, its owner and the disk; ` +
      'if the file is damaged, set up a new device instead of restoring an old copy.',
    { cause: error },
  );
}
