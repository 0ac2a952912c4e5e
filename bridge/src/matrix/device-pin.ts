import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '@repo/common/replace-file';
import { z } from 'zod';
import { FatalError } from '../delivery/delivery-error.ts';

/** Who this data directory belongs to. Keyed on the device, never on the access token, which may change. */
export interface DevicePin {
  readonly userId: string;
  readonly deviceId: string;
  /** The device's public signing key. */
  readonly ed25519: string;
}

const schema = z.object({ userId: z.string(), deviceId: z.string(), ed25519: z.string() });

/** @throws FatalError when the file is there and can't be understood */
export function readDevicePin(file: string): DevicePin | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new FatalError(
      `${file} does not say which device this data directory belongs to; restore it, or log in as a new device`,
      3,
      error,
    );
  }
}

export function writeDevicePin(file: string, pin: DevicePin): void {
  replaceFile(file, `${JSON.stringify(pin, null, 2)}\n`, 0o600);
}
