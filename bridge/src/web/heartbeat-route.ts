import { sendProblem } from '@repo/common/web/web-server';
import express, { type Express } from 'express';

/** Prefix of the heartbeat's paths. */
export const HEARTBEAT_PATH = '/api/v1/heartbeat/';

/** A Watchdog notification has a few KiB. */
const BODY_LIMIT = '1mb';

export interface HeartbeatRoute {
  readonly isAuthorized: (header: string) => boolean;
  /** Returns false for a name that is not configured. Rejects if the announcement could not be stored. */
  readonly signal: (name: string) => Promise<boolean>;
}

/**
 * Adds `POST /api/v1/heartbeat/NAME`. Alertmanager can send its Watchdog alert here; the end of that alert is not a signal.
 */
export function addHeartbeatRoute(app: Express, { isAuthorized, signal }: HeartbeatRoute): void {
  const body = express.raw({ type: () => true, limit: BODY_LIMIT });
  app.post(`${HEARTBEAT_PATH}:name`, body, async (request, response) => {
    if (!isAuthorized(request.get('authorization') ?? '')) {
      response.set('WWW-Authenticate', 'Bearer');
      const detail = 'the Authorization header contains no credential that is configured under webhook';
      sendProblem(response, { status: 401, title: 'Unauthorized', detail });
      return;
    }
    if (isResolved(request.body)) {
      response.json({ signal: false });
      return;
    }
    try {
      if (await signal(request.params.name)) response.json({ signal: true });
      else
        sendProblem(response, {
          status: 404,
          title: 'Not found',
          detail: 'this heartbeat is not configured under heartbeats',
        });
    } catch {
      sendProblem(response, { status: 503, title: 'Not stored', detail: 'cannot write to the outbox, retry later' });
    }
  });
}

function isResolved(body: unknown): boolean {
  if (!Buffer.isBuffer(body) || body.length === 0) return false;
  try {
    return (JSON.parse(body.toString('utf8')) as { status?: unknown } | null)?.status === 'resolved';
  } catch {
    return false;
  }
}
