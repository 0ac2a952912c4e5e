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
import { runPoller } from './poller.ts';
import { createRoutes } from './routes.ts';
import { createTelemetry } from './telemetry.ts';

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
  const accounts = config.accounts.map((account) => ({ account, state: history.loadState(account.name, now()) }));
  const states = accounts.map(({ state }) => state);
  const store = createAccountStore(config, states, history.armedAt, now);
  const names = config.accounts.map(({ name }) => name);
  const polled = accounts.filter(({ account }) => account.polled);
  const renewed = config.accounts.filter(({ credentials }) => mayBeOwned(credentials));
  const telemetry = createTelemetry(
    polled.map(({ account }) => account.name),
    ports.nodeVersion,
    renewed.map(({ name }) => name),
  );
  const events = createEvents(logger, telemetry);

  const requireWriteCredential = createWriteGuard({
    bearerTokens: () => config.apiTokens,
    setting: 'api.bearer_tokens in the configuration',
  });
  // Before the pollers, so that a broken upstream shows as metrics and not as a missing target.
  const server = await listen(
    createRoutes({ store, telemetry, thresholds: config.thresholds, requireWriteCredential, now, logger }),
    listenAddress,
  );
  started.defer(() => server.close());
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
  const pollers = polled.map(({ account, state }) => runPoller(account, state, settings, pollerPorts, stopping.signal));
  started.defer(async () => {
    stopping.abort();
    await Promise.allSettled(pollers);
  });

  const running = started.move();
  return {
    url: server.url,
    failed: Promise.all(pollers).then(() => new Promise<never>(() => {})),
    stop: () => running.disposeAsync(),
  };
}
