import type { MatrixClient } from 'matrix-js-sdk';
import type { CryptoApi, CryptoCallbacks } from 'matrix-js-sdk/lib/crypto-api/index.js';

/** Result of signing the device. Clients warn about messages from unsigned devices or hide them. */
export type CrossSigning =
  | { readonly isSigned: true; readonly how: 'already' | 'with the keys in secret storage' | 'with a new identity' }
  | { readonly isSigned: false; readonly because: string };

/**
 * Signs this device with the account's cross-signing identity, so that other clients trust it. An identity is made only
 * where the account has none, and never replaced: readers would be warned of it. The recovery key opens the account's
 * secret storage, where the identity's private keys are kept.
 */
export async function signOwnDevice(
  client: MatrixClient,
  crypto: CryptoApi,
  recoveryKey: Uint8Array | undefined,
): Promise<CrossSigning> {
  const userId = client.getSafeUserId();
  const isSigned = async () =>
    (await crypto.getDeviceVerificationStatus(userId, client.getDeviceId() ?? ''))?.signedByOwner ?? false;
  const hasIdentity = await crypto.userHasCrossSigningKeys(userId, true);
  if (hasIdentity && (await isSigned())) return { isSigned: true, how: 'already' };
  if (!recoveryKey) return { isSigned: false, because: 'no recovery key is configured (matrix.recovery_key)' };
  const { secretStorage } = client;
  const [, description] = (await secretStorage.getKey()) ?? [];
  if (description && !(await secretStorage.checkKey(Uint8Array.from(recoveryKey), description))) {
    return { isSigned: false, because: "the recovery key does not open the account's secret storage" };
  }
  if (hasIdentity) {
    if ((await secretStorage.isStored('m.cross_signing.self_signing')) === null) {
      const because =
        'the account has an identity whose keys are not in its secret storage; sign the device from a client that has them';
      return { isSigned: false, because };
    }
    await crypto.bootstrapCrossSigning({});
    return { isSigned: true, how: 'with the keys in secret storage' };
  }
  // The storage comes first: the SDK then saves the private keys before it publishes the identity.
  await crypto.bootstrapSecretStorage({
    createSecretStorageKey: async () => ({ privateKey: Uint8Array.from(recoveryKey) }),
  });
  await crypto.bootstrapCrossSigning({
    // Nothing is replaced: the account has no identity. What a crash left half made in this store is.
    setupNewCrossSigning: true,
    authUploadDeviceSigningKeys: async (upload) => await upload(null),
  });
  return { isSigned: true, how: 'with a new identity' };
}

/** Answers the SDK's question for the key of the secret storage. */
export function recoveryKeyCallbacks(recoveryKey: Uint8Array | undefined): CryptoCallbacks {
  if (!recoveryKey) return {};
  return {
    getSecretStorageKey: async ({ keys }) => {
      const [keyId] = Object.keys(keys);
      return keyId === undefined ? null : [keyId, Uint8Array.from(recoveryKey)];
    },
  };
}
