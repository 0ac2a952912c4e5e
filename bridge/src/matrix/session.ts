import { join } from 'node:path';
import { backoff } from '@repo/common/backoff';
import type { Logger } from '@repo/common/logger';
import { ClientEvent, createClient, HttpApiEvent, type MatrixClient, Method, SyncState } from 'matrix-js-sdk';
import type { CryptoBackend } from 'matrix-js-sdk/lib/common-crypto/CryptoBackend.js';
import { FatalError } from '../fatal-error.ts';
import type { KeyStore } from '../key-store/key-store.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { deriveKey } from '../outbox/seal.ts';
import type { MatrixAccount } from './account-config.ts';
import { type CrossSigning, recoveryKeyCallbacks, signOwnDevice } from './cross-signing.ts';
import { readDevicePin, writeDevicePin } from './device-pin.ts';
import { EncryptedRoom } from './encrypted-room.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { toDeliveryError } from './homeserver-error.ts';
import { checkKeys, checkNewDevice, checkPin, checkWhoami } from './identity-check.ts';
import { acceptInvitations } from './invitations.ts';
import { advanceEpoch } from './rollback-check.ts';
import { createSdkLogger, redirectSdkConsole } from './sdk-logger.ts';
import { waitForFreshSync } from './sync-mark.ts';

const STORE_PREFIX = 'alertmanager-matrix-bridge';
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;

export interface MatrixSessionOptions {
  readonly account: MatrixAccount;
  /** Room IDs by configured name. */
  readonly rooms: ReadonlyMap<string, string>;
  readonly storagePath: string;
  readonly keyStore: KeyStore;
  readonly outbox: Outbox;
  readonly logger: Logger;
  readonly fetch: typeof fetch;
  readonly newMark: () => string;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  /** A sync succeeded, or syncs started to fail. */
  readonly onSync: (isSyncing: boolean) => void;
  /** Delivery to this room, by name, may work again. */
  readonly onRoomUsable: (room: string) => void;
  readonly onCrossSigning: (result: CrossSigning) => void;
  readonly onFatal: (error: FatalError) => void;
}

/** A checked device whose sync is up to date. */
export interface MatrixSession {
  readonly rooms: ReadonlyMap<string, EncryptedRoom>;
}

/**
 * Starts the Matrix device. The order matters: the identity is checked before keys are published, device lists are marked
 * dirty before the first sync, and nothing is sent before the sync is up to date. Waits while the homeserver is
 * unreachable.
 * @throws FatalError if the identity is rejected
 */
export async function startMatrixSession(
  options: MatrixSessionOptions,
  cleanup: AsyncDisposableStack,
): Promise<MatrixSession> {
  const { account, keyStore, outbox, signal } = options;
  const pinFile = join(options.storagePath, 'device.json');
  const pin = readDevicePin(pinFile);
  checkPin(pin, account, keyStore.isNew);
  advanceEpoch(keyStore, outbox);

  redirectSdkConsole(options.logger);
  const client = createDeviceClient(options);
  const publishedKey = await untilAnswered(options, client, async () => {
    checkWhoami(account, await client.whoami());
    return await publishedDeviceKey(client, account);
  });
  checkNewDevice(account.deviceId, keyStore.isNew, publishedKey);

  const crypto = await openCrypto(client, account);
  cleanup.defer(() => client.stopClient());
  const { ed25519 } = await crypto.getOwnDeviceKeys();
  checkKeys(account.deviceId, ed25519, { pinned: pin?.ed25519, published: publishedKey });
  if (!pin) writeDevicePin(pinFile, { userId: account.userId, deviceId: account.deviceId, ed25519 });

  // The first sync after a restart does not report new devices (js-sdk#4591).
  await crypto.markAllTrackedUsersAsDirty();
  watchSync(client, options);
  await client.startClient({ initialSyncLimit: 1, lazyLoadMembers: true, disablePresence: true });
  await untilPrepared(client, signal);
  const names = new Map([...options.rooms].map(([name, roomId]) => [roomId, name]));
  acceptInvitations(client, new Set(names.keys()), {
    joined: (roomId) => options.onRoomUsable(names.get(roomId) ?? ''),
    joinFailed: (roomId, error) => options.logger.warn({ room_id: roomId, err: error }, 'cannot accept the invitation'),
  });
  await untilAnswered(options, client, () => waitForFreshSync(client, options.newMark(), signal));
  options.onCrossSigning(await crossSign(client, crypto, account));
  const rooms = [...options.rooms].map(([name, roomId]) => {
    const key = `last_session ${roomId}`;
    const lastSession = { get: () => outbox.getMeta(key), set: (id: string) => outbox.setMeta(key, id) };
    return [name, new EncryptedRoom({ client, crypto, roomId, lastSession })] as const;
  });
  return { rooms: new Map(rooms) };
}

