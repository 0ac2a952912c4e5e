import type { MatrixClient } from 'matrix-js-sdk';
import type { CryptoApi, CryptoCallbacks } from 'matrix-js-sdk/lib/crypto-api/index.js';
import { fetchPublishedKeys } from './published-keys.ts';

/** Result of signing the device. Clients warn about messages from unsigned devices or hide them. */
export type CrossSigning =
  | { readonly isSigned: true; readonly how: 'already' | 'with the existing identity' | 'with a new identity' }
  | { readonly isSigned: false; readonly because: string; readonly canRetry: boolean };

type MissingSecrets = Extract<CrossSigning, { isSigned: false }>;

/**
 * Signs this device with the account's cross-signing identity, so that other clients trust it. Creates an identity only
 * if the account has none, and never replaces one, because readers would be warned. The recovery key opens the account's
 * secret storage with the identity's private keys.
 *
 * Every run compares the keys that are published, stored in secret storage and stored locally, and continues from there:
 * a crash or a failed request between two steps must not leave the device unsigned.
 */
export async function signOwnDevice(
  client: MatrixClient,
  crypto: CryptoApi,
  recoveryKey: Uint8Array | undefined,
): Promise<CrossSigning> {
  const own = { userId: client.getSafeUserId(), deviceId: client.getDeviceId() ?? '' };
  const published = await fetchPublishedKeys(client, own);
  if (published.masterKey === undefined) return await createIdentity(client, crypto, recoveryKey);
  if (await isSigned(client, crypto, own)) return { isSigned: true, how: 'already' };
  // After this refresh the local private keys are those of the published identity, or none.
  const { privateKeysCachedLocally: local } = await crypto.getCrossSigningStatus();
  const missing =
    local.masterKey && local.selfSigningKey && local.userSigningKey
      ? undefined
      : await importIdentity(client, crypto, recoveryKey);
  if (missing) return missing;
  await crypto.crossSignDevice(own.deviceId);
  return await checked(client, crypto, 'with the existing identity');
}

// Nobody has seen an identity yet, so private keys that an interrupted run left behind can be replaced.
async function createIdentity(
  client: MatrixClient,
  crypto: CryptoApi,
  recoveryKey: Uint8Array | undefined,
): Promise<CrossSigning> {
  const unusable = await checkRecoveryKey(client, recoveryKey);
  if (unusable) return unusable;
  // The SDK stores the private keys in secret storage, if there is one, before it publishes the identity.
  await crypto.bootstrapSecretStorage({
    createSecretStorageKey: async () => ({ privateKey: Uint8Array.from(recoveryKey ?? []) }),
  });
  await crypto.bootstrapCrossSigning({
    setupNewCrossSigning: true,
    authUploadDeviceSigningKeys: async (upload) => await upload(null),
  });
  return await checked(client, crypto, 'with a new identity');
}

async function importIdentity(
  client: MatrixClient,
  crypto: CryptoApi,
  recoveryKey: Uint8Array | undefined,
): Promise<MissingSecrets | undefined> {
  const unusable = await checkRecoveryKey(client, recoveryKey);
  if (unusable) return unusable;
  if (!(await crypto.getCrossSigningStatus()).privateKeysInSecretStorage) {
    const because =
      "the account's identity has no private keys in secret storage. Sign the device with a client that has them";
    return { isSigned: false, because, canRetry: false };
  }
  await crypto.bootstrapCrossSigning({});
  return undefined;
}

async function checkRecoveryKey(
  { secretStorage }: MatrixClient,
  recoveryKey: Uint8Array | undefined,
): Promise<MissingSecrets | undefined> {
  if (!recoveryKey) {
    return { isSigned: false, because: 'no recovery key is configured (matrix.recovery_key)', canRetry: false };
  }
  const [, description] = (await secretStorage.getKey()) ?? [];
  if (!description || (await secretStorage.checkKey(Uint8Array.from(recoveryKey), description))) return undefined;
  return { isSigned: false, because: "the recovery key does not open the account's secret storage", canRetry: false };
}

async function checked(
  client: MatrixClient,
  crypto: CryptoApi,
  how: Extract<CrossSigning, { isSigned: true }>['how'],
): Promise<CrossSigning> {
  const own = { userId: client.getSafeUserId(), deviceId: client.getDeviceId() ?? '' };
  if (await isSigned(client, crypto, own)) return { isSigned: true, how };
  return { isSigned: false, because: 'the homeserver does not publish the signature', canRetry: true };
}

/** Verifies the chain from master key to device, with keys fetched now. */
async function isSigned(
  client: MatrixClient,
  crypto: CryptoApi,
  own: { readonly userId: string; readonly deviceId: string },
): Promise<boolean> {
  const { isDeviceSigned } = await fetchPublishedKeys(client, own);
  await crypto.userHasCrossSigningKeys(own.userId, true);
  const status = await crypto.getDeviceVerificationStatus(own.userId, own.deviceId);
  return isDeviceSigned && (status?.signedByOwner ?? false);
}

/** Answers the SDK's request for the key of the secret storage. */
export function recoveryKeyCallbacks(recoveryKey: Uint8Array | undefined): CryptoCallbacks {
  if (!recoveryKey) return {};
  return {
    getSecretStorageKey: async ({ keys }) => {
      const [keyId] = Object.keys(keys);
      return keyId === undefined ? null : [keyId, Uint8Array.from(recoveryKey)];
    },
  };
}
