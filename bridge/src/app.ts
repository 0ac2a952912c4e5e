import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openDatabase } from '@repo/common/database';
import type { Logger } from '@repo/common/logger';
import { limitAnswers } from '@repo/common/outbound/answer-limits';
import type { Service } from '@repo/common/service';
import { createSecretReader } from '@repo/common/web/secret-reader';
import { serve, type WebSettings } from '@repo/common/web/serve';
import { createWebApp, finishWebApp } from '@repo/common/web/web-server';
import { HeartbeatMonitor } from './alerts/heartbeat-monitor.ts';
import type { BridgeConfig } from './config.ts';
import { Deliveries } from './delivery/deliveries.ts';
import type { DeliveryError } from './delivery/delivery-error.ts';
import { createRoomStates } from './delivery/room-states.ts';
import { createTerminalRoom } from './delivery/terminal-room.ts';
import { createEvents } from './events.ts';
import { FatalError } from './fatal-error.ts';
import { type KeyStore, openKeyStore } from './key-store/key-store.ts';
import { createHomeserverFetch } from './matrix/homeserver-fetch.ts';
import { RoomIds } from './matrix/room-ids.ts';
import { startMatrixSession } from './matrix/session.ts';
import { render } from './message/render.ts';
import { Cards } from './outbox/cards.ts';
import { Intake } from './outbox/intake.ts';
import { Outbox } from './outbox/outbox.ts';
import { OUTBOX_SCHEMA } from './outbox/schema.ts';
import { createSeal } from './outbox/seal.ts';
import { addHeartbeatRoute, HEARTBEAT_PATH } from './web/heartbeat-route.ts';
import { addLandingPage } from './web/landing-page.ts';
import { createMetrics } from './web/metrics-registry.ts';
import { createAuthorizer } from './web/webhook-auth.ts';
import { addWebhookRoute, WEBHOOK_PATH } from './web/webhook-route.ts';

const HOUR_MS = 3_600_000;
/** A chart has a few hundred points. Later messages of the card wait for it. */
const PROMETHEUS_LIMITS = { maxBytes: 4 * 1024 * 1024, timeoutMs: 5_000 };
/** A request that is aborted when the program stops is repeated under the same transaction ID after the next start. */
const REQUESTS_FINISH_WITHIN_MS = 2_000;
/** Longer than any common repeat_interval, so that a repeated notification is still recognized. */
const CARDS_REMEMBERED_MS = 30 * 24 * HOUR_MS;

/** Side effects of the bridge; tests inject their own. */
export interface BridgePorts {
  readonly logger: Logger;
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly newId: () => string;
  /** Resolves after `ms`, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Delay before the next attempt, in milliseconds. */
  readonly retryDelay: (attempts: number, error: DeliveryError) => number;
  /** Prints messages when no Matrix account is configured. */
  readonly terminal: (text: string) => void;
  readonly nodeVersion: string;
}

export interface BridgeOptions {
  /** The data directory; not used without a Matrix account. */
  readonly storagePath: string;
  readonly web: WebSettings;
}

export interface Bridge extends Service {
  readonly url: string;
}

/**
 * Starts the bridge. It accepts webhooks immediately and stores them; delivery starts when the homeserver is reachable.
 * @throws Error if it cannot accept webhooks
 */
