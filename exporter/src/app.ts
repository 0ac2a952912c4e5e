import { join } from 'node:path';
import type { Service } from '@repo/common/service';
import { isAuthorized } from '@repo/common/web/authorization';
import { serve } from '@repo/common/web/serve';
import type { WebServer } from '@repo/common/web/web-server';
import express, { type Express } from 'express';
import type { Config } from './config/config.ts';
import { createEvents } from './events.ts';
import { openHistory } from './history/history.ts';
import { createTelemetry } from './metrics/telemetry.ts';
import { startWork } from './pipeline.ts';
import type { ExporterSettings, Ports } from './ports.ts';

export interface Exporter extends Service {
  readonly url: string;
  /** @throws ConfigError, or UnreadableFile, when the configuration before stays in use */
  reload(): Promise<void>;
}

/** Puts the exporter together and starts it. What is started is stopped in reverse order. */
export async function startExporter(config: Config, settings: ExporterSettings, ports: Ports): Promise<Exporter> {
  const { now, logger } = ports;
  await using started = new AsyncDisposableStack();
  const history = started.use(openHistory(join(settings.storagePath, 'history.sqlite'), now()));
  const telemetry = createTelemetry(ports.nodeVersion);
  const events = createEvents(logger, telemetry);
  const failure = Promise.withResolvers<never>();
  // Whoever awaits `failed` comes later; until then a rejection must not count as unhandled.
  failure.promise.catch(() => {});

  let current = config;
  let routes: Express | undefined;
  let server: WebServer | undefined;
  const front = express()
    .disable('x-powered-by')
    .use((request, response, next) => routes?.(request, response, next));
  const begin = async (next: Config): Promise<Service> => {
    const work = await startWork(next, settings, ports, {
      history,
      telemetry,
      events,
      reload: () => reload(),
      async publish(answers) {
        [routes, current] = [answers, next];
        server ??= await serve(front, settings.web, {
          logger,
          // Reads without a credential must not depend on files of tokens.
          hasOwnCredential: ({ headers: { authorization } }) =>
            authorization !== undefined && isAuthorized(authorization, { bearerTokens: current.apiTokens }),
        });
        return server.url;
      },
    });
    work.failed.catch(failure.reject);
    return work;
  };
  started.defer(() => server?.close());
  let work = await begin(config);
  started.defer(() => work.stop());
  telemetry.reloaded(true, now());

  const replaceWork = async () => {
    try {
      const [before, next] = [current, ports.readConfig()];
      await work.stop();
      work = await begin(next).catch(async (error) => {
        work = await begin(before).catch((fatal) => {
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
  // One at a time: a configuration is not replaced while another is, nor while everything stops.
  let isStopping = false;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (action: () => Promise<void>): Promise<void> => {
    const done = last.then(action);
    last = done.catch(() => undefined);
    return done;
  };
  const reload = async () => {
    if (isStopping) throw new Error('the program is stopping');
    await inTurn(replaceWork);
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
