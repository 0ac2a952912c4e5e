import { createLogger } from '@repo/common/logger';
import { Secret } from '@repo/common/secret';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { neverAskClaudeCode } from '../../test/claude-stand-in.ts';
import { renderTelemetry } from '../../test/telemetry.ts';
import { createAccountStore } from '../account/account-store.ts';
import { readRateLimits } from '../commands/statusline/statusline-input.ts';
import { statuslineText } from '../commands/statusline/statusline-text.ts';
import { loadConfig } from '../config/config.ts';
import { createEvents } from '../events.ts';
import { openHistory } from '../history/history.ts';
import { loadKnownAccount } from '../history/known-account.ts';
import { createAccountBlock } from '../metrics/account-block.ts';
import { FORMATS } from '../metrics/exposition.ts';
import { createTelemetry } from '../metrics/telemetry.ts';
import { pollAccount } from '../poll/poll.ts';
import { createStatuslineIntake } from '../statusline/statusline-intake.ts';
import { tierAnswer } from './api/tier-api.ts';
import { usageAnswer } from './api/usage-api.ts';
import { createCurves } from './page/read-curve.ts';
import { renderStatusPage } from './page/status-page.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const TOKEN = 'sk-ant-oat01-planted';
const SECRETS = [TOKEN, 'sk-ant-of-somebody-else'];

const config = loadConfig(
  `{accounts: [{name: work, credentials: {access_token: ${TOKEN}}}], thresholds: {five_hour: [90]}}`,
  'test',
  { directory: '/', env: {}, exists: () => false, platform: 'linux', version: '1' },
);

// As JSON has them, which knows numbers beyond all bounds: 1e999 is Infinity.
const number = fc.oneof(fc.double(), fc.constantFrom(0, 57, 1e308, -1, 8.64e15, 1e20), fc.integer());
const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    ...SECRETS,
    'NaN',
    '2026-07-22T15:10:00.002458+00:00',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ),
);
const value = fc.oneof(number, text, fc.boolean(), fc.constant(null), fc.array(number, { maxLength: 2 }));
const window = fc.oneof(value, fc.record({ utilization: value, resets_at: value }, { requiredKeys: [] }));
const scope = fc.oneof(value, fc.record({ model: fc.oneof(value, fc.record({ display_name: fc.string() })) }));
const kind = fc.constantFrom('session', 'weekly_all', 'weekly_scoped', 'daily', 7);
const limit = fc.record({ kind, percent: value, resets_at: value, scope, is_active: value }, { requiredKeys: [] });
const money = fc.oneof(
  value,
  fc.record({ amount_minor: value, currency: fc.constantFrom('USD', 'JPY'), exponent: value }),
);
const body = fc.record(
  {
    ...{ five_hour: window, seven_day: window, seven_day_opus: window },
    limits: fc.oneof(fc.array(fc.oneof(limit, value), { maxLength: 4 }), value),
    extra_usage: fc.oneof(value, fc.record({ is_enabled: fc.boolean(), used_credits: value, currency: value })),
    spend: fc.oneof(value, fc.record({ enabled: fc.boolean(), used: money, limit: money })),
  },
  { requiredKeys: [] },
);
const answer = fc.oneof(
  { weight: 5, arbitrary: body.map((content) => JSON.stringify(content).replaceAll('1e+308', '1e999')) },
  text.map(String),
  fc.json(),
);
const rateLimit = fc.oneof(value, fc.record({ used_percentage: value, resets_at: value }, { requiredKeys: [] }));
const statusline = fc.oneof(
  fc.record({
    account: fc.constantFrom('work', TOKEN),
    rate_limits: fc.record({ five_hour: rateLimit, seven_day: rateLimit }),
  }),
  fc.anything(),
);

/** Everything that can be seen of the account after one poll and one status line. */
async function outputs(answered: string, reported: unknown): Promise<string[]> {
  using history = openHistory(':memory:', NOW);
  const log: string[] = [];
  const telemetry = createTelemetry('v24');
  const events = createEvents(
    createLogger({ level: 'debug', format: 'json', write: (line) => log.push(line) }),
    telemetry,
  );
  const now = () => NOW;
  const known = loadKnownAccount(history, 'work', NOW, config.staleAfterMs);
  const store = createAccountStore(config, [known], now);
  const [account] = config.accounts;
  if (!account) throw new Error('the configuration has an account');
  const ports = {
    now,
    fetch: async () => new Response(answered),
    readCredentials: async () => ({ ok: true, token: Secret.of(TOKEN) }) as const,
    askClaudeCode: neverAskClaudeCode,
    claimRequest() {},
  };
  const settings = { userAgent: 'test', timeoutMs: 60_000 };
  const result = await pollAccount(account, known.state, settings, ports, new AbortController().signal);
  history.saveState(result.state);
  store.replace(result.state);
  events.pollFinished('work', result);
  createStatuslineIntake(config, { history, store, events, now })(reported);

  expect(history.loadState('work', NOW).snapshot, 'as stored').toEqual(result.state.snapshot);
  const views = store.views();
  const render = createAccountBlock(config, NOW);
  const metrics = await Promise.all(
    FORMATS.map(
      async (format) =>
        Buffer.concat([...render(views, format)]).toString() + (await renderTelemetry(telemetry, format)),
    ),
  );
  for (const line of metrics.join('').split('\n')) {
    if (line !== '' && !line.startsWith('#')) expect(line).toMatch(/ (-?\d[\d.]*(e[+-]?\d+)?)$/);
  }
  const answers = [usageAnswer(views, NOW), ...views.map((view) => tierAnswer(view, config.tier.policy))];
  // JSON would write null, and nobody would see.
  expect(numbersIn(answers).filter((one) => !Number.isFinite(one))).toEqual([]);
  const options = { thresholds: config.thresholds, curveOf: createCurves(history), access: 'token', now: NOW } as const;
  const page = renderStatusPage(views, options);
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
  const line = statuslineText(readRateLimits(reported), NOW);
  expect(line).toMatch(
    /^(usage not known yet|[57][hd] \d[\de+.]*%( until [A-Za-z0-9: ]+)?( · 7d \d[\de+.]*%( until .+)?)?)$/,
  );
  return [...metrics, JSON.stringify(answers), page, line, ...log];
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

test('whatever the API and status lines say, all that is seen of it are finite numbers, and no secret', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(answer, statusline, async (answered, reported) => {
      const seen = (await outputs(answered, reported)).join('\n');
      for (const secret of SECRETS) expect(seen).not.toContain(secret);
    }),
    { numRuns: 300 },
  );
});
