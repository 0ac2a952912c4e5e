import { expect, test } from 'vitest';
import { renderTelemetry } from '../../test/telemetry.ts';
import { POLL_OUTCOMES } from '../account/poll-outcome.ts';
import { createTelemetry, type Telemetry } from './telemetry.ts';

function ownLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.includes('claude_usage_') && !line.endsWith('} 0'))
    .join('\n');
}

const INFO = 'claude_usage_exporter_build_info{version="0.0.0-source",revision="unknown",node="v24.0.0"} 1';
const RELOADS = `# HELP claude_usage_config_last_reload_successful 1 if the last configuration reload succeeded, 0 if it failed and the previous configuration is still in use.
# TYPE claude_usage_config_last_reload_successful gauge
claude_usage_config_last_reload_successful 0
# HELP claude_usage_config_last_reload_success_timestamp_seconds Time of the last successful configuration reload.
# TYPE claude_usage_config_last_reload_success_timestamp_seconds gauge
claude_usage_config_last_reload_success_timestamp_seconds 0`;

const GOLDEN = {
  text: `# HELP claude_usage_polls_total Polls by outcome: success, or the reason of the failure.
# TYPE claude_usage_polls_total counter
claude_usage_polls_total{account="work",outcome="success"} 2
# HELP claude_usage_token_refreshes_total Access token refreshes by outcome: success, or the reason of the failure. invalid_grant requires a new login. Absent for logins that the exporter only reads.
# TYPE claude_usage_token_refreshes_total counter
# HELP claude_usage_schema_errors_total Parts of responses that could not be parsed, by section. The log has the details.
# TYPE claude_usage_schema_errors_total counter
# HELP claude_usage_gate_refusals_total Gate checks refused, by reason.
# TYPE claude_usage_gate_refusals_total counter
claude_usage_gate_refusals_total{account="work",reason="week_threshold"} 1
# HELP claude_usage_poll_duration_seconds Duration of the requests to the API, including failed ones.
# TYPE claude_usage_poll_duration_seconds histogram
claude_usage_poll_duration_seconds_bucket{le="1"} 1
claude_usage_poll_duration_seconds_bucket{le="2.5"} 1
claude_usage_poll_duration_seconds_bucket{le="5"} 1
claude_usage_poll_duration_seconds_bucket{le="10"} 1
claude_usage_poll_duration_seconds_bucket{le="20"} 1
claude_usage_poll_duration_seconds_bucket{le="+Inf"} 1
claude_usage_poll_duration_seconds_sum 0.75
claude_usage_poll_duration_seconds_count 1
# HELP claude_usage_exporter_build_info Version, revision and Node version of the running build; always 1.
# TYPE claude_usage_exporter_build_info gauge
${INFO}
${RELOADS}`,
  openmetrics: `# HELP claude_usage_polls Polls by outcome: success, or the reason of the failure.
# TYPE claude_usage_polls counter
claude_usage_polls_total{account="work",outcome="success"} 2
# HELP claude_usage_token_refreshes Access token refreshes by outcome: success, or the reason of the failure. invalid_grant requires a new login. Absent for logins that the exporter only reads.
# TYPE claude_usage_token_refreshes counter
# HELP claude_usage_schema_errors Parts of responses that could not be parsed, by section. The log has the details.
# TYPE claude_usage_schema_errors counter
# HELP claude_usage_gate_refusals Gate checks refused, by reason.
# TYPE claude_usage_gate_refusals counter
claude_usage_gate_refusals_total{account="work",reason="week_threshold"} 1
# HELP claude_usage_poll_duration_seconds Duration of the requests to the API, including failed ones.
# TYPE claude_usage_poll_duration_seconds histogram
claude_usage_poll_duration_seconds_bucket{le="1.0"} 1
claude_usage_poll_duration_seconds_bucket{le="2.5"} 1
claude_usage_poll_duration_seconds_bucket{le="5.0"} 1
claude_usage_poll_duration_seconds_bucket{le="10.0"} 1
claude_usage_poll_duration_seconds_bucket{le="20.0"} 1
claude_usage_poll_duration_seconds_bucket{le="+Inf"} 1
claude_usage_poll_duration_seconds_sum 0.75
claude_usage_poll_duration_seconds_count 1
# HELP claude_usage_exporter_build_info Version, revision and Node version of the running build; always 1.
# TYPE claude_usage_exporter_build_info gauge
${INFO}
${RELOADS}`,
};