export async function startBridge(config: BridgeConfig, options: BridgeOptions, ports: BridgePorts): Promise<Bridge> {
  const { logger, now } = ports;
  const { matrix, rooms } = config;
  const names = [...rooms.keys()];
  const stopping = new AbortController();
  const requests = new AbortController();
  const failure = Promise.withResolvers<never>();
  const fail = (error: unknown) => {
    stopping.abort(error);
    failure.reject(error);
  };
  // `failed` is awaited later; an earlier rejection must not count as unhandled.
  failure.promise.catch(() => {});

  await using starting = new AsyncDisposableStack();
  // Without an account there is no storage key, so nothing is stored on disk.
  const database = openDatabase(matrix ? join(options.storagePath, 'outbox.db') : ':memory:', {
    ...OUTBOX_SCHEMA,
    synchronous: 'FULL',
  });
  starting.defer(() => database.close());
  const seal = createSeal(matrix?.storageKey ?? randomBytes(32));
  const outbox = new Outbox(database, seal, ports.newId);
  const cards = new Cards(database, seal);
  const roomIds = new RoomIds(
    [...rooms].map(([name, { id }]) => [name, id]),
    outbox,
  );

  let keyStore: KeyStore | undefined;
  const states = createRoomStates({ account: matrix !== undefined });
  const metrics = createMetrics({
    outbox,
    now,
    states,
    rooms: names,
    heartbeats: config.heartbeats.map(({ name }) => name),
    nodeVersion: ports.nodeVersion,
    keyRecords: () => keyStore?.records ?? 0,
  });
  const events = createEvents({ logger, metrics, states, roomIds, now });
  const forgetOldCards = () => {
    try {
      cards.forget(now() - CARDS_REMEMBERED_MS);
    } catch (error) {
      events.housekeepingFailed(error);
    }
  };
  forgetOldCards();
  const housekeeping = setInterval(forgetOldCards, HOUR_MS);
  starting.defer(() => clearInterval(housekeeping));
  const prometheusFetch = limitAnswers(ports.fetch, PROMETHEUS_LIMITS);
  const deliveries = new Deliveries({
    outbox,
    cards,
    events,
    now,
    retryDelay: ports.retryDelay,
    async drawChart(room, alert) {
      const { timeZone = 'UTC' } = rooms.get(room) ?? {};
      const { prometheusUrl } = config;
      if (prometheusUrl === undefined) return undefined;
      const { drawAlertChart } = await import('./message/chart/draw-alert-chart.ts');
      return await drawAlertChart(alert, { prometheusUrl, timeZone, now: now(), fetch: prometheusFetch });
    },
    render(room, source) {
      const { timeZone = 'UTC' } = rooms.get(room) ?? {};
      return render(source, { timeZone, severities: config.severities, now: now() });
    },
  });
  const intake = new Intake({
    database,
    outbox,
    cards,
    seal,
    now,
    remindAfterMs: config.remindAfterMs,
    roomIdOf: (room) => roomIds.idOf(room),
    severities: config.severities,
    hasCharts: config.prometheusUrl !== undefined,
    onCommitted: (room) => deliveries.wake(room),
  });

  if (matrix) {
    keyStore = await openKeyStore({
      path: join(options.storagePath, 'keys.db'),
      onCommit: events.keyStoreCommitted,
      onCommitFailed: (cause) =>
        fail(
          new FatalError(
            'cannot write to the key store, so nothing can be sent. Check the disk of --storage.path',
            1,
            cause,
          ),
        ),
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
  const heartbeats = new HeartbeatMonitor(config.heartbeats, {
    now,
    sleep: ports.sleep,
    announce: (group, room) => intake.accept(group, room),
    onSignal: events.heartbeat,
    onMissing: events.heartbeatMissing,
    onAnnounceFailed: events.heartbeatNotAnnounced,
  });
  const isAuthorized = createAuthorizer(config.webhook, createSecretReader(logger));
  addHeartbeatRoute(app, { isAuthorized, signal: (name) => heartbeats.signal(name) });
  addWebhookRoute(app, {
    isAuthorized,
    accept: (group) => intake.accept(group, config.roomFor(group.receiver)),
    onOutcome: events.webhook,
    now,
  });
  const server = await serve(finishWebApp(app, logger), options.web, {
    logger,
    // Alertmanager sends one credential only: that of the webhook.
    hasOwnCredential({ url }) {
      const [path = ''] = url?.split('?') ?? [];
      return !config.webhook.insecure && (path === WEBHOOK_PATH || path.startsWith(HEARTBEAT_PATH));
    },
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
        rooms: roomIds,
        devices: config.devices,
        keyStore,
        outbox,
        logger,
        account: matrix,
        storagePath: options.storagePath,
        fetch: createHomeserverFetch(ports.fetch, { onFailure: events.requestFailed, signal: requests.signal }),
        newMark: ports.newId,
        sleep: ports.sleep,
        signal: stopping.signal,
        events: { ...events, fatal: fail, usable: (room) => deliveries.retryNow(room) },
      },
      running,
    );
    states.setRooms(session.rooms);
    events.deviceReady();
    return session.rooms;
  };
  const watching = heartbeats.run(stopping.signal);
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
      const impatience = setTimeout(() => requests.abort(new Error('stopping')), REQUESTS_FINISH_WITHIN_MS);
      await Promise.all([server.close(), delivering, watching]);
      clearTimeout(impatience);
      await running.disposeAsync();
    },
  };
}
