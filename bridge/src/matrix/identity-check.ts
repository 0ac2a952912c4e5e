import { FatalError } from '../delivery/delivery-error.ts';
import type { DevicePin } from './device-pin.ts';

const NEW_DEVICE = 'Log in as a new device and start with an empty data directory.';

interface Identity {
  readonly userId: string;
  readonly deviceId: string;
}

/** Before anything is asked of the homeserver: do configuration and data directory speak of the same device? */
export function checkPin(pin: DevicePin | undefined, configured: Identity, keyStoreIsNew: boolean): void {
  if (!pin) return;
  if (pin.userId !== configured.userId || pin.deviceId !== configured.deviceId) {
    throw new FatalError(
      `the data directory belongs to device ${pin.deviceId} of ${pin.userId}, the configuration names device ${configured.deviceId} of ${configured.userId}; correct the configuration, or use another --storage.path`,
      3,
    );
  }
  if (keyStoreIsNew) {
    throw new FatalError(
      `the key store of device ${pin.deviceId} is missing; its keys can't be made again, and an old copy must not be put back. ${NEW_DEVICE}`,
      3,
    );
  }
}

/** The access token must be of the device that is configured. */
export function checkWhoami(configured: Identity, answer: { user_id: string; device_id?: string | undefined }): void {
  if (answer.user_id === configured.userId && answer.device_id === configured.deviceId) return;
  throw new FatalError(
    `the access token is of device ${answer.device_id ?? '(none)'} of ${answer.user_id}, the configuration names device ${configured.deviceId} of ${configured.userId}; use the values that one login answered`,
    3,
  );
}

/** An empty key store for a device whose keys the homeserver knows would make a second identity for it. */
export function checkNewDevice(deviceId: string, keyStoreIsNew: boolean, publishedKey: string | undefined): void {
  if (!keyStoreIsNew || publishedKey === undefined) return;
  throw new FatalError(
    `the homeserver already knows keys of device ${deviceId}, but the key store here is empty: it was lost, or --storage.path is another one. ${NEW_DEVICE}`,
    3,
  );
}

/** The keys in the store must be the pinned ones, and those that others see. */
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
      throw new FatalError(`the key store holds other keys than ${where} has for device ${deviceId}. ${NEW_DEVICE}`, 3);
    }
  }
}
