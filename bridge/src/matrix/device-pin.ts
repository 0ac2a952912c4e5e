import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '@repo/common/replace-file';
import { z } from 'zod';
import { FatalError } from '../fatal-error.ts';

/** Device that owns this data directory. Does not contain the access token, which may change. */
export interface DevicePin {
  readonly userId: string;
  readonly deviceId: string;
  /** Public signing key of the device. */
  readonly ed25519: string;
}

const schema = z.object({ userId: z.string(), deviceId: z.string(), ed25519: z.string() });

/** @throws FatalError if the file exists and is invalid */
export function readDevicePin(file: string): DevicePin | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new FatalError(
      `cannot read the owner of this data directory from ${file}. Restore the file, or log in as a new device`,
      3,
      error,
    );
  }
}

export function writeDevicePin(file: string, pin: DevicePin): void {
  replaceFile(file, `${JSON.stringify(pin, null, 2)}\n`, 0o600);
}
