import { createLogger } from '@repo/common/logger';
import { expect, test } from 'vitest';
import { renderTelemetry } from '../test/telemetry.ts';
import type { PollOutcome } from './account/poll-outcome.ts';
import type { PollResult } from './account/poll-result.ts';
import { createEvents } from './events.ts';
import { createTelemetry } from './metrics/telemetry.ts';

function setUp() {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'info',
    format: 'logfmt',
    write: (line) => lines.push(line.replace(/^ts=\S+ /, '').trimEnd()),
  });
  const telemetry = createTelemetry('v24');
  telemetry.setAccounts({ polled: ['work'], refreshed: [], gated: ['work'] });
  return { lines, telemetry, events: createEvents(logger, telemetry) };
}

function result(outcome: PollOutcome, more: Partial<PollResult> = {}, unknownKeys: string[] = []): PollResult {
  const detail = outcome === 'success' ? {} : { detail: 'what was wrong' };
  return {
    outcome,
    requested: true,
    durationMs: 250,
    schemaErrors: [],
    state: {
      account: 'work',
      failures: 0,
      requests: [],
      lastPoll: { at: 0, outcome, ...detail },
      snapshot: { fetchedAt: 0, windows: [], unknownKeys },
    },
    ...more,
  };
}

test('the log has the changes, the metrics have every poll', async () => {
  const { lines, telemetry, events } = setUp();
  for (const outcome of ['success', 'success', 'timeout', 'timeout', 'forbidden', 'success'] as const) {
    events.pollFinished('work', result(outcome));
  }
  expect(lines).toEqual([
    'level=info msg="usage polled" account=work windows=0 durationMs=250',
    'level=warn msg="poll failed" account=work outcome=timeout detail="what was wrong"',
    'level=warn msg="poll failed" account=work outcome=forbidden detail="what was wrong"',
    'level=info msg="usage polled" account=work windows=0 durationMs=250',
  ]);
  const text = await renderTelemetry(telemetry, 'text');
  expect(text).toContain('claude_usage_polls_total{account="work",outcome="success"} 3');
  expect(text).toContain('claude_usage_polls_total{account="work",outcome="timeout"} 2');
  expect(text).toContain('claude_usage_poll_duration_seconds_sum 1.5');
});

test('a poll without a request has no duration', async () => {
  const { telemetry, events } = setUp();
  events.pollFinished('work', result('no_credentials', { requested: false, durationMs: 0 }));
  expect(await renderTelemetry(telemetry, 'text')).toContain('claude_usage_poll_duration_seconds_count 0');
});

test('unreadable parts and unknown keys are named when they change', async () => {
  const { lines, telemetry, events } = setUp();
  const schemaErrors = [{ section: 'seven_day', message: 'seven_day.utilization: must be a number' }] as const;
  for (let i = 0; i < 2; i += 1) events.pollFinished('work', result('success', { schemaErrors }, ['opal_finch']));
  events.pollFinished('work', result('timeout'));
  events.pollFinished('work', result('success', { schemaErrors }, ['opal_finch']));
  events.pollFinished('work', result('success', {}, ['opal_finch', 'jade_otter']));
  expect(lines.filter((line) => line.includes('msg="parts') || line.includes('msg="unknown keys'))).toEqual([
    'level=warn msg="parts of the usage response could not be parsed" account=work errors="seven_day.utilization: must be a number"',
    'level=warn msg="unknown keys in the usage response" account=work keys=opal_finch',
    'level=warn msg="unknown keys in the usage response" account=work keys="opal_finch, jade_otter"',
  ]);
  const text = await renderTelemetry(telemetry, 'text');
  expect(text).toContain('claude_usage_schema_errors_total{account="work",section="seven_day"} 3');
});

test('a block says until when', () => {
  const { lines, events } = setUp();
  const limited = result('rate_limited');
  events.pollFinished('work', { ...limited, state: { ...limited.state, blockedUntil: 1_200_000 } });
  expect(lines).toEqual([
    'level=warn msg="poll failed" account=work outcome=rate_limited detail="what was wrong" until=1970-01-01T00:20:00.000Z',
  ]);
});

test('refreshes are counted each time; the reason for a missing refresh is logged when it changes', async () => {
  const { lines, telemetry, events } = setUp();
  for (const trouble of ['log in again', 'log in again', undefined, undefined, 'log in again']) {
    events.refreshed('work', trouble === undefined ? 'success' : 'invalid_grant');
    events.refreshTrouble('work', trouble);
  }
  expect(lines).toEqual([
    'level=warn msg="access token not refreshed" account=work detail="log in again"',
    'level=info msg="access token refreshed" account=work',
    'level=info msg="access token refreshed" account=work',
    'level=warn msg="access token not refreshed" account=work detail="log in again"',
  ]);
  const text = await renderTelemetry(telemetry, 'text');
  expect(text).toContain('claude_usage_token_refreshes_total{account="work",outcome="invalid_grant"} 3');
});
