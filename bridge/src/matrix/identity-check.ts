import { FatalError } from '../fatal-error.ts';
import type { DevicePin } from './device-pin.ts';

const NEW_DEVICE = 'Log in as a new device and start with an empty data directory.';

interface Identity {
  readonly userId: string;
  readonly deviceId: string;
}

/** Checks before any request that the configuration and the data directory belong to the same device. */
export function checkPin(pin: DevicePin | undefined, configured: Identity, keyStoreIsNew: boolean): void {
  if (!pin) return;
  if (pin.userId !== configured.userId || pin.deviceId !== configured.deviceId) {
    throw new FatalError(
      `the data directory belongs to device ${pin.deviceId} of ${pin.userId}, but the configuration names device ${configured.deviceId} of ${configured.userId}. Correct the configuration, or use another --storage.path`,
      3,
    );
  }
  if (keyStoreIsNew) {
    throw new FatalError(
      `the key store of device ${pin.deviceId} is missing. Its keys cannot be recreated, and an old copy must not be restored. ${NEW_DEVICE}`,
      3,
    );
  }
}

/** Checks that the access token belongs to the configured device. */
export function checkWhoami(configured: Identity, answer: { user_id: string; device_id?: string | undefined }): void {
  if (answer.user_id === configured.userId && answer.device_id === configured.deviceId) return;
  throw new FatalError(
    `the access token belongs to device ${answer.device_id ?? '(none)'} of ${answer.user_id}, but the configuration names device ${configured.deviceId} of ${configured.userId}. Use the values of one login response`,
    3,
  );
}

/** Checks that an empty key store is not used for a device that has already published keys. */
export function checkNewDevice(deviceId: string, keyStoreIsNew: boolean, publishedKey: string | undefined): void {
  if (!keyStoreIsNew || publishedKey === undefined) return;
  throw new FatalError(
    `device ${deviceId} has already published keys, but its key store is empty: the store was lost, or --storage.path is wrong. ${NEW_DEVICE}`,
    3,
  );
}

/** Checks that the keys in the store are the pinned and the published ones. */
export function checkKeys(
  deviceId: string,
  ownKey: string,
  known: { pinned: string | undefined; published: string | undefined },
): void {
  for (const [where, key] of [
    ['the data directory', known.pinned],
    ['the homeserver', known.published],
  ] as const) {
    if (key !== undefined && key !== ownKey) {
      throw new FatalError(
        `the keys in the key store differ from those of ${where} for device ${deviceId}. ${NEW_DEVICE}`,
        3,
      );
    }
  }
}
