import type { Scenario } from '../scenario.ts';

const TARGET = { job: 'claude-usage', instance: '127.0.0.1:10085' };
const AT = 'job="claude-usage",instance="127.0.0.1:10085"';
const ACCOUNT = { account: 'work', ...TARGET };

export const exporterScenarios: Scenario[] = [
  {
    alert: 'ClaudeUsageExporterDown',
    name: 'down for half an hour, then for seven minutes',
    series: {
      [`up{${AT}}`]: '1x9 0x29 1x9 0x7 1x20',
      'up{job="node",instance="127.0.0.1:9100"}': '0x90',
      'up{job="claude-usage",instance="sleeps",down_severity="none"}': '0x90',
    },
    silentAt: ['19m', '40m', '59m'],
    firingAt: ['20m', '39m'],
    firing: [
      {
        labels: { ...TARGET, severity: 'critical' },
        summary: 'Claude usage exporter 127.0.0.1:10085 does not respond',
      },
    ],
  },
  {
    alert: 'ClaudeUsageExporterDown',
    name: 'a laptop, as its target label says',
    series: { [`up{${AT},down_severity="info"}`]: '0x20' },
    firingAt: ['12m'],
    firing: [
      {
        labels: { ...TARGET, down_severity: 'info', severity: 'info' },
        summary: 'Claude usage exporter 127.0.0.1:10085 does not respond',
      },
    ],
  },
  {
    alert: 'ClaudeUsageExporterAbsent',
    name: 'absent, then there',
    series: { [`up{${AT}}`]: '_x30 1x30' },
    silentAt: ['9m', '30m'],
    firingAt: ['10m', '29m'],
    firing: [{ labels: { job: 'claude-usage' }, summary: 'No Claude usage exporter is being scraped' }],
  },
  {
    alert: 'ClaudeUsageExporterAbsent',
    name: 'a machine that may sleep leaves service discovery for a week',
    evaluate: '10m',
    series: { [`up{${AT},down_severity="none"}`]: '1x12 stale' },
    silentAt: ['10h', '160h'],
    firingAt: ['175h'],
    firing: [{ labels: { job: 'claude-usage' }, summary: 'No Claude usage exporter is being scraped' }],
  },
  {
    alert: 'ClaudeUsageDataStale',
    name: 'polls fail from the hundredth minute on',
    series: {
      [`claude_usage_up{account="work",${AT}}`]: '1x99 0x99',
      [`claude_usage_last_success_timestamp_seconds{account="work",${AT}}`]: '0+60x99 5940x99',
      [`claude_usage_poll_interval_seconds{account="work",${AT}}`]: '300x199',
      [`claude_usage_up{account="demo",${AT}}`]: '1x199',
      [`claude_usage_last_success_timestamp_seconds{account="demo",${AT}}`]: '0+60x199',
      [`claude_usage_poll_interval_seconds{account="demo",${AT}}`]: '300x199',
    },
    silentAt: ['99m', '129m'],
    firingAt: ['130m'],
    firing: [{ labels: ACCOUNT, summary: 'work: no usage data for 31m 0s' }],
  },
  {
    alert: 'ClaudeUsageDataStale',
    name: 'an account polled once an hour is stale after four hours',
    interval: '5m',
    series: {
      [`claude_usage_last_success_timestamp_seconds{account="work",${AT}}`]: '0x99',
      [`claude_usage_poll_interval_seconds{account="work",${AT}}`]: '3600x99',
    },
    silentAt: ['245m'],
    firingAt: ['255m'],
    firing: [{ labels: ACCOUNT, summary: 'work: no usage data for 4h 15m 0s' }],
  },
  {
    alert: 'ClaudeUsageDataStale',
    name: 'usage that is too old to be exported, whatever the interval; an account that is not polled never is',
    interval: '5m',
    series: {
      [`claude_usage_last_success_timestamp_seconds{account="work",${AT}}`]: '0x99',
      [`claude_usage_last_success_timestamp_seconds{account="statusline",${AT}}`]: '0x99',
      [`claude_usage_poll_interval_seconds{account="work",${AT}}`]: '3600x99',
      [`claude_usage_blocked_until_timestamp_seconds{account="work",${AT}}`]: '99999x99',
      [`claude_usage_stale_after_seconds{${AT}}`]: '3600x99',
    },
    silentAt: ['70m'],
    firingAt: ['75m'],
    firing: [{ labels: ACCOUNT, summary: 'work: no usage data for 1h 15m 0s' }],
  },
  {
    alert: 'ClaudeUsageDataStale',
    name: 'never any data',
    series: {
      [`claude_usage_up{account="work",${AT}}`]: '0x60',
      [`claude_usage_up{account="demo",${AT}}`]: '0x4 1x60',
      [`claude_usage_last_success_timestamp_seconds{account="demo",${AT}}`]: '_x5 300+60x60',
    },
    silentAt: ['9m'],
    firingAt: ['10m', '40m'],
    firing: [{ labels: ACCOUNT, summary: 'work: no usage data yet' }],
  },
  {
    alert: 'ClaudeUsageDataStale',
    name: 'one wait after a 429 is ordinary, however long',
    series: {
      // Last success at m=10, 429 at m=15 with the longest wait (75 min, to m=90), success at m=92.
      [`claude_usage_up{account="demo",${AT}}`]: '1x14 0x76 1x60',
      [`claude_usage_last_success_timestamp_seconds{account="demo",${AT}}`]: '0x9 600x81 5520+60x60',
      [`claude_usage_blocked_until_timestamp_seconds{account="demo",${AT}}`]: '_x15 5400x140',
      [`claude_usage_poll_interval_seconds{account="demo",${AT}}`]: '300x160',
      // Never a success, because the very first poll met a 429.
      [`claude_usage_up{account="first",${AT}}`]: '0x40 1x120',
      [`claude_usage_last_success_timestamp_seconds{account="first",${AT}}`]: '_x41 2460+60x120',
      [`claude_usage_blocked_until_timestamp_seconds{account="first",${AT}}`]: '2400x140',
      [`claude_usage_poll_interval_seconds{account="first",${AT}}`]: '300x160',
    },
    silentAt: ['30m', '60m', '91m', '95m', '100m', '130m'],
  },
  {
    alert: 'ClaudeUsageDataStale',
    name: 'one wait after the other is not',
    series: {
      [`claude_usage_up{account="work",${AT}}`]: '0x200',
      [`claude_usage_last_success_timestamp_seconds{account="work",${AT}}`]: '0x200',
      [`claude_usage_poll_interval_seconds{account="work",${AT}}`]: '300x200',
      [`claude_usage_blocked_until_timestamp_seconds{account="work",${AT}}`]:
        '1500x20 3000x20 4500x20 6000x20 7500x20 9000x20',
    },
    silentAt: ['90m', '100m'],
    firingAt: ['101m'],
    firing: [{ labels: ACCOUNT, summary: 'work: no usage data for 1h 41m 0s' }],
  },
  {
    alert: 'ClaudeUsageRateLimited',
    name: 'waits for an hour',
    series: { [`claude_usage_blocked_until_timestamp_seconds{account="work",${AT}}`]: '_x5 3600x90' },
    silentAt: ['14m', '60m'],
    firingAt: ['15m', '59m'],
    firing: [{ labels: ACCOUNT, summary: 'work: the usage API is rate limited until 1970-01-01T01:00:00Z' }],
  },
  {
    alert: 'ClaudeUsageLoginExpiring',
    name: 'three days before the end',
    series: { [`claude_usage_login_expiry_timestamp_seconds{account="work",${AT}}`]: '260400x60' },
    silentAt: ['20m'],
    firingAt: ['21m', '50m'],
    firing: [{ labels: ACCOUNT, summary: 'work: the login expires 1970-01-04T00:20:00Z' }],
  },
  {
    alert: 'ClaudeUsageTokenRefreshFailing',
    name: 'the token runs out; one that is only read may',
    series: {
      [`claude_usage_access_token_expiry_timestamp_seconds{account="work",${AT}}`]: '2400x90',
      [`claude_usage_token_refreshes_total{account="work",outcome="success",${AT}}`]: '0x90',
      [`claude_usage_token_refreshes_total{account="work",outcome="invalid_grant",${AT}}`]: '0x30 1x60',
      [`claude_usage_access_token_expiry_timestamp_seconds{account="read",${AT}}`]: '2400x90',
    },
    silentAt: ['45m'],
    firingAt: ['46m', '80m'],
    firing: [{ labels: ACCOUNT, summary: 'work: the access token cannot be refreshed' }],
  },
  {
    alert: 'ClaudeUsageSchemaDrift',
    name: 'unknown keys, and sections that cannot be read',
    series: {
      [`claude_usage_schema_unknown_keys{account="work",${AT}}`]: '0x9 2x80',
      [`claude_usage_schema_unknown_keys{account="demo",${AT}}`]: '0x90',
      [`claude_usage_schema_errors_total{account="demo",section="limits",${AT}}`]: '0x90',
    },
    silentAt: ['24m'],
    firingAt: ['25m'],
    firing: [{ labels: ACCOUNT, summary: 'work: the usage API returns fields this version does not know' }],
  },
  {
    alert: 'ClaudeUsageSchemaDrift',
    name: 'an error counts for an hour',
    series: { [`claude_usage_schema_errors_total{account="work",section="limits",${AT}}`]: '0x9 1x120' },
    silentAt: ['24m', '72m'],
    firingAt: ['25m', '66m'],
    firing: [{ labels: ACCOUNT, summary: 'work: the usage API returns fields this version does not know' }],
  },
  {
    alert: 'ClaudeUsageConfigReloadFailed',
    name: 'rejected, then good',
    series: { [`claude_usage_config_last_reload_successful{${AT}}`]: '1x9 0x29 1x20' },
    silentAt: ['19m', '40m'],
    firingAt: ['20m', '39m'],
    firing: [{ labels: TARGET, summary: 'Claude usage exporter 127.0.0.1:10085 runs with an old configuration' }],
  },
  {
    alert: 'ClaudeUsageClockSkew',
    name: 'a minute is tolerated, in both directions',
    series: {
      [`claude_usage_clock_skew_seconds{${AT}}`]: '-60x19 -61x40',
      'claude_usage_clock_skew_seconds{job="claude-usage",instance="good"}': '60x60',
    },
    silentAt: ['29m'],
    firingAt: ['30m'],
    firing: [{ labels: TARGET, summary: 'The clock of 127.0.0.1:10085 differs from the API by 1m 1s' }],
  },
];
