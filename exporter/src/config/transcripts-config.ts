import { type ConfigContext, durationSchema, pathSchema, secretSchema, section } from '@repo/common/config';
import type { FieldProblem } from '@repo/common/field-problem';
import type { Secret } from '@repo/common/secret';
import { z } from 'zod';
import type { PriceRow } from '../transcripts/prices/price-row.ts';

export interface TranscriptsConfig {
  readonly enabled: boolean;
  /** Configuration directories of Claude Code. Empty: where Claude Code keeps them by default. */
  readonly directories: readonly { readonly path: string; readonly account: string }[];
  readonly intervalMs: number;
  /** Value of the `host` label. Defaults to the machine's name. */
  readonly host: string | undefined;
  readonly mergeWorktrees: boolean;
  readonly prices: readonly PriceRow[];
  readonly agents: readonly { readonly host: string; readonly token: Secret }[];
}

const labelValue = z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores');

const dollars = z
  .number('must be dollars per million tokens')
  .nonnegative('must not be negative')
  .meta({ form: 'dollars' });

const priceSchema = section({
  models: z.array(z.string().min(1)).min(1).describe('Models that have this price, without their dates.'),
  from: z.iso.date().optional().describe('First day of the price, in UTC. Defaults to always.'),
  prompt_above: z
    .number()
    .int()
    .positive()
    .meta({ form: 'whole number above 0' })
    .optional()
    .describe('Only for requests whose prompt, cache reads and writes included, has more tokens.'),
  input: dollars.describe('Input tokens.'),
  output: dollars.describe('Output tokens.'),
  cache_read: dollars.describe('Tokens that are read from the cache.'),
  cache_write_5m: dollars.optional().describe('Tokens cached for 5 minutes. Defaults to 1.25 times the input.'),
  cache_write_1h: dollars.optional().describe('Tokens cached for an hour. Defaults to twice the input.'),
  fast_factor: z
    .number()
    .positive()
    .meta({ form: 'number above 0' })
    .optional()
    .describe('Factor of fast mode. If absent, its price is unknown.'),
}).transform(
  ({ prompt_above, cache_read, cache_write_5m, cache_write_1h, fast_factor, ...row }): PriceRow => ({
    ...row,
    promptAbove: prompt_above,
    cacheRead: cache_read,
    write5m: cache_write_5m,
    write1h: cache_write_1h,
    fastFactor: fast_factor,
    source: 'configuration',
  }),
);

export function transcriptsSchema(context: ConfigContext) {
  return section({
    enabled: z.boolean('must be true or false').default(true).describe('Scans the transcripts of this machine.'),
    directories: z
      .array(
        section({
          path: pathSchema(context).describe('Configuration directory of Claude Code, which contains `projects`.'),
          account: z.string().min(1).optional().describe('Account that the usage belongs to.'),
        }),
      )
      .default([])
      .describe(
        'Configuration directories to scan. Defaults to those in `$CLAUDE_CONFIG_DIR`, else `~/.claude`, `~/.config/claude` and the sessions of Claude Desktop.',
      ),
    interval: durationSchema({ atLeast: '1s', atMost: '1h' }).prefault('15s').describe('Time between two scans.'),
    host: labelValue.optional().describe('Value of the label `host`. Defaults to the name of the machine.'),
    merge_worktrees: z
      .boolean('must be true or false')
      .default(true)
      .describe('Counts git worktrees as their main repository.'),
    prices: z
      .array(priceSchema)
      .default([])
      .describe(
        'Prices in dollars per million tokens that replace the list prices of their models. `claude-usage-exporter prices` prints the list.',
      ),
    agents: z
      .array(
        section({
          host: labelValue.describe('Value of the label `host` for everything sent with this token.'),
          token: secretSchema(context).describe('Bearer token of the agent.'),
        }),
      )
      .default([])
      .describe('Hosts that may send their transcripts with `claude-usage-exporter agent`.'),
  }).transform(
    ({ directories, interval, merge_worktrees, host, ...rest }): TranscriptsConfig => ({
      ...rest,
      host,
      directories: directories.map(({ path, account = '' }) => ({ path, account })),
      intervalMs: interval,
      mergeWorktrees: merge_worktrees,
    }),
  );
}

/** Problems that only show against the configured accounts. */
export function unknownTranscriptAccounts(
  { directories }: TranscriptsConfig,
  accounts: readonly { readonly name: string }[],
): FieldProblem[] {
  const names = accounts.map(({ name }) => name);
  return directories.flatMap(({ account }, index) =>
    account === '' || names.includes(account)
      ? []
      : [
          {
            path: `transcripts.directories[${index}].account`,
            message: `is not an account; known: ${names.join(', ')}`,
          },
        ],
  );
}
