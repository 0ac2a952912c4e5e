import type { Express, RequestHandler } from 'express';
import { ConfigError, UnreadableFile } from '../config.ts';
import { sendProblem } from './web-server.ts';

/**
 * Adds `POST /-/reload`, as Prometheus has it, for those who may write: 200 when the configuration as it is now is in
 * use, 422 with all its problems when it is bad and the one before stays.
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
      const title = 'Bad configuration';
      if (error instanceof UnreadableFile) sendProblem(response, { status: 422, title, detail: error.message });
      else if (error instanceof ConfigError) {
        const detail = 'the configuration before stays in use';
        sendProblem(response, { status: 422, title, detail, errors: error.problems });
      } else throw error;
    }
  });
}
