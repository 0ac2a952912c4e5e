import { createHash } from 'node:crypto';
import {
  type ConfigContext,
  ConfigError,
  type ConfigProblem,
  durationSchema,
  parseConfig,
  pathSchema,
  resolvePath,
  secretSchema,
  section,
} from '@repo/common/config';
import { formatDuration } from '@repo/common/duration';
import { isLoopback } from '@repo/common/web-server';
import { parse } from 'yaml';
import { z } from 'zod';
import type { CredentialSource } from './credentials.ts';
import { API_LIMITS, type PollLimits, SIMULATOR_LIMITS } from './poll-policy.ts';
import { type Thresholds, thresholdAt } from './thresholds.ts';

export interface Account {
  /** The value of the `account` label. */
  readonly name: string;
  readonly credentials: CredentialSource;
  /** Origin of the API, without a slash at the end. */
  readonly endpoint: string;
  readonly limits: PollLimits;
}

export interface Config {
  readonly accounts: readonly Account[];
  readonly thresholds: Thresholds;
  readonly userAgent: string;
  readonly staleAfterMs: number;
}

/** What the configuration may look at besides its text. */
export interface ConfigSources extends ConfigContext {
  readonly version: string;
  readonly exists: (path: string) => boolean;
}

const API = 'https://api.anthropic.com';
const DEFAULT_TOKENS_DIR = '/var/run/secrets/oauth-tokens';
const CREDENTIAL_KINDS = ['claude_config_dir', 'oauth_tokens_dir', 'access_token'] as const;

/**
 * Reads the configuration and the environment variables that it honours.
 * @throws ConfigError with every problem at once
 */
export function loadConfig(text: string, source: string, sources: ConfigSources): Config {
  const problems: ConfigProblem[] = [];
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
  if (!file || problems.length > 0) throw new ConfigError(source, problems);

  const limits = { intervalMs: file.poll.interval, ...(simulated ? SIMULATOR_LIMITS : API_LIMITS) };
  const accounts = file.accounts ?? [{ name: 'default', credentials: defaultCredentials(sources), endpoint: API }];
  return {
    accounts: accounts.map((account) => ({ ...account, limits })),
    thresholds: {
      weekly: (weeklyFromEnv ?? file.thresholds.weekly).map(thresholdAt),
      fiveHour: file.thresholds.five_hour.map(thresholdAt),
    },
    userAgent: file.poll.user_agent ?? `claude-usage-exporter/${sources.version}`,
    staleAfterMs: file.stale_after,
  };
}

function fileSchema(sources: ConfigSources, simulated: boolean) {
  return section({
    accounts: z
      .array(accountSchema(sources))
      .min(1, 'must not be empty; leave it out for the login of Claude Code')
      .superRefine(refuseDuplicates)
      .optional(),
    thresholds: section({
      weekly: percentagesSchema.default([50, 80]),
      five_hour: percentagesSchema.default([]),
    }).prefault({}),
    poll: section({
      interval: intervalSchema(simulated).prefault('5m'),
      user_agent: z
        .string()
        .regex(/^[\x20-\x7e]{1,200}$/, 'must be one line of at most 200 printable ASCII characters')
        .optional(),
    }).prefault({}),
    stale_after: durationSchema({ atMost: '7d' }).prefault('60m'),
  }).superRefine(({ poll, stale_after }, context) => {
    if (stale_after > poll.interval) return;
    const message = `is not above poll.interval (${formatDuration(poll.interval)}); the usage would vanish between two polls`;
    context.addIssue({ code: 'custom', path: ['stale_after'], message });
  });
}

function accountSchema(sources: ConfigSources) {
  return section({
    name: z
      .string()
      .superRefine((name, context) => {
        if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)) return;
        context.addIssue(
          name.includes('@')
            ? 'is an e-mail address, which metrics must not show; choose a name like "work"'
            : 'must be 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit',
        );
      })
      .optional(),
    credentials: credentialsSchema(sources),
    endpoint: endpointSchema.default(API),
  }).transform(({ name, credentials, endpoint }) => ({
    name: name ?? `account-${hashOf(credentials, endpoint)}`,
    credentials,
    endpoint,
  }));
}

function credentialsSchema(sources: ConfigSources) {
  return section({
    claude_config_dir: pathSchema(sources).optional(),
    oauth_tokens_dir: pathSchema(sources).optional(),
    access_token: secretSchema(sources).optional(),
  }).transform(({ claude_config_dir, oauth_tokens_dir, access_token }, context): CredentialSource => {
    const given = [
      ...(claude_config_dir ? [{ kind: 'claude_config_dir', directory: claude_config_dir } as const] : []),
      ...(oauth_tokens_dir ? [{ kind: 'oauth_tokens_dir', directory: oauth_tokens_dir } as const] : []),
      ...(access_token ? [{ kind: 'access_token', token: access_token } as const] : []),
    ];
    const [source, ...others] = given;
    if (source && others.length === 0) return source;
    context.addIssue(`must have exactly one of ${CREDENTIAL_KINDS.join(', ')}`);
    return z.NEVER;
  });
}

const endpointSchema = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || `${url.origin}/` !== url.href) {
    context.addIssue(`must be an origin like ${API}, without path or credentials`);
    return z.NEVER;
  }
  if (url.protocol === 'http:' && !isLoopback(hostOf(url))) {
    context.addIssue('would send the access token in clear text; use https (http is for loopback addresses only)');
  }
  return url.origin;
});

function intervalSchema(simulated: boolean) {
  const least = simulated ? 1000 : API_LIMITS.floorMs;
  return durationSchema({ atMost: '1d' }).refine(
    (ms) => ms >= least,
    simulated
      ? 'is below 1s, the least for simulators'
      : `is below ${formatDuration(least)}, the least that the API tolerates; only where every endpoint is a loopback address, 1s is allowed`,
  );
}

const percentSchema = z
  .number('must be a percentage like 80')
  .positive('must be above 0')
  .max(100, 'must not be above 100');
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

function refuseDuplicates(accounts: readonly { name: string }[], context: z.RefinementCtx): void {
  for (const [index, { name }] of accounts.entries()) {
    if (accounts.findIndex((other) => other.name === name) === index) continue;
    context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is the name of two accounts' });
  }
}

function defaultCredentials({ env, exists }: ConfigSources): CredentialSource {
  const path = (text: string) => resolvePath(text, { env, directory: '.' });
  if (env.OAUTH_TOKENS_DIR) return { kind: 'oauth_tokens_dir', directory: path(env.OAUTH_TOKENS_DIR) };
  if (exists(DEFAULT_TOKENS_DIR)) return { kind: 'oauth_tokens_dir', directory: DEFAULT_TOKENS_DIR };
  return { kind: 'claude_config_dir', directory: path(env.CLAUDE_CONFIG_DIR || env.CLAUDE_PATH || '~/.claude') };
}

function hashOf(credentials: CredentialSource, endpoint: string): string {
  const identity = credentials.kind === 'access_token' ? credentials.token.reveal() : credentials.directory;
  return createHash('sha256').update(`${credentials.kind} ${identity} ${endpoint}`).digest('hex').slice(0, 6);
}

// Looked at before the schema runs, because it decides what the schema allows.
function asksOnlySimulators(text: string): boolean {
  const endpoints = z
    .object({ accounts: z.array(z.object({ endpoint: z.url() })).min(1) })
    .safeParse(parseLoosely(text));
  return endpoints.success && endpoints.data.accounts.every(({ endpoint }) => isLoopback(hostOf(new URL(endpoint))));
}

function parseLoosely(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}
