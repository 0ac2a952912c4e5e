import { expect, test } from 'vitest';
import { createTelemetry } from './telemetry.ts';

function ownLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.includes('claude_usage_') && !line.endsWith('} 0'))
    .join('\n');
}

const INFO = 'claude_usage_exporter_build_info{version="0.0.0-source",revision="unknown",node="v24.0.0"} 1';
const GOLDEN = {
  text: `# HELP claude_usage_polls_total Polls of the account by what came of them: success, or the reason of the failure.
# TYPE claude_usage_polls_total counter
claude_usage_polls_total{account="work",outcome="success"} 2
# HELP claude_usage_token_refreshes_total Renewals of the access token by what came of them: success, or the reason of the failure. invalid_grant needs a new login. Absent for logins that this program only reads.
# TYPE claude_usage_token_refreshes_total counter
# HELP claude_usage_schema_errors_total Parts of answers that could not be read, by section of the body. The log says what was wrong.
# TYPE claude_usage_schema_errors_total counter
# HELP claude_usage_gate_refusals_total Times that the gate was asked and refused, by the cap that was reached.
# TYPE claude_usage_gate_refusals_total counter
claude_usage_gate_refusals_total{account="work",reason="week_threshold"} 1
# HELP claude_usage_poll_duration_seconds Duration of the requests to the API, whatever came of them.
# TYPE claude_usage_poll_duration_seconds histogram
claude_usage_poll_duration_seconds_bucket{le="1"} 1
claude_usage_poll_duration_seconds_bucket{le="2.5"} 1
claude_usage_poll_duration_seconds_bucket{le="5"} 1
claude_usage_poll_duration_seconds_bucket{le="10"} 1
claude_usage_poll_duration_seconds_bucket{le="20"} 1
claude_usage_poll_duration_seconds_bucket{le="+Inf"} 1
claude_usage_poll_duration_seconds_sum 0.75
claude_usage_poll_duration_seconds_count 1
# HELP claude_usage_exporter_build_info Always 1; the labels tell which build is running.
# TYPE claude_usage_exporter_build_info gauge
${INFO}`,
  openmetrics: `# HELP claude_usage_polls Polls of the account by what came of them: success, or the reason of the failure.
# TYPE claude_usage_polls counter
claude_usage_polls_total{account="work",outcome="success"} 2
# HELP claude_usage_token_refreshes Renewals of the access token by what came of them: success, or the reason of the failure. invalid_grant needs a new login. Absent for logins that this program only reads.
# TYPE claude_usage_token_refreshes counter
# HELP claude_usage_schema_errors Parts of answers that could not be read, by section of the body. The log says what was wrong.
# TYPE claude_usage_schema_errors counter
# HELP claude_usage_gate_refusals Times that the gate was asked and refused, by the cap that was reached.
# TYPE claude_usage_gate_refusals counter
claude_usage_gate_refusals_total{account="work",reason="week_threshold"} 1
# HELP claude_usage_poll_duration_seconds Duration of the requests to the API, whatever came of them.
# TYPE claude_usage_poll_duration_seconds histogram
claude_usage_poll_duration_seconds_bucket{le="1.0"} 1
claude_usage_poll_duration_seconds_bucket{le="2.5"} 1
claude_usage_poll_duration_seconds_bucket{le="5.0"} 1
claude_usage_poll_duration_seconds_bucket{le="10.0"} 1
claude_usage_poll_duration_seconds_bucket{le="20.0"} 1
claude_usage_poll_duration_seconds_bucket{le="+Inf"} 1
claude_usage_poll_duration_seconds_sum 0.75
claude_usage_poll_duration_seconds_count 1
# HELP claude_usage_exporter_build_info Always 1; the labels tell which build is running.
# TYPE claude_usage_exporter_build_info gauge
${INFO}`,
};

test('both formats show the same, however often the other was asked for', async () => {
  const telemetry = createTelemetry(['work'], 'v24.0.0');
  for (let i = 0; i < 2; i += 1) telemetry.countPoll('work', 'success');
  telemetry.countRefusal('work', 'week_threshold');
  telemetry.observeRequest(0.75);
  for (const format of ['text', 'openmetrics', 'text', 'openmetrics'] as const) {
    expect(ownLines(await telemetry.render(format))).toBe(GOLDEN[format]);
  }
});

test('what is counted shows at the next scrape', async () => {
  const telemetry = createTelemetry(['work'], 'v24.0.0');
  const series = 'claude_usage_schema_errors_total{account="work",section="limits"}';
  expect(await telemetry.render('text')).toContain(`${series} 0\n`);
  telemetry.countSchemaError('work', 'limits');
  expect(await telemetry.render('text')).toContain(`${series} 1\n`);
  telemetry.countSchemaError('work', 'limits');
  expect(await telemetry.render('text')).toContain(`${series} 2\n`);
  expect(await telemetry.render('openmetrics')).toContain(`${series} 2\n`);
});

test('every outcome and section of every account starts at zero', async () => {
  const text = await createTelemetry(['work', 'home'], 'v24.0.0').render('text');
  expect(text.match(/^claude_usage_polls_total\{account="home",outcome="[a-z_]+"\} 0$/gm)).toHaveLength(20);
  expect(text.match(/^claude_usage_schema_errors_total\{account="work",section="[a-z_]+"\} 0$/gm)).toHaveLength(9);
});

test('the process metrics are there, except those with a misleading name', async () => {
  const text = await createTelemetry([], 'v24.0.0').render('text');
  expect(text).toContain('\nprocess_resident_memory_bytes ');
  expect(text).not.toMatch(/^# TYPE \S+_total gauge$/m);
});

test('renewals are counted from 0 on, for the logins that are renewed', async () => {
  const telemetry = createTelemetry(['work', 'home'], 'v24.0.0', ['work']);
  telemetry.countRefresh('work', 'invalid_grant');
  const text = await telemetry.render('text');
  expect(text).toContain('claude_usage_token_refreshes_total{account="work",outcome="success"} 0\n');
  expect(text).toContain('claude_usage_token_refreshes_total{account="work",outcome="invalid_grant"} 1\n');
  expect(text).not.toContain('claude_usage_token_refreshes_total{account="home"');
});
