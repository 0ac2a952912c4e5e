import { type ConfigContext, ConfigError, durationSchema, section } from '@repo/common/config';
import { z } from 'zod';
import { isSimulator } from './endpoint.ts';

const TOKEN_ENDPOINT = 'https://platform.claude.com/v1/oauth/token';
const MAX_LEEWAY_SECONDS = 86_400;

/** Settings for the refresh of dedicated logins. */
export interface OauthConfig {
  readonly tokenEndpoint: string;
  readonly userAgent: string;
  readonly refreshLeewayMs: number;
}

export const userAgentSchema = z
  .string()
  .regex(/^[\x20-\x7e]{1,200}$/, 'must be one line of at most 200 printable ASCII characters');

export const oauthSchema = section({
  token_endpoint: z
    .string()
    .superRefine((text, refinement) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
        refinement.addIssue(`must be an address like ${TOKEN_ENDPOINT}, without credentials and query`);
      } else if (url.protocol === 'http:' && !isSimulator(url.origin)) {
        refinement.addIssue('would send tokens in clear text; use https (http is for loopback addresses only)');
      }
    })
    .default(TOKEN_ENDPOINT)
    .describe('Endpoint that exchanges refresh tokens.'),
  user_agent: userAgentSchema
    .optional()
    .describe('The User-Agent header. Defaults to `claude-usage-exporter/` plus the version.'),
  refresh_leeway: durationSchema({ atMost: '1d' })
    .prefault('10m')
    .describe(
      'An access token that expires within this time is refreshed. Overridden by `$OAUTH_REFRESH_LEEWAY_SEC`, in seconds.',
    ),
}).prefault({});

/**
 * Returns $OAUTH_REFRESH_LEEWAY_SEC in milliseconds.
 * @throws ConfigError
 */
export function leewayFromEnv({ OAUTH_REFRESH_LEEWAY_SEC: text }: ConfigContext['env'], source: string) {
  if (text === undefined || text.trim() === '') return undefined;
  const seconds = Number(text);
  if (/^\s*\d+\s*$/.test(text) && seconds <= MAX_LEEWAY_SECONDS) return seconds * 1000;
  const message = `${JSON.stringify(text.slice(0, 80))} must be a whole number of seconds, at most ${MAX_LEEWAY_SECONDS}`;
  throw new ConfigError(source, [{ path: 'environment variable OAUTH_REFRESH_LEEWAY_SEC', message }]);
}
