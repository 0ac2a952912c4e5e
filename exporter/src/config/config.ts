import {
  type ConfigContext,
  ConfigError,
  durationSchema,
  parseConfig,
  secretSchema,
  section,
} from '@repo/common/config';
import { formatDuration } from '@repo/common/duration';
import type { FieldProblem } from '@repo/common/field-problem';
import { type OutboundSettings, outboundSchema } from '@repo/common/outbound/outbound';
import { readProxySettings } from '@repo/common/outbound/proxy';
import type { Secret } from '@repo/common/secret';
import { parse } from 'yaml';
import { z } from 'zod';
import { API_LIMITS, type PollLimits, SIMULATOR_LIMITS } from '../account/poll-policy.ts';
import { type Thresholds, thresholdAt } from '../usage/thresholds.ts';
import { type AccountConfig, accountsSchema, defaultAccount } from './account-config.ts';
import { checkLoginVariables, type Machine } from './default-login.ts';
import { isSimulator } from './endpoint.ts';
import { forecastSchema } from './forecast-config.ts';
import { leewayFromEnv, type OauthConfig, oauthSchema, userAgentSchema } from './oauth-config.ts';
import { type TierConfig, tierSchema } from './tier-config.ts';
import { type TranscriptsConfig, transcriptsSchema, unknownTranscriptAccounts } from './transcripts-config.ts';

export interface Account extends AccountConfig {
  /** False for an account without a login, whose usage is only reported by Claude Code. */
  readonly polled: boolean;
  readonly limits: PollLimits;
}

export interface Config {
  readonly accounts: readonly Account[];
  readonly thresholds: Thresholds;
  readonly userAgent: string;
  readonly oauth: OauthConfig;
  readonly staleAfterMs: number;
  readonly api: ApiConfig;
  readonly tier: TierConfig;
  readonly transcripts: TranscriptsConfig;
  readonly forecast: { readonly linearHours: number };
  readonly outbound: OutboundSettings;
}

/** Credentials of the HTTP API. */
export interface ApiConfig {
  /** Tokens that may read and write. */
  readonly writeTokens: readonly Secret[];
  /** Tokens that may only read. */
  readonly readTokens: readonly Secret[];
  /** Users of the web configuration, and names in client certificates, that may write. */
  readonly writers: readonly string[];
}

/** The sources of the configuration besides its text. */
export interface ConfigSources extends ConfigContext, Machine {
  readonly version: string;
}

/**
 * Reads the configuration and the environment variables that override it.
 * @throws ConfigError with every problem at once
 */
export function loadConfig(text: string, source: string, sources: ConfigSources): Config {
  const problems: FieldProblem[] = [];
  const collect = <Value>(read: () => Value): Value | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const simulated = usesOnlySimulators(text);
  const file = collect(() => parseConfig(fileSchema(sources, simulated), text, source));
  const weeklyFromEnv = collect(() => weeklyThresholds(sources.env.WEEKLY_THRESHOLDS, source));
  const leewayMs = collect(() => leewayFromEnv(sources.env, source));
  const proxies = collect(() => readProxySettings(sources.env, source));
  collect(() => checkLoginVariables(sources.env, source));
  const accounts = file?.accounts ?? [defaultAccount(sources.env, sources)];
  if (file) problems.push(...unknownAccounts(file.tier.files, accounts));
  if (file) problems.push(...unknownTranscriptAccounts(file.transcripts, accounts));
  if (!file || !proxies || problems.length > 0) throw new ConfigError(source, problems);

  const limits = { intervalMs: file.poll.interval, ...(simulated ? SIMULATOR_LIMITS : API_LIMITS) };
  const defaultUserAgent = `claude-usage-exporter/${sources.version}`;
  return {
    accounts: accounts.map((account) => ({ ...account, polled: account.credentials.kind !== 'none', limits })),
    thresholds: {
      weekly: (weeklyFromEnv ?? file.thresholds.weekly).map(thresholdAt),
      fiveHour: file.thresholds.five_hour.map(thresholdAt),
    },
    userAgent: file.poll.user_agent ?? defaultUserAgent,
    oauth: {
      tokenEndpoint: file.oauth.token_endpoint,
      userAgent: file.oauth.user_agent ?? defaultUserAgent,
      refreshLeewayMs: leewayMs ?? file.oauth.refresh_leeway,
    },
    staleAfterMs: file.stale_after,
    api: { writeTokens: file.api.bearer_tokens, readTokens: file.api.read_tokens, writers: file.api.writers },
    tier: file.tier,
    transcripts: file.transcripts,
    forecast: { linearHours: file.forecast.linear_range / 3_600_000 },
    outbound: { ca: file.http.ca_file, proxies },
  };
}

