import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface BridgeConfigOptions {
  /** Holds the configuration and its secrets. */
  readonly directory: string;
  readonly tokenFile: string;
  /** `$MATRIX_CREDENTIALS_DIR`, if there is a Matrix account. The bridge reads the room from `$MATRIX_ROOM_ID`. */
  readonly credentialsDirectory?: string | undefined;
}

/** Writes the bridge's configuration and returns its path. Creates the storage key of a Matrix device once. */
export function writeBridgeConfig({ directory, tokenFile, credentialsDirectory }: BridgeConfigOptions): string {
  const webhook = { bearer_tokens: [{ file: tokenFile }] };
  if (credentialsDirectory === undefined || existsSync(join(credentialsDirectory, 'storage_key'))) {
    return writePrivately(directory, 'bridge.yaml', stringify({ webhook }));
  }
  const storageKey = join(directory, 'storage_key');
  if (!existsSync(storageKey)) writePrivately(directory, 'storage_key', randomBytes(32).toString('base64'));
  const matrix = { credentials_dir: credentialsDirectory, storage_key: { file: storageKey } };
  return writePrivately(directory, 'bridge.yaml', stringify({ webhook, matrix }));
}

/** Writes a file that only this user can read. */
export function writePrivately(directory: string, name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}
