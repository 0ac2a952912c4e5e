import { join } from 'node:path';
import type { Logger } from '@repo/common/logger';
import type { OutboundSettings } from '@repo/common/outbound/outbound';
import type { Service } from '@repo/common/service';
import { isAuthorized } from '@repo/common/web/authorization';
import { serve, type WebSettings } from '@repo/common/web/serve';
import type { WebServer } from '@repo/common/web/web-server';
import { createWriteGuard } from '@repo/common/web/write-guard';
import express, { type Express } from 'express';
import { type History, openHistory } from './account/history.ts';
import { loadKnownAccount } from './account/known-account.ts';
import { createAccountStore } from './account-store.ts';
import { keepTierFiles } from './api/tier-files.ts';
import type { Config } from './config.ts';
import { mayBeOwned } from './credentials/credential-source.ts';
import { openCredentials } from './credentials/open-credentials.ts';
import { createEvents, type Events } from './events.ts';
import { createTelemetry, type Telemetry } from './metrics/telemetry.ts';
import { createCurves } from './page/usage-curves.ts';
import { runPoller } from './poll/poller.ts';
import { replaceFile } from './replace-file.ts';
import { createRoutes } from './routes.ts';
import { createStatuslineIntake } from './statusline/statusline-intake.ts';
import { listenForStatuslines } from './statusline/statusline-socket.ts';

export interface ExporterSettings {
  readonly web: WebSettings;
  readonly storagePath: string;
  readonly requestTimeoutMs: number;
  /** Where a pod finds its ServiceAccount; by default, where Kubernetes puts it. */
  readonly serviceAccountDirectory?: string;
}

/** The outside world, as the program uses it. */
export interface Ports {
  readonly now: () => number;
  readonly random: () => number;
  readonly createFetch: (settings: OutboundSettings) => typeof fetch;
  /** The configuration as it is now. @throws ConfigError, or UnreadableFile */
  readonly readConfig: () => Config;
  /** Resolves after `ms`, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nodeVersion: string;
  readonly platform: NodeJS.Platform;
  /** For the programs that are started. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

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

/** What outlives a configuration. */
interface Lasting {
  readonly history: History;
  readonly telemetry: Telemetry;
  readonly events: Events;
  readonly reload: () => Promise<void>;
  /** Answers requests by these routes from now on, and tells where. */
  readonly publish: (routes: Express) => Promise<string>;
}

/** What a configuration has set to work; it outlives no other configuration. */
async function startWork(
  config: Config,
  { storagePath, requestTimeoutMs: timeoutMs, serviceAccountDirectory }: ExporterSettings,
  basePorts: Ports,
  { history, telemetry, events, reload, publish }: Lasting,
): Promise<Service> {
  const ports = { ...basePorts, fetch: basePorts.createFetch(config.outbound) };
  const { now, logger } = ports;
  await using started = new AsyncDisposableStack();
  const accounts = config.accounts.map((account) => ({
    account,
    known: loadKnownAccount(history, account.name, now(), config.staleAfterMs),
  }));
  const store = createAccountStore(
    config,
    accounts.map(({ known }) => known),
    history.armedAt,
    now,
  );
  const names = config.accounts.map(({ name }) => name);
  const polled = accounts.filter(({ account }) => account.polled);
  const renewed = config.accounts.filter(({ credentials }) => mayBeOwned(credentials));
  telemetry.follow({
    polled: polled.map(({ account }) => account.name),
    renewed: renewed.map(({ name }) => name),
    gated: names,
  });

  const requireWriteCredential = createWriteGuard({
    bearerTokens: () => config.apiTokens,
    setting: 'api.bearer_tokens in the configuration',
  });
  const takeStatusline = createStatuslineIntake(config, { history, store, events, now });
  // Before the pollers, so that a broken upstream shows as metrics and not as a missing target.
  const routes = createRoutes({
    store,
    telemetry,
    thresholds: config.thresholds,
    policy: config.tier.policy,
    requireWriteCredential,
    reload,
    hasWriteTokens: () => config.apiTokens.length > 0,
    curveOf: createCurves(history),
    setCaps(account, caps) {
      history.saveCaps(account, caps);
      store.setCaps(account, caps);
      events.capsSet(account, caps);
    },
    onRefusal: events.workRefused,
    takeStatusline,
    now,
    logger,
  });
  const url = await publish(routes);
  try {
    started.use(await listenForStatuslines(storagePath, takeStatusline));
  } catch (error) {
    logger.warn({ err: error }, 'status lines are taken over HTTP only: their socket fails');
  }
  logger.info({ url, accounts: names.join(',') }, 'listening');

  const stopping = new AbortController();
  const credentials = started.use(
    openCredentials(
      { oauth: config.oauth, storagePath, timeoutMs, serviceAccountDirectory },
      { ...ports, ...events, stopping: stopping.signal },
    ),
  );
  const settings = { userAgent: config.userAgent, timeoutMs };
  const pollerPorts = { ...ports, readCredentials: credentials.read, history, events, replaceState: store.replace };
  const pollers = polled.map(({ account, known }) =>
    runPoller(account, known.state, settings, pollerPorts, stopping.signal),
  );
  const tierFiles = keepTierFiles(
    config.tier,
    { ...ports, views: store.views, writeFile: replaceFile, onFailure: events.tierFileFailed },
    stopping.signal,
  );
  started.defer(async () => {
    stopping.abort();
    await Promise.allSettled([...pollers, tierFiles]);
  });

  const running = started.move();
  return {
    failed: Promise.all([...pollers, tierFiles]).then(() => new Promise<never>(() => {})),
    stop: () => running.disposeAsync(),
  };
}
