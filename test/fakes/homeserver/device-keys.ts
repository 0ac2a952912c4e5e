export type Device = { readonly userId: string; readonly deviceId: string };

type Keys = Record<string, unknown>;
export type KeysUpload = { device_keys?: { keys: Keys }; one_time_keys?: Keys; fallback_keys?: Keys };

type DeviceRecord = {
  deviceKeys?: { keys: Keys };
  /** Every one-time key ever uploaded, by its id, so that an id can be told to be used again. */
  readonly uploaded: Map<string, unknown>;
  readonly unclaimed: Set<string>;
  fallback: Keys;
  fallbackUsed: boolean;
};

/** The server's side of /keys: device keys, one-time keys and fallback keys. */
export class DeviceKeys {
  readonly #devices = new Map<string, Map<string, DeviceRecord>>();
  /** Uploads that Synapse would refuse with "One time key … already exists". */
  conflicts = 0;
  /** Uploads that gave a known device other identity keys. */
  identityChanges = 0;

  /** Returns what Synapse says to a one-time key whose id was used for another key, or undefined if all is well. */
  upload(device: Device, { device_keys, one_time_keys = {}, fallback_keys }: KeysUpload): string | undefined {
    const record = this.#record(device);
    if (device_keys) {
      if (record.deviceKeys && !sameKeys(record.deviceKeys.keys, device_keys.keys)) this.identityChanges++;
      record.deviceKeys = device_keys;
    }
    for (const [id, key] of Object.entries(one_time_keys)) {
      const old = record.uploaded.get(id);
      if (old !== undefined && !sameKey(old, key)) {
        this.conflicts++;
        return `One time key ${id} already exists. Old key: ${JSON.stringify(old)}; new key: ${JSON.stringify(key)}`;
      }
      if (old === undefined) record.unclaimed.add(id);
      record.uploaded.set(id, key);
    }
    if (fallback_keys) Object.assign(record, { fallback: fallback_keys, fallbackUsed: false });
    return undefined;
  }

  query(userIds: readonly string[]): Record<string, Record<string, unknown>> {
    return Object.fromEntries(
      userIds.map((userId) => {
        const devices = [...(this.#devices.get(userId) ?? [])].filter(([, { deviceKeys }]) => deviceKeys);
        return [userId, Object.fromEntries(devices.map(([deviceId, { deviceKeys }]) => [deviceId, deviceKeys]))];
      }),
    );
  }

  /** Gives a one-time key away, or the fallback key when there is none left. */
  claim(device: Device): Keys {
    const record = this.#record(device);
    const [id] = record.unclaimed;
    if (id === undefined) {
      record.fallbackUsed = true;
      return record.fallback;
    }
    record.unclaimed.delete(id);
    return { [id]: record.uploaded.get(id) };
  }

  unclaimed(device: Device): number {
    return this.#record(device).unclaimed.size;
  }

  hasUnusedFallback(device: Device): boolean {
    const { fallback, fallbackUsed } = this.#record(device);
    return Object.keys(fallback).length > 0 && !fallbackUsed;
  }

  #record({ userId, deviceId }: Device): DeviceRecord {
    const devices = this.#devices.get(userId) ?? new Map<string, DeviceRecord>();
    this.#devices.set(userId, devices);
    const record = devices.get(deviceId) ?? {
      uploaded: new Map(),
      unclaimed: new Set(),
      fallback: {},
      fallbackUsed: false,
    };
    devices.set(deviceId, record);
    return record;
  }
}

function sameKeys(a: Keys, b: Keys): boolean {
  return Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([id, key]) => b[id] === key);
}

/** Signatures may differ from upload to upload. */
function sameKey(a: unknown, b: unknown): boolean {
  return (a as { key: string }).key === (b as { key: string }).key;
}