function telemetryOf(polled: readonly string[], refreshed: readonly string[] = []): Telemetry {
  const telemetry = createTelemetry('v24.0.0');
  telemetry.setAccounts({ polled, refreshed, gated: polled });
  return telemetry;
}

test('both formats show the same, however often the other was asked for', async () => {
  const telemetry = telemetryOf(['work']);
  for (let i = 0; i < 2; i += 1) telemetry.countPoll('work', 'success');
  telemetry.countRefusal('work', 'week_threshold');
  telemetry.observeRequest(0.75);
  for (const format of ['text', 'openmetrics', 'text', 'openmetrics'] as const) {
    expect(ownLines(await renderTelemetry(telemetry, format))).toBe(GOLDEN[format]);
  }
});

test('what is counted shows at the next scrape', async () => {
  const telemetry = telemetryOf(['work']);
  const series = 'claude_usage_schema_errors_total{account="work",section="limits"}';
  expect(await renderTelemetry(telemetry, 'text')).toContain(`${series} 0\n`);
  telemetry.countSchemaError('work', 'limits');
  expect(await renderTelemetry(telemetry, 'text')).toContain(`${series} 1\n`);
  telemetry.countSchemaError('work', 'limits');
  expect(await renderTelemetry(telemetry, 'text')).toContain(`${series} 2\n`);
  expect(await renderTelemetry(telemetry, 'openmetrics')).toContain(`${series} 2\n`);
});

test('every outcome and section of every account starts at zero', async () => {
  const text = await renderTelemetry(telemetryOf(['work', 'home']), 'text');
  expect(text.match(/^claude_usage_polls_total\{account="home",outcome="[a-z_]+"\} 0$/gm)).toHaveLength(
    POLL_OUTCOMES.length,
  );
  expect(text.match(/^claude_usage_schema_errors_total\{account="work",section="[a-z_]+"\} 0$/gm)).toHaveLength(9);
});

test('the process metrics are there, except those with a misleading name', async () => {
  const text = await renderTelemetry(telemetryOf([]), 'text');
  expect(text).toContain('\nprocess_resident_memory_bytes ');
  expect(text).not.toMatch(/^# TYPE \S+_total gauge$/m);
});

test('refreshals are counted from 0 on, for the logins that are refreshed', async () => {
  const telemetry = telemetryOf(['work', 'home'], ['work']);
  telemetry.countRefresh('work', 'invalid_grant');
  const text = await renderTelemetry(telemetry, 'text');
  expect(text).toContain('claude_usage_token_refreshes_total{account="work",outcome="success"} 0\n');
  expect(text).toContain('claude_usage_token_refreshes_total{account="work",outcome="invalid_grant"} 1\n');
  expect(text).not.toContain('claude_usage_token_refreshes_total{account="home"');
});

test('the counts of an account go on over a reload, and end when it is no longer there', async () => {
  const telemetry = telemetryOf(['work', 'home'], ['home']);
  for (const account of ['work', 'home']) telemetry.countPoll(account, 'success');
  telemetry.setAccounts({ polled: ['work', 'new'], refreshed: [], gated: ['work', 'new'] });
  const text = await renderTelemetry(telemetry, 'text');
  expect(text).toContain('claude_usage_polls_total{account="work",outcome="success"} 1\n');
  expect(text).toContain('claude_usage_polls_total{account="new",outcome="success"} 0\n');
  expect(text).not.toContain('account="home"');
});

test('whether the configuration was good, and when it last was', async () => {
  const telemetry = telemetryOf([]);
  const told = async () =>
    (await renderTelemetry(telemetry, 'text'))
      .match(/^claude_usage_config\S+ \S+$/gm)
      ?.map((line) => line.replace(/^.*_reload_/, ''));
  telemetry.reloaded(true, 1_000_500);
  expect(await told()).toEqual(['successful 1', 'success_timestamp_seconds 1000.5']);
  telemetry.reloaded(false, 2_000_000);
  expect(await told()).toEqual(['successful 0', 'success_timestamp_seconds 1000.5']);
});
