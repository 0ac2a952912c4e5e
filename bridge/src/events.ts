import { createEpisodes } from '@repo/common/episodes';
import type { Logger } from '@repo/common/logger';
import type { ConnectionFailureReason } from '@repo/common/outbound/connection-failure';
import type { DeliveryEvents } from './delivery/room-delivery.ts';
import type { RoomStates } from './delivery/room-states.ts';
import type { RoomIds } from './matrix/room-ids.ts';
import type { MatrixSessionEvents } from './matrix/session.ts';
import { type Metrics, WITHHELD_CODES } from './web/metrics-registry.ts';
import type { WebhookRoute } from './web/webhook-route.ts';

/** Further receivers share the label value `other`. */
const MAX_RECEIVERS = 100;
const MAX_RECEIVER_CHARACTERS = 100;

/** Rejected webhooks are one log line until none has been rejected for this long. */
const QUIET_MS = 60_000;
/** Anybody can cause the first, and Alertmanager repeats the second: each may be many a second. */
const isEpisode = (outcome: string) => outcome === 'unauthorized' || outcome === 'unavailable';

/** One function per event. Each one updates the log and the metrics. */
export interface BridgeEvents extends DeliveryEvents, Omit<MatrixSessionEvents, 'fatal' | 'usable'> {
  webhook: WebhookRoute['onOutcome'];
  listening(server: { url: string; rooms: readonly string[]; stranded: readonly string[] }): void;
  withoutAccount(): void;
  deviceReady(): void;
  housekeepingFailed(error: unknown): void;
  heartbeat(name: string, at: number): void;
  heartbeatMissing(name: string): void;
  heartbeatNotAnnounced(name: string, error: unknown): void;
  /** A request to the homeserver received no complete response. The caller logs what it was for. */
  requestFailed(reason: ConnectionFailureReason): void;
  keyStoreCommitted(durationMs: number): void;
}

export interface EventSinks {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly states: Pick<RoomStates, 'setDeliveryFailure' | 'setSyncing'>;
  readonly roomIds: Pick<RoomIds, 'namesOf'>;
  readonly now: () => number;
}

