import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@repo/common/database';
import type { Logger } from '@repo/common/logger';
import type { Service } from '@repo/common/service';
import { createWebApp, finishWebApp, type ListenAddress, listen } from '@repo/common/web-server';
import type { BridgeConfig, MatrixAccount } from './config.ts';
import { Delivery } from './delivery.ts';
import { type DeliveryError, FatalError } from './delivery-error.ts';
import { createEvents } from './events.ts';
import { Intake } from './intake.ts';
import { openKeyStore } from './key-store/key-store.ts';
import { renderLandingPage } from './landing-page.ts';
import { type MatrixSession, startMatrixSession } from './matrix/session.ts';
import { createMetrics } from './metrics.ts';
import { OUTBOX_MIGRATIONS, Outbox } from './outbox.ts';
import { retryDelay } from './retry.ts';
import type { RoomPort } from './room-port.ts';
import { addWebhookRoute } from './routes.ts';
import { createSeal } from './seal.ts';
import { createTerminalRoom } from './terminal-room.ts';
import { createAuthorizer } from './webhook-auth.ts';

const HOUR_MS = 3_600_000;
/** Longer than the longest repeat interval in use, so that a repeated event is known to have been told. */
const CARDS_REMEMBERED_MS = 30 * 24 * HOUR_MS;
const LONGEST_CONNECT_PAUSE_MS = 30_000;

/** What the bridge needs from outside; tests pass their own. */
export interface BridgePorts {
  readonly logger: Logger;
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly newId: () => string;
  readonly retryDelay: (attempts: number, error: DeliveryError) => number;
  /** Where messages are shown when there is no Matrix account. */
  readonly terminal: (text: string) => void;
}

export interface BridgeOptions {
  /** The data directory; unused without a Matrix account. */
  readonly storagePath: string;
  readonly listenAddress: ListenAddress;
}

export interface Bridge extends Service {
  readonly url: string;
}

export const systemPorts = (logger: Logger, terminal: (text: string) => void): BridgePorts => ({
  logger,
  terminal,
  fetch: globalThis.fetch,
  now: Date.now,
  newId: () => globalThis.crypto.randomUUID(),
  retryDelay: (attempts, error) => retryDelay(attempts, error, Math.random()),
});

/**
 * Puts the bridge together and starts it. It takes webhooks at once, durably; what is sent waits for the homeserver.
 * @throws Error when it can't even start to take webhooks
 */