/** The configuration file. The documentation is generated from the descriptions. */
export function fileSchema(context: ConfigContext, simulated: boolean) {
  return section({
    accounts: accountsSchema(context)
      .optional()
      .describe('The accounts. Defaults to one account, `default`, with the first login that is found.'),
    thresholds: section({
      weekly: percentagesSchema
        .default([50, 80])
        .describe('For each seven-day window. Overridden by `$WEEKLY_THRESHOLDS`.'),
      five_hour: percentagesSchema.default([]).describe('For the five-hour window.'),
    })
      .prefault({})
      .describe('Utilization thresholds for alerts: info below 80, warning from 80, critical from 95.'),
    poll: section({
      interval: intervalSchema(simulated)
        .prefault('5m')
        .describe('Time between two polls of an account, with 10 % jitter.'),
      user_agent: userAgentSchema
        .optional()
        .describe('The User-Agent header. Defaults to `claude-usage-exporter/` plus the version.'),
    })
      .prefault({})
      .describe('Requests to the usage API.'),
    oauth: oauthSchema.describe('Refresh of dedicated logins.'),
    stale_after: durationSchema({ atMost: '7d' })
      .prefault('60m')
      .describe('Time that the last good values remain visible while polls fail. Must be longer than `poll.interval`.'),
    tier: tierSchema(context).prefault({}).describe('Tier of an account, by the utilization of its seven-day window.'),
    transcripts: transcriptsSchema(context)
      .prefault({})
      .describe('Tokens, costs and sessions from the transcripts that Claude Code keeps on this machine.'),
    forecast: forecastSchema.prefault({}).describe('How the exhaustion of windows is predicted.'),
    api: section({
      bearer_tokens: z
        .array(secretSchema(context))
        .default([])
        .describe('Bearer tokens that may read and write: set caps, reload, send status lines.'),
      read_tokens: z
        .array(secretSchema(context))
        .default([])
        .describe('Bearer tokens that may only read, which includes asking the gate.'),
      writers: z
        .array(z.string().min(1))
        .default([])
        .describe(
          'Users of `basic_auth_users` in the web config file, and subject alternative names of client certificates, that may write. All others may only read.',
        ),
    })
      .prefault({})
      .describe('Credentials of the HTTP API. If no writer is configured, nobody can write.'),
    http: outboundSchema(context)
      .prefault({})
      .describe('Requests to other servers. `$HTTPS_PROXY`, `$HTTP_PROXY` and `$NO_PROXY` apply.'),
  }).superRefine(({ poll, stale_after }, refinement) => {
    if (stale_after > poll.interval) return;
    const message = `must be longer than poll.interval (${formatDuration(poll.interval)}); otherwise the usage would vanish between two polls`;
    refinement.addIssue({ code: 'custom', path: ['stale_after'], message });
  });
}

function unknownAccounts(files: TierConfig['files'], accounts: readonly AccountConfig[]): FieldProblem[] {
  const names = accounts.map(({ name }) => name);
  return Object.keys(files)
    .filter((name) => !names.includes(name))
    .map((name) => ({
      path: `tier.files.${name}`,
      message: `is not an account; the accounts are ${names.join(', ')}`,
    }));
}

function intervalSchema(simulated: boolean) {
  const min = simulated ? 1000 : API_LIMITS.floorMs;
  const schema = durationSchema({ atMost: '1d' }).refine(
    (ms) => ms >= min,
    simulated
      ? 'must be at least 1s'
      : `must be at least ${formatDuration(min)}, because the API blocks more frequent requests; 1s is allowed if every endpoint is a loopback address`,
  );
  return schema.meta({ form: `duration, at least ${formatDuration(min)}, at most 1d` });
}

const percentSchema = z
  .number('must be a percentage like 80')
  .positive('must be above 0')
  .max(100, 'must not be above 100')
  .meta({ form: 'percentage above 0' });
const percentagesSchema = z.array(percentSchema, 'must be a list of percentages like [50, 80]').transform(sortedOnce);

function weeklyThresholds(text: string | undefined, source: string): number[] | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const parsed = z.array(percentSchema).safeParse(text.split(',').map((part) => Number(part.trim() || Number.NaN)));
  if (parsed.success) return sortedOnce(parsed.data);
  const message = `${JSON.stringify(text.slice(0, 80))} must be percentages above 0 and up to 100, separated by commas, like "50,80"`;
  throw new ConfigError(source, [{ path: 'environment variable WEEKLY_THRESHOLDS', message }]);
}

function sortedOnce(percentages: readonly number[]): number[] {
  return [...new Set(percentages)].sort((a, b) => a - b);
}

// Checked before the schema runs, because it decides the limits in the schema.
function usesOnlySimulators(text: string): boolean {
  const schema = z.object({ accounts: z.array(z.object({ endpoint: z.url() })).min(1) });
  const { success, data } = schema.safeParse(parseLoosely(text));
  return success && data.accounts.every(({ endpoint }) => isSimulator(endpoint));
}

function parseLoosely(text: string): unknown {
  try {
    // Warnings would be printed to the terminal, with the lines that they quote.
    return parse(text, { logLevel: 'error' });
  } catch {
    return undefined;
  }
}
