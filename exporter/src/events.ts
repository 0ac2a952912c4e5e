import { describeProblems, type FieldProblem } from '@repo/common/field-problem';
import { describeError, type Logger } from '@repo/common/logger';
import type { GateCaps, RefusalReason } from './account/gate.ts';
import type { PollResult } from './account/poll-result.ts';
import type { RefreshOutcome } from './credentials/refresh/keep-fresh.ts';
import type { Telemetry } from './metrics/telemetry.ts';
import { describeErrors, type SchemaError } from './usage/usage-body.ts';

/** Events while the program runs. Each feeds a log line and a metric. */
export interface Events {
  /** A reload ended; with an error, the previous configuration stays in use. */
  reloaded(at: number, error?: unknown): void;
  pollFinished(account: string, result: PollResult): void;
  /** The plan was requested; `trouble` is the reason if it is still unknown. */
  planAsked(account: string, trouble: string | undefined): void;
  /** A refresh of the access token was attempted. */
  refreshed(account: string, outcome: RefreshOutcome): void;
  /** The reason that the access token is not refreshed, or `undefined`. Called at each reading of the login. */
  refreshTrouble(account: string, trouble: string | undefined): void;
  capsSet(account: string, caps: GateCaps): void;
  workRefused(account: string, reason: RefusalReason): void;
  tierFileFailed(account: string, path: string, error: unknown): void;
  statuslineRefused(problems: readonly FieldProblem[]): void;
}

/** Logs changes and not every repetition: a poll that fails for the same reason again only counts in the metrics. */
export function createEvents(logger: Logger, telemetry: Telemetry): Events {
  const lastOutcome = new Map<string, string>();
  const lastUnknown = new Map<string, string>();
  const lastErrors = new Map<string, string>();
  const lastTrouble = new Map<string, string>();
  const lastFileFailure = new Map<string, string>();
  let lastRefusal = '';

  const changed = (memory: Map<string, string>, account: string, value: string) => {
    const before = memory.get(account);
    memory.set(account, value);
    return before !== value;
  };

  function logSchemaErrors(account: string, errors: readonly SchemaError[]): void {
    const messages = describeErrors(errors);
    if (!changed(lastErrors, account, messages) || messages === '') return;
    logger.warn({ account, errors: messages }, 'parts of the usage response could not be parsed');
  }

  function logUnknownKeys(account: string, unknownKeys: readonly string[]): void {
    const keys = unknownKeys.join(', ');
    if (!changed(lastUnknown, account, keys) || keys === '') return;
    logger.warn({ account, keys }, 'unknown keys in the usage response');
  }

  return {
    reloaded(at, error) {
      telemetry.reloaded(error === undefined, at);
      if (error === undefined) logger.info('configuration reloaded');
      else logger.error({ err: error }, 'configuration reload failed, keeping the previous one');
    },
    planAsked(account, trouble) {
      if (trouble === undefined) logger.debug({ account }, 'plan requested');
      else logger.info({ account, detail: trouble }, 'plan request failed, next attempt tomorrow');
    },
    refreshed(account, outcome) {
      telemetry.countRefresh(account, outcome);
      if (outcome === 'success') logger.info({ account }, 'access token refreshed');
      else logger.debug({ account, outcome }, 'access token refresh failed');
    },
    refreshTrouble(account, trouble = '') {
      if (!changed(lastTrouble, account, trouble) || trouble === '') return;
      logger.warn({ account, detail: trouble }, 'access token not refreshed');
    },
    pollFinished(account, { state, outcome, requested, durationMs, schemaErrors }) {
      telemetry.countPoll(account, outcome);
      if (requested) telemetry.observeRequest(durationMs / 1000);
      for (const { section } of schemaErrors) telemetry.countSchemaError(account, section);

      const news = changed(lastOutcome, account, outcome);
      if (outcome === 'success') {
        const windows = state.snapshot?.windows.length;
        logger[news ? 'info' : 'debug']({ account, windows, durationMs }, 'usage polled');
      } else {
        const detail = state.lastPoll?.detail;
        const until = state.blockedUntil === undefined ? {} : { until: new Date(state.blockedUntil).toISOString() };
        logger[news ? 'warn' : 'debug']({ account, outcome, detail, ...until }, 'poll failed');
      }
      if (outcome === 'success' || outcome === 'wrong_shape') logSchemaErrors(account, schemaErrors);
      if (outcome === 'success') logUnknownKeys(account, state.snapshot?.unknownKeys ?? []);
    },
    capsSet: (account, { sessionPct, weekPct }) =>
      logger.info({ account, session: sessionPct ?? 'off', week: weekPct ?? 'off' }, 'gate caps set'),
    workRefused(account, reason) {
      telemetry.countRefusal(account, reason);
      logger.debug({ account, reason }, 'new work refused');
    },
    tierFileFailed(account, path, error) {
      const reason = describeError(error);
      if (!changed(lastFileFailure, account, reason)) return;
      logger.error({ account, path, reason }, 'tier file not written');
    },
    statuslineRefused(problems) {
      const reason = describeProblems(problems);
      // Claude Code sends a status line with every message, and this one is invalid each time.
      logger[reason === lastRefusal ? 'debug' : 'warn']({ reason }, 'invalid status line');
      lastRefusal = reason;
    },
  };
}