export async function startBridge(config: BridgeConfig, options: BridgeOptions, ports: BridgePorts): Promise<Bridge> {
  const { logger, now } = ports;
  const { matrix } = config;
  const roomNames = [...config.rooms.keys()];
  await using starting = new AsyncDisposableStack();

  // Without an account nothing needs to outlive the process, and there is no key to keep it unreadable with.
  const database = openDatabase(matrix ? join(options.storagePath, 'outbox.db') : ':memory:', {
    migrations: OUTBOX_MIGRATIONS,
    synchronous: 'FULL',
  });
  starting.defer(() => database.close());
  const seal = createSeal(matrix?.storageKey ?? randomBytes(32));
  const outbox = new Outbox(database, seal, ports.newId);
  const forgetOldCards = () => outbox.forgetCards(now() - CARDS_REMEMBERED_MS);
  forgetOldCards();
  const housekeeping = setInterval(forgetOldCards, HOUR_MS);
  starting.defer(() => clearInterval(housekeeping));
  for (const room of outbox.rooms().filter((name) => !config.rooms.has(name))) {
    logger.warn(
      { room },
      'messages wait for a room that is no longer configured; they go out when it is configured again',
    );
  }

  let session: MatrixSession | undefined;
  const stopping = new AbortController();
  const failure = Promise.withResolvers<never>();
  const fail = (error: unknown) => {
    stopping.abort(error);
    failure.reject(error);
  };
  const keyStore =
    matrix &&
    (await openKeyStore({
      path: join(options.storagePath, 'keys.db'),
      onCommit: (durationMs) => events.keyStoreCommitted(durationMs),
      onCommitFailed: (error) =>
        fail(new FatalError('the key store can not be written; nothing is sent any more', 1, error)),
    }));
  if (keyStore) starting.defer(() => keyStore.close());

  const metrics = createMetrics({
    outbox,
    now,
    rooms: roomNames,
    keyRecords: () => keyStore?.records ?? 0,
    isJoined: (room) => session?.rooms.get(room)?.isJoined ?? false,
    isEncrypted: (room) => session?.rooms.get(room)?.isEncrypted ?? false,
  });
  const events = createEvents(logger, metrics, now);
  const deliveries = new Map<string, Delivery>();
  const intake = new Intake({
    database,
    outbox,
    seal,
    now,
    remindAfterMs: config.remindAfterMs,
    onCommitted: (room) => deliveries.get(room)?.wake(),
  });

  const stateOf = (room: string): string => {
    if (!matrix) return 'shown in the terminal';
    if (!session) return 'waiting for the homeserver';
    if (!session.rooms.get(room)?.isJoined) return 'not joined';
    return session.rooms.get(room)?.isEncrypted ? 'joined, encrypted' : 'not encrypted';
  };
  const app = createWebApp({
    notReadyBecause: () => {
      const room = roomNames.find((name) => !['joined, encrypted', 'shown in the terminal'].includes(stateOf(name)));
      return room === undefined ? undefined : `room ${room}: ${stateOf(room)}`;
    },
    metrics: async () => ({ contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }),
  });
  app.get('/', (_request, response) => {
    const rooms = roomNames.map((name) => ({
      name,
      state: stateOf(name),
      pending: outbox.pending(name).reduce((sum, { count }) => sum + count, 0),
      buried: outbox.buried(name),
    }));
    response
      .set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(renderLandingPage(rooms));
  });
  addWebhookRoute(app, {
    isAuthorized: createAuthorizer(config.webhook),
    accept: (group) => intake.accept(group, config.roomFor(group.receiver)),
    onOutcome: events.webhook,
    now,
  });
  const server = await listen(finishWebApp(app, logger), options.listenAddress);
  logger.info({ url: server.url, rooms: roomNames.join(' ') }, 'taking webhooks');
  const cleanup = starting.move();

  const connect = async (account: MatrixAccount): Promise<ReadonlyMap<string, RoomPort>> => {
    if (!keyStore) throw new Error('an account without a key store');
    session = await startMatrixSession(
      {
        account,
        keyStore,
        outbox,
        logger,
        rooms: config.rooms,
        storagePath: options.storagePath,
        fetch: ports.fetch,
        newMark: ports.newId,
        pause: (attempt) =>
          sleep(Math.min(1000 * 2 ** (attempt - 1), LONGEST_CONNECT_PAUSE_MS), undefined, { signal: stopping.signal }),
        signal: stopping.signal,
        onSync: events.synced,
        onRoomUsable: (room) => {
          outbox.hasten(room, now());
          deliveries.get(room)?.wake();
        },
        onFatal: fail,
      },
      cleanup,
    );
    logger.info('the device is ready; messages are sent');
    return session.rooms;
  };
  const deliverUntilStopped = async () => {
    if (!matrix) logger.warn('no Matrix account is configured: messages are shown in this terminal only, and not kept');
    const rooms = matrix
      ? await connect(matrix)
      : new Map(roomNames.map((name) => [name, createTerminalRoom(name, ports.terminal)]));
    for (const [room, port] of rooms) {
      deliveries.set(room, new Delivery({ room, port, outbox, events, now, retryDelay: ports.retryDelay }));
    }
    await Promise.all([...deliveries.values()].map((delivery) => delivery.run(stopping.signal)));
  };
  const delivering = deliverUntilStopped().catch((error: unknown) => {
    if (!stopping.signal.aborted) fail(error);
  });
  // Whoever awaits `failed` comes later; until then the rejection must not count as unhandled.
  failure.promise.catch(() => {});

  return {
    url: server.url,
    failed: failure.promise,
    async stop() {
      stopping.abort();
      await Promise.all([server.close(), delivering]);
      await cleanup.disposeAsync();
    },
  };
}
