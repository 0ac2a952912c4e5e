import { replaceFile } from '@repo/common/replace-file';
import type { Service } from '@repo/common/service';
import type { SecretReader } from '@repo/common/web/secret-reader';
import { createWriteGuard } from '@repo/common/web/write-guard';
import type { Express } from 'express';
import type { AccountState } from './account/account-state.ts';
import { createAccountStore } from './account/account-store.ts';
import type { Config } from './config/config.ts';
import { mayBeOwned } from './credentials/credential-source.ts';
import { openCredentials } from './credentials/read-credentials.ts';
import type { Events } from './events.ts';
import { catchUpAll } from './forecast/catch-up.ts';
import { createLiveForecasts } from './forecast/live-forecasts.ts';
import type { History } from './history/history.ts';
import { loadKnownAccount } from './history/known-account.ts';
import { createAccountBlock } from './metrics/account-block.ts';
import type { Telemetry } from './metrics/telemetry.ts';
import { runPoller } from './poll/poller.ts';
import type { ExporterSettings, Ports } from './ports.ts';
import { createStatuslineIntake } from './statusline/statusline-intake.ts';
import { listenForStatuslines } from './statusline/statusline-socket.ts';
import { keepTranscripts } from './transcripts/daemon/keep-transcripts.ts';
import { createAskClaudeCode } from './usage/claude-code/ask-claude-code.ts';
import { keepTierFiles } from './web/api/tier-files.ts';
import { createCurves } from './web/page/read-curve.ts';
import { createRoutes } from './web/routes.ts';

/** Everything that survives a reload. */
export interface SharedResources {
  readonly history: History;
  readonly telemetry: Telemetry;
  readonly events: Events;
  readonly readSecret: SecretReader;
  readonly reload: () => Promise<void>;
  /** Serves these routes instead of the previous ones, and returns the URL. */
  readonly mountRoutes: (routes: Express) => Promise<string>;
}

/** Starts everything that runs under one configuration. Stopped and rebuilt on reload. */
export async function startPipeline(
  config: Config,
  {
    storagePath,
    requestTimeoutMs: timeoutMs,
    serviceAccountDirectory,
    runbookDirectory,
    transcripts: transcriptMachine,
  }: ExporterSettings,
  basePorts: Ports,
  { history, telemetry, events, readSecret, reload, mountRoutes }: SharedResources,
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
    now,
  );
  const names = config.accounts.map(({ name }) => name);
  const polled = accounts.filter(({ account }) => account.polled);
  const refreshed = config.accounts.filter(({ credentials }) => mayBeOwned(credentials));
  telemetry.setAccounts({
    polled: polled.map(({ account }) => account.name),
    refreshed: refreshed.map(({ name }) => name),
    gated: names,
  });

  const forecasts = createLiveForecasts({ ...history.forecasts, now }, config.forecast);
  const caughtUp = new Set<string>();
  const learnHistory = (account: string): boolean => {
    const outlooks = forecasts.refresh(account, store.loginSince(account));
    if (!outlooks) return false;
    store.setOutlooks(account, outlooks);
    caughtUp.add(account);
    return true;
  };
  // Until then, polls would repeat the long turns of catchUpAll without its pauses.
  const updateForecasts = (account: string): void => {
    if (caughtUp.has(account)) learnHistory(account);
  };
  const requireWriteCredential = createWriteGuard({
    bearerTokens: () => config.api.writeTokens,
    writers: () => config.api.writers,
    readSecret,
    settings: { bearerTokens: 'api.bearer_tokens', writers: 'api.writers' },
  });
  const transcripts = transcriptMachine && keepTranscripts(config.transcripts, storagePath, transcriptMachine, ports);
  if (transcripts) started.use(transcripts);
  const takeStatusline = createStatuslineIntake(config, {
    history: {
      saveReport(account, report) {
        history.saveReport(account, report);
        updateForecasts(account);
      },
    },
    store,
    events,
    now,
  });
  // Started before the pollers, so that a broken upstream shows as metrics and not as a missing target.
  const routes = createRoutes({
    store,
    telemetry,
    renderAccounts: createAccountBlock(config, history.armedAt),
    thresholds: config.thresholds,
    policy: config.tier.policy,
    requireWriteCredential,
    reload,
    hasWriteTokens: () => config.api.writeTokens.length > 0,
    writers: () => config.api.writers,
    curveOf: createCurves(history),
    setCaps(account, caps) {
      history.saveCaps(account, caps);
      store.setCaps(account, caps);
      events.capsSet(account, caps);
    },
    onRefusal: events.workRefused,
    takeStatusline,
    transcripts,
    agents: config.transcripts.agents,
    readSecret,
    runbookDirectory,
    now,
    logger,
  });
  const url = await mountRoutes(routes);
  try {
    started.use(await listenForStatuslines(storagePath, takeStatusline));
  } catch (error) {
    logger.warn({ err: error }, 'status-line socket unavailable, accepting status lines over HTTP only');
  }
  logger.info({ url, accounts: names.join(',') }, 'listening');

  const stopping = new AbortController();
  const credentials = started.use(
    openCredentials(
      { ...config.oauth, storagePath, timeoutMs, serviceAccountDirectory },
      { ...ports, ...events, stopping: stopping.signal },
    ),
  );
  const settings = { userAgent: config.userAgent, timeoutMs };
  const replaceState = (state: AccountState): void => {
    store.replace(state);
    updateForecasts(state.account);
  };
  const askClaudeCode = createAskClaudeCode(ports.env);
  const pollerPorts = {
    ...ports,
    askClaudeCode,
    readCredentials: credentials.read,
    history,
    events,
    replaceState,
  };
  const pollers = polled.map(({ account, known }) =>
    runPoller(account, known.state, settings, pollerPorts, stopping.signal),
  );
  const forecastsReady = catchUpAll(names, learnHistory, stopping.signal);
  const tierFiles = keepTierFiles(
    config.tier,
    { ...ports, views: store.views, writeFile: replaceFile, onFailure: events.tierFileFailed },
    stopping.signal,
  );
  started.defer(async () => {
    stopping.abort();
    await Promise.allSettled([...pollers, tierFiles, forecastsReady]);
  });

  const running = started.move();
  return {
    failed: Promise.all([...pollers, tierFiles, forecastsReady]).then(() => new Promise<never>(() => {})),
    stop: () => running.disposeAsync(),
  };
}
