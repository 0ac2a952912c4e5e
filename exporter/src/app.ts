import { join } from 'node:path';
import type { Service } from '@repo/common/service';
import { isAuthorized } from '@repo/common/web/authorization';
import { createSecretReader } from '@repo/common/web/secret-reader';
import { serve } from '@repo/common/web/serve';
import type { WebServer } from '@repo/common/web/web-server';
import express, { type Express } from 'express';
import type { Config } from './config/config.ts';
import { createEvents } from './events.ts';
import { openHistory } from './history/history.ts';
import { lockStorage } from './history/storage-lock.ts';
import { createTelemetry } from './metrics/telemetry.ts';
import { startPipeline } from './pipeline.ts';
import type { ExporterSettings, Ports } from './ports.ts';
import { isSyncPath } from './web/api/transcript-routes.ts';

export interface Exporter extends Service {
  readonly url: string;
  /** @throws ConfigError or UnreadableFile if the previous configuration stays in use */
  reload(): Promise<void>;
}

/** Builds the exporter and starts it. Everything started is stopped in reverse order. */
export async function startExporter(config: Config, settings: ExporterSettings, ports: Ports): Promise<Exporter> {
  const { now, logger } = ports;
  await using started = new AsyncDisposableStack();
  started.use(lockStorage(settings.storagePath));
  const history = started.use(openHistory(join(settings.storagePath, 'history.sqlite'), now()));
  const telemetry = createTelemetry(ports.nodeVersion);
  const events = createEvents(logger, telemetry);
  const readSecret = createSecretReader(logger);
  const failure = Promise.withResolvers<never>();
  // `failed` is awaited later; until then a rejection must not count as unhandled.
  failure.promise.catch(() => {});

  let current = config;
  let routes: Express | undefined;
  let server: WebServer | undefined;
  const front = express()
    .disable('x-powered-by')
    .use((request, response, next) => routes?.(request, response, next));
  const start = async (next: Config): Promise<Service> => {
    const pipeline = await startPipeline(next, settings, ports, {
      history,
      telemetry,
      events,
      readSecret,
      reload: () => reload(),
      async mountRoutes(mounted) {
        [routes, current] = [mounted, next];
        server ??= await serve(front, settings.web, {
          logger,
          hasOwnCredential: ({ url = '', headers: { authorization } }) => {
            // Reads without a credential must not depend on token files.
            if (authorization === undefined) return false;
            const { writeTokens, readTokens } = current.api;
            // An agent may send, and nothing else.
            const agents = isSyncPath(url) ? current.transcripts.agents.map(({ token }) => token) : [];
            return isAuthorized(
              authorization,
              { bearerTokens: [...writeTokens, ...readTokens, ...agents] },
              readSecret,
            );
          },
        });
        return server.url;
      },
    });
    pipeline.failed.catch(failure.reject);
    return pipeline;
  };
  started.defer(() => server?.close());
  let pipeline = await start(config);
  started.defer(() => pipeline.stop());
  telemetry.reloaded(true, now());

  const replacePipeline = async () => {
    try {
      const [previous, next] = [current, ports.readConfig()];
      await pipeline.stop();
      pipeline = await start(next).catch(async (error) => {
        pipeline = await start(previous).catch((fatal) => {
          failure.reject(fatal);
          throw fatal;
        });
        throw error;
      });
      events.reloaded(now());
    } catch (error) {
      events.reloaded(now(), error);
      throw error;
    }
  };
  const running = started.move();
  // One at a time: reloads do not overlap, neither with each other nor with the stop.
  let isStopping = false;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (action: () => Promise<void>): Promise<void> => {
    const done = last.then(action);
    last = done.catch(() => undefined);
    return done;
  };
  const reload = async () => {
    if (isStopping) throw new Error('the program is stopping');
    await inTurn(replacePipeline);
  };
  return {
    url: server?.url ?? '',
    failed: failure.promise,
    reload,
    stop() {
      isStopping = true;
      return inTurn(() => running.disposeAsync());
    },
  };
}