function createDeviceClient({ account, logger, fetch, onFatal }: MatrixSessionOptions): MatrixClient {
  return createClient({
    baseUrl: account.homeserverUrl,
    userId: account.userId,
    deviceId: account.deviceId,
    accessToken: account.accessToken.reveal(),
    fetchFn: createGuardedFetch(fetch, onFatal),
    logger: createSdkLogger(logger),
    cryptoCallbacks: recoveryKeyCallbacks(account.recoveryKey),
  });
}

async function openCrypto(client: MatrixClient, account: MatrixAccount): Promise<CryptoBackend> {
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
  return client.getCrypto() as unknown as CryptoBackend;
}

// A failure must not prevent delivery.
async function crossSign(
  client: MatrixClient,
  crypto: CryptoBackend,
  { recoveryKey }: MatrixAccount,
): Promise<CrossSigning> {
  try {
    return await signOwnDevice(client, crypto, recoveryKey);
  } catch (error) {
    return { isSigned: false, because: toDeliveryError(error).message };
  }
}

async function publishedDeviceKey(
  client: MatrixClient,
  { userId, deviceId }: MatrixAccount,
): Promise<string | undefined> {
  const { device_keys: users } = await client.http.authedRequest<{
    device_keys?: Record<string, Record<string, { keys?: Record<string, string> }>>;
  }>(Method.Post, '/keys/query', undefined, { device_keys: { [userId]: [deviceId] } });
  return users?.[userId]?.[deviceId]?.keys?.[`ed25519:${deviceId}`];
}

/** Repeats a request until the homeserver responds. Reads the access token each time. */
async function untilAnswered<Answer>(
  { account, logger, sleep, signal }: MatrixSessionOptions,
  client: MatrixClient,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      client.setAccessToken(account.accessToken.reveal());
      return await ask();
    } catch (cause) {
      signal.throwIfAborted();
      const error = toDeliveryError(cause);
      if (error instanceof FatalError) throw error;
      logger.warn({ reason: error.reason, err: error }, 'cannot connect to the homeserver, retrying');
      await sleep(backoff(attempt, FIRST_PAUSE_MS, MAX_PAUSE_MS), signal);
    }
  }
}

function watchSync(client: MatrixClient, { onSync, onFatal, rooms, onRoomUsable }: MatrixSessionOptions): void {
  client.on(ClientEvent.Sync, (state, previous) => {
    const isSyncing = state === SyncState.Syncing || state === SyncState.Prepared;
    if (isSyncing || state === SyncState.Error || state === SyncState.Reconnecting) onSync(isSyncing);
    if (!isSyncing) return;
    if (previous === SyncState.Syncing) return;
    for (const name of rooms.keys()) onRoomUsable(name);
  });
  client.on(HttpApiEvent.SessionLoggedOut, () => {
    onFatal(new FatalError('the homeserver rejected the access token. Provide a new token of the same device', 1));
  });
}

async function untilPrepared(client: MatrixClient, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onSync = (state: SyncState) => {
    if (state === SyncState.Prepared || state === SyncState.Syncing) resolve();
  };
  const onAbort = () => reject(signal.reason);
  client.on(ClientEvent.Sync, onSync);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } finally {
    client.off(ClientEvent.Sync, onSync);
    signal.removeEventListener('abort', onAbort);
  }
}
