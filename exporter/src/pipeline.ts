import { replaceFile } from '@repo/common/replace-file';
import type { Service } from '@repo/common/service';
import { createWriteGuard } from '@repo/common/web/write-guard';
import type { Express } from 'express';
import { createAccountStore } from './account/account-store.ts';
import type { Config } from './config/config.ts';
import { mayBeOwned } from './credentials/credential-source.ts';
import { openCredentials } from './credentials/open-credentials.ts';
import type { Events } from './events.ts';
import type { History } from './history/history.ts';
import { loadKnownAccount } from './history/known-account.ts';
import type { Telemetry } from './metrics/telemetry.ts';
import { runPoller } from './poll/poller.ts';
import type { ExporterSettings, Ports } from './ports.ts';
import { createStatuslineIntake } from './statusline/statusline-intake.ts';
import { listenForStatuslines } from './statusline/statusline-socket.ts';
import { keepTierFiles } from './web/api/tier-files.ts';
import { createCurves } from './web/page/read-curve.ts';
import { createRoutes } from './web/routes.ts';

/** What outlives a configuration. */
export interface Lasting {
  readonly history: History;
  readonly telemetry: Telemetry;
  readonly events: Events;
  readonly reload: () => Promise<void>;
  /** Answers requests by these routes from now on, and tells where. */
  readonly publish: (routes: Express) => Promise<string>;
}

/** What a configuration has set to work; it outlives no other configuration. */
export async function startWork(
  config: Config,
  { storagePath, requestTimeoutMs: timeoutMs, serviceAccountDirectory }: ExporterSettings,
  basePorts: Ports,
  { history, telemetry, events, reload, publish }: Lasting,
): Promise<Service> {
  await using started = new AsyncDisposableStack();
  const ports = { ...basePorts, fetch: started.use(basePorts.createFetch(config.outbound)) };
  const { now, logger } = ports;
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