export function createEvents({ logger, metrics, states, roomIds, now }: EventSinks): BridgeEvents {
  const receivers = new Set<string>();
  const receiverLabel = (receiver = '') => {
    if (receivers.size < MAX_RECEIVERS && receiver.length <= MAX_RECEIVER_CHARACTERS) receivers.add(receiver);
    return receivers.has(receiver) ? receiver : 'other';
  };
  const beginsEpisode = createEpisodes({
    quietMs: QUIET_MS,
    ended: (outcome, count) => logger.info({ outcome, count }, 'webhooks are no longer rejected'),
  });
  // An outage is logged when it starts, when its cause changes and when it ends, not on every attempt.
  const lastError = new Map<string, string>();
  const codeLabel = (code: string) => (WITHHELD_CODES.some((known) => known === code) ? code : 'other');
  return {
    webhook({ receiver, outcome, durationMs, error }) {
      metrics.webhooks.inc({ receiver: receiverLabel(receiver), outcome });
      if (outcome === 'accepted' || outcome === 'duplicate') {
        metrics.webhookDuration.observe(durationMs / 1000);
        logger.debug({ receiver, outcome }, 'webhook stored');
      } else if (isEpisode(outcome) && !beginsEpisode(outcome)) {
        logger.debug({ receiver, outcome }, 'webhook rejected');
      } else if (outcome === 'unavailable') logger.error({ receiver, outcome, err: error }, 'webhook rejected');
      else logger.warn({ receiver, outcome, ...(error === undefined ? {} : { err: error }) }, 'webhook rejected');
    },
    delivered({ room, kind, acceptedAt, attempts, eventId }) {
      states.setDeliveryFailure(room, undefined);
      metrics.deliveries.inc({ room, kind, outcome: 'sent' });
      metrics.deliveryDuration.observe({ room }, (now() - acceptedAt) / 1000);
      logger.debug({ room, kind, attempts, event_id: eventId }, 'message delivered');
      if (lastError.delete(room)) logger.info({ room, attempts }, 'delivery recovered');
    },
    postponed({ room, kind, reason, error, delayMs, holdsRoom }) {
      metrics.deliveries.inc({ room, kind, outcome: 'retried' });
      metrics.deliveryFailures.inc({ room, reason });
      if (reason === 'rate_limited') metrics.rateLimitedUntil.set((now() + delayMs) / 1000);
      else if (holdsRoom) states.setDeliveryFailure(room, `${reason}: ${error}`);
      const level = lastError.get(room) === error ? 'debug' : 'warn';
      lastError.set(room, error);
      logger[level]({ room, kind, reason, err: error, retry_in_ms: Math.round(delayMs) }, 'delivery failed, retrying');
    },
    buried({ room, kind, reason, error }) {
      metrics.deliveries.inc({ room, kind, outcome: 'buried' });
      metrics.deliveryFailures.inc({ room, reason });
      logger.error({ room, kind, err: error }, 'message rejected by the homeserver, giving up');
    },
    chartLeftOut({ room, error }) {
      logger.warn({ room, err: error }, 'chart left out');
    },
    renderFailed({ room, error }) {
      logger.error({ room, err: error }, 'rendering failed, sending a plain message');
    },
    listening({ url, rooms, stranded }) {
      logger.info({ url, rooms: rooms.join(',') }, 'taking webhooks');
      for (const room of stranded) {
        logger.warn({ room }, 'pending messages for a room that is not configured');
      }
    },
    withoutAccount() {
      logger.warn('no Matrix account configured, printing messages in the terminal');
    },
    deviceReady() {
      logger.info('Matrix device ready');
    },
    crossSigned(result) {
      metrics.deviceCrossSigned.set(Number(result.isSigned));
      if (result.isSigned) logger.info({ how: result.how }, 'Matrix device is cross-signed');
      else
        logger.warn(
          { because: result.because },
          'Matrix device is not cross-signed, clients may warn about its messages or hide them',
        );
    },
    joinFailed({ roomId, error, delayMs }) {
      logger.warn({ room_id: roomId, err: error, retry_in_ms: Math.round(delayMs) }, 'cannot join the room, retrying');
    },
    upgraded({ roomId, replacement }) {
      logger.info({ room_id: roomId, replacement }, 'room was upgraded, using its replacement');
    },
    upgradeRejected({ roomId, replacement }) {
      logger.error({ room_id: roomId, replacement }, 'room upgrade rejected: not created by an admin of the room');
    },
    keysWithheld({ roomId, code, devices }) {
      for (const room of roomIds.namesOf(roomId)) metrics.keysWithheld.inc({ room, code: codeLabel(code) }, devices);
    },
    unsignedDevices({ room, devices }) {
      metrics.unsignedDevices.set({ room }, devices);
    },
    requestFailed(reason) {
      metrics.homeserverFailures.inc({ reason });
    },
    syncChanged(isSyncing) {
      states.setSyncing(isSyncing);
      if (isSyncing) metrics.syncLastSuccess.set(now() / 1000);
    },
    heartbeat(name, at) {
      metrics.heartbeatLast.set({ name }, at / 1000);
    },
    heartbeatMissing(name) {
      logger.warn({ heartbeat: name }, 'heartbeat missing');
    },
    heartbeatNotAnnounced(name, error) {
      logger.error({ heartbeat: name, err: error }, 'cannot store the message about a missing heartbeat, retrying');
    },
    housekeepingFailed(error) {
      logger.error({ err: error }, 'deleting old cards failed');
    },
    keyStoreCommitted(durationMs) {
      metrics.cryptoCommits.inc();
      metrics.cryptoCommitDuration.observe(durationMs / 1000);
      if (durationMs > 100) logger.warn({ duration_ms: Math.round(durationMs) }, 'slow key store commit');
    },
  };
}
