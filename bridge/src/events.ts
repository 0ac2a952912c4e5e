import type { Logger } from '@repo/common/logger';
import type { ConnectionFailureReason } from '@repo/common/outbound/connection-failure';
import type { DeliveryEvents } from './delivery/room-delivery.ts';
import type { CrossSigning } from './matrix/cross-signing.ts';
import type { Metrics } from './metrics.ts';
import type { WebhookRoute } from './web/routes.ts';

/** Receiver names beyond this many share one label value, first come, first served. */
const MOST_RECEIVERS = 100;

/** One function for each thing that happens: it tells the log and the metrics together. */
export interface BridgeEvents extends DeliveryEvents {
  webhook: WebhookRoute['onOutcome'];
  listening(server: { url: string; rooms: readonly string[]; stranded: readonly string[] }): void;
  withoutAccount(): void;
  deviceReady(): void;
  crossSigned(result: CrossSigning): void;
  synced(): void;
  /** A request to the homeserver got no answer; what it was for is told by whoever sent it. */
  requestFailed(reason: ConnectionFailureReason): void;
  keyStoreCommitted(durationMs: number): void;
}

export function createEvents(logger: Logger, metrics: Metrics, now: () => number): BridgeEvents {
  const receivers = new Set<string>();
  const receiverLabel = (receiver = '') => {
    if (receivers.size < MOST_RECEIVERS) receivers.add(receiver);
    return receivers.has(receiver) ? receiver : 'other';
  };
  // An outage makes one line when it begins, when its cause changes, and when it ends; not one a try.
  const lastError = new Map<string, string>();
  return {
    webhook({ receiver, outcome, durationMs, error }) {
      metrics.webhooks.inc({ receiver: receiverLabel(receiver), outcome });
      metrics.webhookDuration.observe(durationMs / 1000);
      if (outcome === 'accepted' || outcome === 'duplicate') logger.debug({ receiver, outcome }, 'webhook');
      else if (outcome === 'unavailable') logger.error({ receiver, outcome, err: error }, 'webhook refused');
      else logger.warn({ receiver, outcome, ...(error === undefined ? {} : { err: error }) }, 'webhook refused');
    },
    delivered({ room, kind, acceptedAt, attempts, eventId }) {
      metrics.deliveries.inc({ room, kind, outcome: 'sent' });
      metrics.deliveryDuration.observe({ room }, (now() - acceptedAt) / 1000);
      logger.debug({ room, kind, attempts, event_id: eventId }, 'message delivered');
      if (lastError.delete(room)) logger.info({ room, attempts }, 'messages are delivered again');
    },
    postponed({ room, kind, reason, error, delayMs }) {
      metrics.deliveries.inc({ room, kind, outcome: 'retried' });
      if (reason === 'rate_limited') metrics.rateLimitedUntil.set((now() + delayMs) / 1000);
      const level = lastError.get(room) === error ? 'debug' : 'warn';
      lastError.set(room, error);
      logger[level]({ room, kind, reason, err: error, retry_in_ms: Math.round(delayMs) }, 'message not delivered yet');
    },
    buried({ room, kind, error }) {
      metrics.deliveries.inc({ room, kind, outcome: 'buried' });
      logger.error({ room, kind, err: error }, 'message buried: the homeserver will never take it');
    },
    renderFailed({ room, error }) {
      logger.error({ room, err: error }, 'rendering failed; a plain message is sent instead');
    },
    listening({ url, rooms, stranded }) {
      logger.info({ url, rooms: rooms.join(',') }, 'taking webhooks');
      for (const room of stranded) {
        logger.warn(
          { room },
          'messages wait for a room that is not configured; they go out when it is configured again',
        );
      }
    },
    withoutAccount() {
      logger.warn('no Matrix account is configured: messages are shown in this terminal only, and not kept');
    },
    deviceReady() {
      logger.info('the device is ready; messages are sent');
    },
    crossSigned(result) {
      metrics.deviceCrossSigned.set(Number(result.isSigned));
      if (result.isSigned) logger.info({ how: result.how }, 'the device is cross-signed');
      else
        logger.warn(
          { because: result.because },
          'the device is not cross-signed: clients warn of its messages, or hide them',
        );
    },
    requestFailed(reason) {
      metrics.homeserverFailures.inc({ reason });
    },
    synced() {
      metrics.syncLastSuccess.set(now() / 1000);
    },
    keyStoreCommitted(durationMs) {
      metrics.cryptoCommits.inc();
      metrics.cryptoCommitDuration.observe(durationMs / 1000);
      if (durationMs > 100) logger.warn({ duration_ms: Math.round(durationMs) }, 'the disk of the key store is slow');
    },
  };
}
