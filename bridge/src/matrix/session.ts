import { join } from 'node:path';
import { backoff } from '@repo/common/backoff';
import type { Logger } from '@repo/common/logger';
import type { MatrixClient } from 'matrix-js-sdk';
import type { CryptoBackend } from 'matrix-js-sdk/lib/common-crypto/CryptoBackend.js';
import { FatalError } from '../fatal-error.ts';
import type { KeyStore } from '../key-store/key-store.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { abortable } from './abortable.ts';
import type { MatrixAccount } from './account-config.ts';
import { type CrossSigning, signOwnDevice } from './cross-signing.ts';
import { createDeviceClient, openCrypto } from './device-client.ts';
import { readDevicePin, writeDevicePin } from './device-pin.ts';
import type { DevicePolicy } from './device-policy.ts';
import { loadAttachmentEncryption } from './encrypt-attachment.ts';
import { EncryptedRoom } from './encrypted-room.ts';
import type { GuardEvents } from './guarded-fetch.ts';
import { toDeliveryError } from './homeserver-error.ts';
import { checkKeys, checkNewDevice, checkPin, checkWhoami } from './identity-check.ts';
import { fetchPublishedKeys } from './published-keys.ts';
import { advanceEpoch } from './rollback-check.ts';
import type { RoomIds } from './room-ids.ts';
import { RoomKeeper, type RoomKeeperEvents } from './room-keeper.ts';
import { redirectSdkConsole } from './sdk-logger.ts';
import { type SyncEvents, untilPrepared, watchSync } from './sync.ts';
import { createSyncFilter } from './sync-filter.ts';
import { waitForFreshSync } from './sync-mark.ts';
import { countUnsignedDevices } from './unsigned-devices.ts';

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
const FIRST_SIGNING_PAUSE_MS = 2_000;
const MAX_SIGNING_PAUSE_MS = 600_000;
const DEVICES_COUNTED_AFTER_MS = 60_000;
const DEVICES_COUNTED_EVERY_MS = 600_000;

export interface MatrixSessionOptions {
  readonly account: MatrixAccount;
  readonly devices: DevicePolicy;
  readonly rooms: RoomIds;
  readonly storagePath: string;
  readonly keyStore: KeyStore;
  readonly outbox: Outbox;
  readonly logger: Logger;
  readonly fetch: typeof fetch;
  readonly newMark: () => string;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly events: MatrixSessionEvents;
}

export interface MatrixSessionEvents extends RoomKeeperEvents, GuardEvents {
  syncChanged(isSyncing: boolean): void;
  crossSigned(result: CrossSigning): void;
  unsignedDevices(counted: { room: string; devices: number }): void;
}

/** A checked device whose sync is up to date. */
export interface MatrixSession {
  readonly rooms: ReadonlyMap<string, EncryptedRoom>;
}

/**
 * Starts the Matrix device. The order matters: the identity is checked before keys are published, device lists are marked
 * dirty before the first sync, and nothing is sent before the sync is up to date. Waits while the homeserver is
 * unreachable.
 * @throws FatalError if the identity is rejected, or the signal's reason
 */
export function startMatrixSession(
  options: MatrixSessionOptions,
  cleanup: AsyncDisposableStack,
): Promise<MatrixSession> {
  // The SDK's own retries cannot be interrupted.
  return abortable(start(options, cleanup), options.signal);
}

async function start(options: MatrixSessionOptions, cleanup: AsyncDisposableStack): Promise<MatrixSession> {
  const { account, keyStore, outbox, signal, rooms: ids, events } = options;
  const pinFile = join(options.storagePath, 'device.json');
  const pin = readDevicePin(pinFile);
  checkPin(pin, account, keyStore.isNew);
  advanceEpoch(keyStore, outbox);

  redirectSdkConsole(options.logger);
  const client = createDeviceClient(account, options);
  const published = await untilAnswered(options, client, async () => {
    checkWhoami(account, await client.whoami());
    return await fetchPublishedKeys(client, account);
  });
  checkNewDevice(account.deviceId, keyStore.isNew, published.deviceKey);

  const crypto = await openCrypto(client, account, options.devices);
  cleanup.defer(() => client.stopClient());
  const { ed25519 } = await crypto.getOwnDeviceKeys();
  checkKeys(account.deviceId, ed25519, { pinned: pin?.ed25519, published: published.deviceKey });
  if (!pin) writeDevicePin(pinFile, { userId: account.userId, deviceId: account.deviceId, ed25519 });

  // The first sync after a restart does not report new devices (js-sdk#4591).
  await crypto.markAllTrackedUsersAsDirty();
  watchSync(client, syncEvents(options));
  const filter = createSyncFilter(account.userId, options.newMark());
  await client.startClient({ filter, initialSyncLimit: 1, lazyLoadMembers: true, disablePresence: true });
  await untilPrepared(client);
  await untilAnswered(options, client, () => waitForFreshSync(client, options.newMark(), signal));
  await keepSigned(options, () => signOwnDevice(client, crypto, account.recoveryKey));
  const keeper = new RoomKeeper({ client, ids, events, sleep: options.sleep, signal });
  const sessionKey = (roomId: string) => `last_session ${roomId}`;
  const lastSession = {
    get: (roomId: string) => outbox.getMeta(sessionKey(roomId)),
    set: (roomId: string, sessionId: string) => outbox.setMeta(sessionKey(roomId), sessionId),
  };
  const encryptAttachment = await loadAttachmentEncryption();
  const rooms = ids.names.map((name) => {
    const own = { roomId: () => ids.idOf(name), problem: () => keeper.problemOf(name) };
    return [name, new EncryptedRoom({ client, crypto, lastSession, encryptAttachment, ...own })] as const;
  });
  keeper.start();
  void watchDevices(options, client, crypto).catch(() => {});
  return { rooms: new Map(rooms) };
}

function syncEvents({ events, rooms }: MatrixSessionOptions): SyncEvents {
  return {
    changed: events.syncChanged,
    recovered: () => rooms.names.forEach(events.usable),
    fatal: events.fatal,
  };
}

/** Signs the device. A failure must not prevent delivery, so it is retried in the background. */
async function keepSigned(
  { events, sleep, signal }: MatrixSessionOptions,
  sign: () => Promise<CrossSigning>,
): Promise<void> {
  const attempt = async () => {
    const result = await sign().catch((error: unknown) => ({
      isSigned: false as const,
      because: toDeliveryError(error).message,
      canRetry: true,
    }));
    events.crossSigned(result);
    return !result.isSigned && result.canRetry;
  };
  const retry = async () => {
    for (let failures = 1; !signal.aborted; failures++) {
      await sleep(backoff(failures, FIRST_SIGNING_PAUSE_MS, MAX_SIGNING_PAUSE_MS), signal);
      if (!(await attempt())) return;
    }
  };
  // The sleep rejects when the program stops.
  if (await attempt()) void retry().catch(() => {});
}

/** Counts devices without a signature of their owner, now and then. Rejects when the program stops. */
async function watchDevices(
  { rooms, events, sleep, signal, logger }: MatrixSessionOptions,
  client: MatrixClient,
  crypto: CryptoBackend,
): Promise<void> {
  for (let pauseMs = DEVICES_COUNTED_AFTER_MS; ; pauseMs = DEVICES_COUNTED_EVERY_MS) {
    await sleep(pauseMs, signal);
    for (const room of rooms.names) {
      try {
        events.unsignedDevices({ room, devices: await countUnsignedDevices(client, crypto, rooms.idOf(room)) });
      } catch (error) {
        logger.debug({ room, err: error }, 'cannot count unsigned devices');
      }
    }
  }
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
