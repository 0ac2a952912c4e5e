import type { Logger } from '@repo/common/logger';
import { createClient, type MatrixClient } from 'matrix-js-sdk';
import type { CryptoBackend } from 'matrix-js-sdk/lib/common-crypto/CryptoBackend.js';
import { AllDevicesIsolationMode, OnlySignedDevicesIsolationMode } from 'matrix-js-sdk/lib/crypto-api/index.js';
import { FatalError } from '../fatal-error.ts';
import { deriveKey } from '../outbox/seal.ts';
import type { MatrixAccount } from './account-config.ts';
import { recoveryKeyCallbacks } from './cross-signing.ts';
import type { DevicePolicy } from './device-policy.ts';
import { createGuardedFetch, type GuardEvents } from './guarded-fetch.ts';
import { createSdkLogger } from './sdk-logger.ts';

const STORE_PREFIX = 'alertmanager-matrix-bridge';

export function createDeviceClient(
  account: MatrixAccount,
  { fetch, logger, events }: { fetch: typeof globalThis.fetch; logger: Logger; events: GuardEvents },
): MatrixClient {
  return createClient({
    baseUrl: account.homeserverUrl,
    userId: account.userId,
    deviceId: account.deviceId,
    accessToken: account.accessToken.reveal(),
    fetchFn: createGuardedFetch(fetch, events),
    logger: createSdkLogger(logger),
    cryptoCallbacks: recoveryKeyCallbacks(account.recoveryKey),
  });
}

/** @throws FatalError if the key store was written with another storage key */
export async function openCrypto(
  client: MatrixClient,
  account: MatrixAccount,
  devices: DevicePolicy,
): Promise<CryptoBackend> {
  const storageKey = new Uint8Array(deriveKey(account.storageKey, 'key store'));
  try {
    await client.initRustCrypto({ cryptoDatabasePrefix: STORE_PREFIX, storageKey });
  } catch (error) {
    throw new FatalError(
      'cannot open the key store. Check that matrix.storage_key is the key it was created with',
      3,
      error,
    );
  }
  // The public type lacks methods that the bridge needs.
  const crypto = client.getCrypto() as unknown as CryptoBackend;
  const mode = devices === 'signed' ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false);
  crypto.setDeviceIsolationMode(mode);
  return crypto;
}
