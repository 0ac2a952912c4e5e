import { join } from 'node:path';
import type { Logger } from '@repo/common/logger';
import type { Service } from '@repo/common/service';
import { type ListenAddress, listen } from '@repo/common/web-server';
import { createWriteGuard } from '@repo/common/write-guard';
import { createAccountStore } from './account-store.ts';
import type { Config } from './config.ts';
import { mayBeOwned } from './credentials/credential-source.ts';
import { openCredentials } from './credentials/open-credentials.ts';
import { createEvents } from './events.ts';
import { openHistory } from './history.ts';
import { loadKnownAccount } from './known-account.ts';
import { runPoller } from './poller.ts';
import { replaceFile } from './replace-file.ts';
import { createRoutes } from './routes.ts';
import { createStatuslineIntake } from './statusline-intake.ts';
import { listenForStatuslines } from './statusline-socket.ts';
import { createTelemetry } from './telemetry.ts';
import { keepTierFiles } from './tier-files.ts';

export interface ExporterSettings {
  readonly listenAddress: ListenAddress;
  readonly storagePath: string;
  readonly requestTimeoutMs: number;
  /** Where a pod finds its ServiceAccount; by default, where Kubernetes puts it. */
  readonly serviceAccountDirectory?: string;
}

/** The outside world, as the program uses it. */
export interface Ports {
  readonly now: () => number;
  readonly random: () => number;
  readonly fetch: typeof fetch;
  /** Resolves after `ms`, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nodeVersion: string;
  readonly platform: NodeJS.Platform;
  /** For the programs that are started. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

/** Puts the exporter together and starts it. What is started is stopped in reverse order. */
export async function startExporter(
  config: Config,
  { listenAddress, storagePath, requestTimeoutMs: timeoutMs, serviceAccountDirectory }: ExporterSettings,
  ports: Ports,
): Promise<Service & { readonly url: string }> {
  const { now, logger } = ports;
  await using started = new AsyncDisposableStack();

  const history = started.use(openHistory(join(storagePath, 'history.sqlite'), now()));
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
  const telemetry = createTelemetry(
    polled.map(({ account }) => account.name),
    ports.nodeVersion,
    renewed.map(({ name }) => name),
    names,
  );
  const events = createEvents(logger, telemetry);

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
  const server = await listen(routes, listenAddress);
  started.defer(() => server.close());
  try {
    started.use(await listenForStatuslines(storagePath, takeStatusline));
  } catch (error) {
    logger.warn({ err: error }, 'status lines are taken over HTTP only: their socket fails');
  }
  logger.info({ url: server.url, accounts: names.join(',') }, 'listening');

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
    url: server.url,
    failed: Promise.all([...pollers, tierFiles]).then(() => new Promise<never>(() => {})),
    stop: () => running.disposeAsync(),
  };
}
