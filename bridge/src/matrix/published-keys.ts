import { type MatrixClient, Method } from 'matrix-js-sdk';

/** The account's keys as the homeserver shows them to everybody. */
export interface PublishedKeys {
  /** Public signing key of the device. */
  readonly deviceKey: string | undefined;
  /** Public master key of the account's cross-signing identity. */
  readonly masterKey: string | undefined;
  /** True if the device carries a signature by the identity's self-signing key. It is not verified here. */
  readonly isDeviceSigned: boolean;
}

interface KeysAnswer {
  readonly device_keys?: ByUser<Readonly<Record<string, Signed>>>;
  readonly master_keys?: ByUser<Signed>;
  readonly self_signing_keys?: ByUser<Signed>;
}

type ByUser<Value> = Readonly<Record<string, Value>>;

interface Signed {
  readonly keys?: Readonly<Record<string, string>>;
  readonly signatures?: ByUser<Readonly<Record<string, string>>>;
}

/** Asks the homeserver, because the SDK also knows keys that were never published. */
export async function fetchPublishedKeys(
  client: MatrixClient,
  { userId, deviceId }: { readonly userId: string; readonly deviceId: string },
): Promise<PublishedKeys> {
  const query = { device_keys: { [userId]: [deviceId] } };
  const answer = await client.http.authedRequest<KeysAnswer>(Method.Post, '/keys/query', undefined, query);
  const device = answer.device_keys?.[userId]?.[deviceId];
  const signatures = device?.signatures?.[userId] ?? {};
  const selfSigningKeys = Object.keys(answer.self_signing_keys?.[userId]?.keys ?? {});
  return {
    deviceKey: device?.keys?.[`ed25519:${deviceId}`],
    masterKey: Object.values(answer.master_keys?.[userId]?.keys ?? {})[0],
    isDeviceSigned: selfSigningKeys.some((keyId) => keyId in signatures),
  };
}
