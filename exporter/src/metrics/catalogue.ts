import type { MetricDefinition } from './metric-definition.ts';

// The exporter's metrics as data. Exposition, documentation, dashboards and rules are checked against it.

const POLLED = 'A polled value; claude_usage_last_success_timestamp_seconds has the time of the poll.';

/** Metrics rendered from the accounts' views. Absent means unknown or not applicable; 0 means zero. */
export const ACCOUNT_METRICS = {
  claude_usage_utilization_ratio: {
    type: 'gauge',
    help: `Utilization of the window: 1 is the whole limit; may exceed 1. ${POLLED}`,
    labels: ['account', 'window'],
  },
  claude_usage_resets_at_timestamp_seconds: {
    type: 'gauge',
    help: `Reset time of the window. Absent before the window starts. Varies by up to two seconds between polls. ${POLLED}`,
    labels: ['account', 'window'],
  },
  claude_usage_window_start_timestamp_seconds: {
    type: 'gauge',
    help: 'Start of the window, as its identity: stable while the reset time jitters or moves, new at a rollover and at an early reset. Absent if only the status line reports the window.',
    labels: ['account', 'window'],
  },
  claude_usage_window_duration_seconds: {
    type: 'gauge',
    help: 'Duration of the window.',
    labels: ['window'],
  },
  claude_usage_limit_active: {
    type: 'gauge',
    help: `1 for the limit that the API reports as currently limiting, 0 for the others. ${POLLED}`,
    labels: ['account', 'window'],
  },
  claude_usage_threshold_ratio: {
    type: 'gauge',
    help: 'Utilization at which an alert fires; the threshold label has it in percent. From the configuration.',
    labels: ['account', 'window', 'threshold', 'severity'],
  },
  claude_usage_extra_enabled: {
    type: 'gauge',
    help: `1 if extra usage beyond the limits is enabled, 0 if not. Absent if the API does not report it. ${POLLED}`,
    labels: ['account'],
  },
  claude_usage_extra_limit: {
    type: 'gauge',
    help: `Monthly limit of extra usage, in major units of the currency (dollars, not cents). Absent if unlimited or unknown. ${POLLED}`,
    labels: ['account', 'currency'],
  },
  claude_usage_extra_used: {
    type: 'gauge',
    help: `Extra usage spent this month, in major units of the currency. Absent if unknown. ${POLLED}`,
    labels: ['account', 'currency'],
  },
  claude_usage_tier: {
    type: 'gauge',
    help: `1 for the tier of the seven-day window, 0 for the others. Absent without data. ${POLLED}`,
    labels: ['account', 'tier'],
  },
  claude_usage_gate_open: {
    type: 'gauge',
    help: '1 while the gate admits new work of the account, 0 while it refuses it. Open if the utilization is unknown.',
    labels: ['account'],
  },
  claude_usage_gate_cap_ratio: {
    type: 'gauge',
    help: 'Utilization at which the gate refuses new work: session is the five-hour window, week any weekly window. Absent if off.',
    labels: ['account', 'cap'],
  },
  claude_usage_plan_info: {
    type: 'gauge',
    help: 'Subscription plan and rate-limit tier as reported by the API once a day; always 1. An empty label is unknown.',
    labels: ['account', 'plan', 'rate_limit_tier'],
  },
  claude_usage_predicted_exhaustion_timestamp_seconds: {
    type: 'gauge',
    help: 'Predicted time at which the window runs out: the median of the default method, the point of the other methods. +Inf: not before the reset. Absent while the method knows nothing.',
    labels: ['account', 'window', 'method'],
  },
  claude_usage_predicted_exhaustion_probability: {
    type: 'gauge',
    help: 'Probability that the window runs out before its reset, by the default method. Absent while it is unknown; claude_usage_forecast_unknown has the reason.',
    labels: ['account', 'window'],
  },
  claude_usage_predicted_utilization_at_reset_ratio: {
    type: 'gauge',
    help: 'Predicted utilization at the reset, at most 1, by the default method: its 10th, 50th and 90th percentile.',
    labels: ['account', 'window', 'percentile'],
  },
  claude_usage_forecast_unknown: {
    type: 'gauge',
    help: '1 while the window has no forecast. Reasons: no_reset, reset_passed, too_early (less than six hours of history), stale (no recent sample).',
    labels: ['account', 'window', 'reason'],
  },
  claude_usage_forecast_error_seconds: {
    type: 'histogram',
    help: 'Median error of the predicted exhaustion time over a window, observed at the end of each window that ran out. Kept over restarts.',
    labels: ['account', 'window', 'method'],
  },
  claude_usage_forecast_outcomes_total: {
    type: 'counter',
    help: 'Finished windows by outcome of the method: hit, missed, false_alarm, quiet. An alarm is a probability of 0.7 or more held for an hour (ten minutes in five-hour windows). Kept over restarts.',
    labels: ['account', 'window', 'method', 'outcome'],
  },
  claude_usage_forecast_brier_score: {
    type: 'gauge',
    help: 'Mean squared difference between predicted probability and outcome over the finished windows: 0 is perfect, 0.25 is a coin toss. Absent before the first finished window.',
    labels: ['account', 'window', 'method'],
  },
  claude_usage_source: {
    type: 'gauge',
    help: '1 for the source of the current usage, 0 for the others. official_api_stale is the last good poll after a later one failed; claude_code and statusline are reports of Claude Code; local_estimate is computed from transcripts.',
    labels: ['account', 'source'],
  },
  claude_usage_source_disagreement_ratio: {
    type: 'gauge',
    help: 'Difference between the utilization in the last poll and in the status line. Absent unless both are from the same ten minutes.',
    labels: ['account', 'window'],
  },
  claude_usage_statusline_last_timestamp_seconds: {
    type: 'gauge',
    help: 'Time of the last new value in a status line of Claude Code. Absent if there was none.',
    labels: ['account'],
  },
  claude_usage_poll_interval_seconds: {
    type: 'gauge',
    help: 'Configured interval between polls. Absent for accounts that are not polled.',
    labels: ['account'],
  },
  claude_usage_stale_after_seconds: {
    type: 'gauge',
    help: 'Configured age from which usage is no longer exported.',
    labels: [],
  },
  claude_usage_armed_timestamp_seconds: {
    type: 'gauge',
    help: 'First start of this installation; survives restarts.',
    labels: [],
  },
  claude_usage_up: {
    type: 'gauge',
    help: '1 if the last poll of the account succeeded, 0 if it failed. Absent before the first poll.',
    labels: ['account'],
  },
  claude_usage_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'Time of the last successful poll of the account; survives restarts. Absent before the first success.',
    labels: ['account'],
  },
  claude_usage_poll_budget_remaining: {
    type: 'gauge',
    help: 'Requests that the hourly budget of the account still allows. Absent if there is no budget.',
    labels: ['account'],
  },
  claude_usage_blocked_until_timestamp_seconds: {
    type: 'gauge',
    help: 'End of the block that the API set with a 429. Absent if the account is not blocked.',
    labels: ['account'],
  },
  claude_usage_access_token_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'Expiry of the access token. Absent if the credential source does not contain it.',
    labels: ['account'],
  },
  claude_usage_login_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'Expiry of the login, which refreshing does not extend. Absent if the credential source does not contain it.',
    labels: ['account'],
  },
  claude_usage_schema_unknown_keys: {
    type: 'gauge',
    help: 'Number of unknown keys and limit kinds in the last good response. The log names them.',
    labels: ['account'],
  },
  claude_usage_clock_skew_seconds: {
    type: 'gauge',
    help: 'API clock minus local clock, from the Date header of the last response; accurate to about a second.',
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Metrics counted while the program runs. */
export const TELEMETRY_METRICS = {
  claude_usage_polls_total: {
    type: 'counter',
    help: 'Polls by outcome: success, or the reason of the failure.',
    labels: ['account', 'outcome'],
  },
  claude_usage_poll_duration_seconds: {
    type: 'histogram',
    help: 'Duration of the requests to the API, including failed ones.',
    labels: [],
  },
  claude_usage_token_refreshes_total: {
    type: 'counter',
    help: 'Access token refreshes by outcome: success, or the reason of the failure. invalid_grant requires a new login. Absent for logins that the exporter only reads.',
    labels: ['account', 'outcome'],
  },
  claude_usage_schema_errors_total: {
    type: 'counter',
    help: 'Parts of responses that could not be parsed, by section. The log has the details.',
    labels: ['account', 'section'],
  },
  claude_usage_gate_refusals_total: {
    type: 'counter',
    help: 'Gate checks refused, by reason.',
    labels: ['account', 'reason'],
  },
  claude_usage_config_last_reload_successful: {
    type: 'gauge',
    help: '1 if the last configuration reload succeeded, 0 if it failed and the previous configuration is still in use.',
    labels: [],
  },
  claude_usage_config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    help: 'Time of the last successful configuration reload.',
    labels: [],
  },
  claude_usage_exporter_build_info: {
    type: 'gauge',
    help: 'Version, revision and Node version of the running build; always 1.',
    labels: ['version', 'revision', 'node'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type AccountMetric = keyof typeof ACCOUNT_METRICS;
export type TelemetryMetric = keyof typeof TELEMETRY_METRICS;

const SCANNED = 'From transcripts, scanned in the background.';
const HOST_PROJECT_MODEL = ['host', 'project', 'model'];

/**
 * Rendered from the counts of transcripts. They are kept in the storage directory and survive restarts and the deletion
 * of transcripts. Projects and models beyond the most that are shown share the label value "other".
 */
export const TRANSCRIPT_METRICS = {
  claude_transcript_tokens_total: {
    type: 'counter',
    help: `Tokens by type: input, output, cache_read, cache_write_5m, cache_write_1h. ${SCANNED}`,
    labels: [...HOST_PROJECT_MODEL, 'type'],
  },
  claude_transcript_cost_dollars_total: {
    type: 'counter',
    help: `Cost at the list prices of the API, web searches included, priced when a message is counted. ${SCANNED}`,
    labels: HOST_PROJECT_MODEL,
  },
  claude_transcript_messages_total: {
    type: 'counter',
    help: `Responses of the API. ${SCANNED}`,
    labels: HOST_PROJECT_MODEL,
  },
  claude_transcript_thinking_tokens_total: {
    type: 'counter',
    help: `Output tokens that were thinking, as far as records contain them. ${SCANNED}`,
    labels: HOST_PROJECT_MODEL,
  },
  claude_transcript_web_searches_total: {
    type: 'counter',
    help: `Web searches of the API. ${SCANNED}`,
    labels: HOST_PROJECT_MODEL,
  },
  claude_transcript_unpriced_tokens_total: {
    type: 'counter',
    help: `Tokens of models without a known price. Their cost is not counted. ${SCANNED}`,
    labels: ['model'],
  },
  claude_transcript_limit_hits_total: {
    type: 'counter',
    help: `Requests that the API rejected because a limit was reached. ${SCANNED}`,
    labels: ['host', 'window'],
  },
  claude_transcript_sessions: {
    type: 'gauge',
    help: `Sessions with at least one message. ${SCANNED}`,
    labels: ['host', 'project'],
  },
  claude_transcript_unreadable_files: {
    type: 'gauge',
    help: 'Transcripts and folders that exist and cannot be read. The log names them.',
    labels: ['host'],
  },
  claude_transcript_window_start_timestamp_seconds: {
    type: 'gauge',
    help: `Estimated start of the current 5-hour window: its first request, rounded down to 10 minutes. Absent while no window is running. ${SCANNED}`,
    labels: ['host'],
  },
  claude_transcript_window_end_timestamp_seconds: {
    type: 'gauge',
    help: `Estimated end of the current 5-hour window. Absent while no window is running. ${SCANNED}`,
    labels: ['host'],
  },
  claude_transcript_window_tokens: {
    type: 'gauge',
    help: `Tokens in the current 5-hour window by type: input, output, cache_read, cache_write. ${SCANNED}`,
    labels: ['host', 'type'],
  },
} satisfies Record<string, MetricDefinition>;

export type TranscriptMetric = keyof typeof TRANSCRIPT_METRICS;
