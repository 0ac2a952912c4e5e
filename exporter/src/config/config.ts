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
  /** Whether the API is asked about it; its usage may come from elsewhere alone. */
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

/** What the configuration may look at besides its text. */
export interface ConfigSources extends ConfigContext, Machine {
  readonly version: string;
}

/**
 * Reads the configuration and the environment variables that it honours.
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
  const simulated = asksOnlySimulators(text);
  const file = collect(() => parseConfig(fileSchema(sources, simulated), text, source));
  const weeklyFromEnv = collect(() => weeklyThresholds(sources.env.WEEKLY_THRESHOLDS, source));
  const leewayMs = collect(() => leewayFromEnv(sources.env, source));
  const proxies = collect(() => readProxySettings(sources.env, source));
  collect(() => checkLoginVariables(sources.env, source));
  const accounts = file?.accounts ?? [defaultAccount(sources.env, sources)];
  if (file) problems.push(...strangersIn(file.tier.files, accounts));
  if (file) problems.push(...unknownTranscriptAccounts(file.transcripts, accounts));
  if (!file || !proxies || problems.length > 0) throw new ConfigError(source, problems);

  const limits = { intervalMs: file.poll.interval, ...(simulated ? SIMULATOR_LIMITS : API_LIMITS) };
  const ownUserAgent = `claude-usage-exporter/${sources.version}`;
  return {
    accounts: accounts.map((account) => ({ ...account, polled: account.credentials.kind !== 'none', limits })),
    thresholds: {
      weekly: (weeklyFromEnv ?? file.thresholds.weekly).map(thresholdAt),
      fiveHour: file.thresholds.five_hour.map(thresholdAt),
    },
    userAgent: file.poll.user_agent ?? ownUserAgent,
    oauth: {
      tokenEndpoint: file.oauth.token_endpoint,
      userAgent: file.oauth.user_agent ?? ownUserAgent,
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

/** The configuration file. What each key means is told by its description, which the documentation is made from. */
export function fileSchema(context: ConfigContext, simulated: boolean) {
  return section({
    accounts: accountsSchema(context)
      .optional()
      .describe('The accounts. Without this section there is one, `default`, with the login that is found first.'),
    thresholds: section({
      weekly: percentagesSchema
        .default([50, 80])
        .describe('For each window of seven days. `$WEEKLY_THRESHOLDS` goes before it.'),
      five_hour: percentagesSchema.default([]).describe('For the window of five hours.'),
    })
      .prefault({})
      .describe('Utilizations that alerts are wanted at: info below 80, warning from 80, critical from 95.'),
    poll: section({
      interval: intervalSchema(simulated)
        .prefault('5m')
        .describe('Time between two polls of an account, give or take a tenth.'),
      user_agent: userAgentSchema
        .optional()
        .describe('The User-Agent header; by default `claude-usage-exporter/` and the version.'),
    })
      .prefault({})
      .describe('How the API is asked.'),
    oauth: oauthSchema.describe("How logins of the exporter's own are renewed."),
    stale_after: durationSchema({ atMost: '7d' })
      .prefault('60m')
      .describe('How long the last good values are shown when polls fail. Must be above `poll.interval`.'),
    tier: tierSchema(context)
      .prefault({})
      .describe("How sparingly the week's budget is to be used, by the utilization of the window of seven days."),
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
      .describe('How other servers are reached. `$HTTPS_PROXY`, `$HTTP_PROXY` and `$NO_PROXY` are honoured.'),
  }).superRefine(({ poll, stale_after }, refinement) => {
    if (stale_after > poll.interval) return;
    const message = `is not above poll.interval (${formatDuration(poll.interval)}); the usage would vanish between two polls`;
    refinement.addIssue({ code: 'custom', path: ['stale_after'], message });
  });
}

function strangersIn(files: TierConfig['files'], accounts: readonly AccountConfig[]): FieldProblem[] {
  const names = accounts.map(({ name }) => name);
  return Object.keys(files)
    .filter((name) => !names.includes(name))
    .map((name) => ({ path: `tier.files.${name}`, message: `is no account; there are ${names.join(', ')}` }));
}

function intervalSchema(simulated: boolean) {
  const least = simulated ? 1000 : API_LIMITS.floorMs;
  const schema = durationSchema({ atMost: '1d' }).refine(
    (ms) => ms >= least,
    simulated
      ? 'is below 1s, the least for simulators'
      : `is below ${formatDuration(least)}, the least that the API tolerates; only where every endpoint is a loopback address, 1s is allowed`,
  );
  return schema.meta({ form: `duration, at least ${formatDuration(least)}, at most 1d` });
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
  const message = `${JSON.stringify(text.slice(0, 80))} must be percentages above 0 and up to 100 with commas between, like "50,80"`;
  throw new ConfigError(source, [{ path: 'environment variable WEEKLY_THRESHOLDS', message }]);
}

function sortedOnce(percentages: readonly number[]): number[] {
  return [...new Set(percentages)].sort((a, b) => a - b);
}

// Looked at before the schema runs, because it decides what the schema allows.
function asksOnlySimulators(text: string): boolean {
  const schema = z.object({ accounts: z.array(z.object({ endpoint: z.url() })).min(1) });
  const { success, data } = schema.safeParse(parseLoosely(text));
  return success && data.accounts.every(({ endpoint }) => isSimulator(endpoint));
}

function parseLoosely(text: string): unknown {
  try {
    // Its warnings would go to the terminal, with the lines that they are about.
    return parse(text, { logLevel: 'error' });
  } catch {
    return undefined;
  }
}
