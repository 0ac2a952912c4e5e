import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openDatabase } from '@repo/common/database';
import type { Logger } from '@repo/common/logger';
import type { Service } from '@repo/common/service';
import { serve, type WebSettings } from '@repo/common/web/serve';
import { createWebApp, finishWebApp } from '@repo/common/web/web-server';
import type { BridgeConfig } from './config.ts';
import { Deliveries } from './delivery/deliveries.ts';
import { type DeliveryError, FatalError } from './delivery/delivery-error.ts';
import { createRoomStates } from './delivery/room-states.ts';
import { createTerminalRoom } from './delivery/terminal-room.ts';
import { createEvents } from './events.ts';
import { type KeyStore, openKeyStore } from './key-store/key-store.ts';
import { createObservedFetch } from './matrix/observed-fetch.ts';
import { startMatrixSession } from './matrix/session.ts';
import { createMetrics } from './metrics.ts';
import { Intake } from './outbox/intake.ts';
import { OUTBOX_MIGRATIONS, Outbox } from './outbox/outbox.ts';
import { createSeal } from './outbox/seal.ts';
import { addLandingPage } from './web/landing-page.ts';
import { addWebhookRoute, WEBHOOK_PATH } from './web/routes.ts';
import { createAuthorizer } from './web/webhook-auth.ts';

const HOUR_MS = 3_600_000;
/** Longer than the longest repeat interval in use, so that a repeated event is known to have been told. */
const CARDS_REMEMBERED_MS = 30 * 24 * HOUR_MS;

/** What the bridge needs from outside; tests pass their own. */
export interface BridgePorts {
  readonly logger: Logger;
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly newId: () => string;
  /** Resolves after `ms`, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long to wait before the next try, in milliseconds. */
  readonly retryDelay: (attempts: number, error: DeliveryError) => number;
  /** Where messages are shown when there is no Matrix account. */
  readonly terminal: (text: string) => void;
  readonly nodeVersion: string;
}

export interface BridgeOptions {
  /** The data directory; unused without a Matrix account. */
  readonly storagePath: string;
  readonly web: WebSettings;
}

export interface Bridge extends Service {
  readonly url: string;
}

/**
 * Puts the bridge together and starts it. It takes webhooks at once, durably; what is sent waits for the homeserver.
 * @throws Error when it can't even start to take webhooks
 */
export async function startBridge(config: BridgeConfig, options: BridgeOptions, ports: BridgePorts): Promise<Bridge> {
  const { logger, now } = ports;
  const { matrix, rooms } = config;
  const names = [...rooms.keys()];
  const stopping = new AbortController();
  const failure = Promise.withResolvers<never>();
  const fail = (error: unknown) => {
    stopping.abort(error);
    failure.reject(error);
  };
  // Whoever awaits `failed` comes later; until then a rejection must not count as unhandled.
  failure.promise.catch(() => {});

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

  let keyStore: KeyStore | undefined;
  const states = createRoomStates(matrix ? 'waiting for the homeserver' : 'shown in the terminal');
  const metrics = createMetrics({
    outbox,
    now,
    states,
    rooms: names,
    nodeVersion: ports.nodeVersion,
    keyRecords: () => keyStore?.records ?? 0,
  });
  const events = createEvents(logger, metrics, now);
  const deliveries = new Deliveries({ outbox, events, now, retryDelay: ports.retryDelay });
  const intake = new Intake({
    database,
    outbox,
    seal,
    now,
    remindAfterMs: config.remindAfterMs,
    roomIdOf: (room) => rooms.get(room) ?? room,
    onCommitted: (room) => deliveries.wake(room),
  });

  if (matrix) {
    keyStore = await openKeyStore({
      path: join(options.storagePath, 'keys.db'),
      onCommit: events.keyStoreCommitted,
      onCommitFailed: (cause) =>
        fail(new FatalError('the key store can not be written; nothing is sent any more', 1, cause)),
    });
    starting.defer(() => keyStore?.close());
  }

  const app = createWebApp({
    notReadyBecause: () => states.notReadyBecause(names),
    metrics: async () => ({ contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }),
  });
  addLandingPage(app, () =>
    names.map((name) => ({
      name,
      state: states.of(name),
      pending: outbox.pendingCount(name),
      buried: outbox.buried(name),
    })),
  );
  addWebhookRoute(app, {
    isAuthorized: createAuthorizer(config.webhook),
    accept: (group) => intake.accept(group, config.roomFor(group.receiver)),
    onOutcome: events.webhook,
    now,
  });
  const server = await serve(finishWebApp(app, logger), options.web, {
    logger,
    // Alertmanager has one credential to show, and that is the webhook's own.
    hasOwnCredential: ({ url }) => !config.webhook.insecure && url?.split('?')[0] === WEBHOOK_PATH,
  });
  events.listening({ url: server.url, rooms: names, stranded: outbox.rooms().filter((name) => !rooms.has(name)) });

  const running = starting.move();
  const openRooms = async () => {
    if (!matrix || !keyStore) {
      events.withoutAccount();
      return new Map(names.map((name) => [name, createTerminalRoom(name, ports.terminal)]));
    }
    const session = await startMatrixSession(
      {
        rooms,
        keyStore,
        outbox,
        logger,
        account: matrix,
        storagePath: options.storagePath,
        fetch: createObservedFetch(ports.fetch, events.requestFailed),
        newMark: ports.newId,
        sleep: ports.sleep,
        signal: stopping.signal,
        onSync: events.synced,
        onRoomUsable: (room) => deliveries.hasten(room),
        onCrossSigning: events.crossSigned,
        onFatal: fail,
      },
      running,
    );
    states.follow(session.rooms);
    events.deviceReady();
    return session.rooms;
  };
  const delivering = openRooms()
    .then((opened) => deliveries.run(opened, stopping.signal))
    .catch((error: unknown) => {
      if (!stopping.signal.aborted) fail(error);
    });

  return {
    url: server.url,
    failed: failure.promise,
    async stop() {
      stopping.abort();
      await Promise.all([server.close(), delivering]);
      await running.disposeAsync();
    },
  };
}
