import type { Express, RequestHandler } from 'express';
import { ConfigError, UnreadableFile } from '../config.ts';
import { sendProblem } from './web-server.ts';

/**
 * Adds `POST /-/reload`, as in Prometheus, for callers that may write. Answers 200 if the current configuration is applied,
 * and 422 with all its problems if it is invalid and the previous one is kept.
 */
export function addReloadRoute(
  app: Express,
  requireWriteCredential: RequestHandler,
  reload: () => Promise<void>,
): void {
  app.post('/-/reload', requireWriteCredential, async (_request, response) => {
    try {
      await reload();
      response.type('text/plain').send('Reloaded.\n');
    } catch (error) {
      const title = 'Invalid configuration';
      if (error instanceof UnreadableFile) sendProblem(response, { status: 422, title, detail: error.message });
      else if (error instanceof ConfigError) {
        const detail = 'the previous configuration is kept';
        sendProblem(response, { status: 422, title, detail, errors: error.problems });
      } else throw error;
    }
  });
}
