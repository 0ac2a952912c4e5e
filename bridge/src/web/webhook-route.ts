import { sendProblem } from '@repo/common/web/web-server';
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { AlertGroup } from '../alerts/alert-group.ts';
import { parseWebhook, WebhookError } from '../alerts/webhook-body.ts';
import type { IntakeOutcome } from '../outbox/intake.ts';

/** Alertmanager does not retry after a 4xx, so the limit is generous. */
const BODY_LIMIT = '32mb';

export const WEBHOOK_PATH = '/api/v1/alerts';

export type WebhookOutcome = IntakeOutcome | 'unauthorized' | 'malformed' | 'too_large' | 'unavailable';

export interface WebhookRoute {
  readonly isAuthorized: (header: string) => boolean;
  /** Resolves when the notification is on disk. */
  readonly accept: (group: AlertGroup) => Promise<IntakeOutcome>;
  readonly onOutcome: (outcome: {
    receiver: string | undefined;
    outcome: WebhookOutcome;
    durationMs: number;
    error?: unknown;
  }) => void;
  readonly now: () => number;
}

/** Adds `POST /api/v1/alerts`: 200 if the notification is on disk, 503 if a retry can help, 4xx if it cannot. */
export function addWebhookRoute(app: Express, { isAuthorized, accept, onOutcome, now }: WebhookRoute): void {
  const path = WEBHOOK_PATH;
  app.post(path, (request, response, next) => {
    response.locals.startedAt = now();
    if (isAuthorized(request.get('authorization') ?? '')) return next();
    onOutcome({ receiver: undefined, outcome: 'unauthorized', durationMs: 0 });
    response.set('WWW-Authenticate', 'Bearer');
    sendProblem(response, {
      status: 401,
      title: 'Unauthorized',
      detail: 'the Authorization header contains no credential that is configured under webhook',
    });
  });
  app.post(path, express.raw({ type: () => true, limit: BODY_LIMIT }), async (request, response) => {
    const elapsed = () => now() - response.locals.startedAt;
    const body: unknown = request.body;
    let group: AlertGroup;
    try {
      group = parseWebhook(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
    } catch (error) {
      if (!(error instanceof WebhookError)) throw error;
      onOutcome({ receiver: undefined, outcome: 'malformed', durationMs: elapsed(), error });
      const errors = error.problems.length === 0 ? {} : { errors: error.problems };
      sendProblem(response, { status: 400, title: 'Invalid notification', detail: error.message, ...errors });
      return;
    }
    try {
      const outcome = await accept(group);
      onOutcome({ receiver: group.receiver, outcome, durationMs: elapsed() });
      response.json({ outcome });
    } catch (error) {
      onOutcome({ receiver: group.receiver, outcome: 'unavailable', durationMs: elapsed(), error });
      sendProblem(response, { status: 503, title: 'Not stored', detail: 'cannot write to the outbox, retry later' });
    }
  });
  // Only errors of the body parser. All others are answered with 500, so that Alertmanager retries.
  const unreadable: ErrorRequestHandler = (error, _request, response, next) => {
    if (response.headersSent || !(error?.status >= 400 && error.status < 500)) return next(error);
    const tooLarge = error?.type === 'entity.too.large';
    onOutcome({ receiver: undefined, outcome: tooLarge ? 'too_large' : 'malformed', durationMs: 0, error });
    if (tooLarge)
      sendProblem(response, { status: 413, title: 'Too large', detail: `the body is larger than ${BODY_LIMIT}` });
    else sendProblem(response, { status: 400, title: 'Invalid notification', detail: 'cannot read the body' });
  };
  app.use(path, unreadable);
}
