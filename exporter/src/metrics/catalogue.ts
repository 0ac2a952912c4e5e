/** The metrics of the exporter as data: what is exported, documented, and promised to dashboards and rules. */
export interface MetricDefinition {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

const POLLED = 'Polled in the background; claude_usage_last_success_timestamp_seconds tells how old it is.';

/** Rendered from the accounts' states. Absent means unknown or not applicable; 0 means zero. */
export const ACCOUNT_METRICS = {
  claude_usage_utilization_ratio: {
    type: 'gauge',
    help: `Share of the window's limit that is used: 1 is all of it, and it may exceed 1. ${POLLED}`,
    labels: ['account', 'window'],
  },
  claude_usage_resets_at_timestamp_seconds: {
    type: 'gauge',
    help: `When the window resets. Absent while the window has not begun. Differs by up to two seconds from poll to poll. ${POLLED}`,
    labels: ['account', 'window'],
  },
  claude_usage_window_duration_seconds: {
    type: 'gauge',
    help: 'Length of the window.',
    labels: ['window'],
  },
  claude_usage_limit_active: {
    type: 'gauge',
    help: `1 for the limit that binds at present according to the API, 0 for the others it lists. ${POLLED}`,
    labels: ['account', 'window'],
  },
  claude_usage_threshold_ratio: {
    type: 'gauge',
    help: 'Utilization from which an alert is wanted; the threshold label has it in percent. Configured, not polled.',
    labels: ['account', 'window', 'threshold', 'severity'],
  },
  claude_usage_extra_enabled: {
    type: 'gauge',
    help: `1 when use beyond the limits is paid for by consumption, 0 when it is not. Absent when the API does not say. ${POLLED}`,
    labels: ['account'],
  },
  claude_usage_extra_limit: {
    type: 'gauge',
    help: `Most that may be spent on extra usage in a month, in the currency's major unit (dollars, not cents). Absent when it is unlimited or unknown. ${POLLED}`,
    labels: ['account', 'currency'],
  },
  claude_usage_extra_used: {
    type: 'gauge',
    help: `Spent on extra usage this month, in the currency's major unit. Absent when it is unknown. ${POLLED}`,
    labels: ['account', 'currency'],
  },
  claude_usage_tier: {
    type: 'gauge',
    help: `1 for the tier that the window of seven days is in, 0 for the others. Absent while there is no data. ${POLLED}`,
    labels: ['account', 'tier'],
  },
  claude_usage_gate_open: {
    type: 'gauge',
    help: '1 while new work of the account may begin, 0 while it is refused. Open when nothing is known.',
    labels: ['account'],
  },
  claude_usage_gate_cap_ratio: {
    type: 'gauge',
    help: 'Utilization from which new work is refused: session is the window of five hours, week any of seven days. Absent when it is off.',
    labels: ['account', 'cap'],
  },
  claude_usage_plan_info: {
    type: 'gauge',
    help: 'Always 1; the labels have the plan and its tier of limits in the words of the API, which is asked once a day. An empty label is unknown.',
    labels: ['account', 'plan', 'rate_limit_tier'],
  },
  claude_usage_source: {
    type: 'gauge',
    help: '1 for the source of the usage shown at present, 0 for the others. official_api_stale is the last good answer after a poll failed; statusline is what Claude Code told while no poll succeeds or none is configured.',
    labels: ['account', 'source'],
  },
  claude_usage_source_disagreement_ratio: {
    type: 'gauge',
    help: "Difference between the window's utilization by the API and by Claude Code's status line, as a share of the limit. Absent unless both told of the window within ten minutes.",
    labels: ['account', 'window'],
  },
  claude_usage_statusline_last_timestamp_seconds: {
    type: 'gauge',
    help: "When Claude Code's status lines last told something new of the account. Absent when nothing of it is known.",
    labels: ['account'],
  },
  claude_usage_armed_timestamp_seconds: {
    type: 'gauge',
    help: 'First start of this installation; kept over restarts.',
    labels: [],
  },
  claude_usage_up: {
    type: 'gauge',
    help: '1 when the last poll of the account succeeded, 0 when it failed. Absent before the first poll.',
    labels: ['account'],
  },
  claude_usage_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the API last gave the usage of the account. Kept over restarts; absent before the first success.',
    labels: ['account'],
  },
  claude_usage_poll_budget_remaining: {
    type: 'gauge',
    help: 'Requests that the trailing hour still allows for the account. Absent where no budget applies.',
    labels: ['account'],
  },
  claude_usage_blocked_until_timestamp_seconds: {
    type: 'gauge',
    help: 'Until when the account is not polled because the API asked for fewer requests (429). Absent when it is not blocked.',
    labels: ['account'],
  },
  claude_usage_access_token_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'When the access token of the account expires. Absent when its source does not say.',
    labels: ['account'],
  },
  claude_usage_login_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'When the login of the account ends, however often its token is renewed. Absent when its source does not say.',
    labels: ['account'],
  },
  claude_usage_schema_unknown_keys: {
    type: 'gauge',
    help: 'Keys and kinds of limits in the last good answer that this program does not know. The log names them.',
    labels: ['account'],
  },
  claude_usage_clock_skew_seconds: {
    type: 'gauge',
    help: "How far the API's clock is ahead of this machine's, from the Date header of the latest answer; exact to about a second.",
    labels: [],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Counted while the program runs. */
export const TELEMETRY_METRICS = {
  claude_usage_polls_total: {
    type: 'counter',
    help: 'Polls of the account by what came of them: success, or the reason of the failure.',
    labels: ['account', 'outcome'],
  },
  claude_usage_poll_duration_seconds: {
    type: 'histogram',
    help: 'Duration of the requests to the API, whatever came of them.',
    labels: [],
  },
  claude_usage_token_refreshes_total: {
    type: 'counter',
    help: 'Renewals of the access token by what came of them: success, or the reason of the failure. invalid_grant needs a new login. Absent for logins that this program only reads.',
    labels: ['account', 'outcome'],
  },
  claude_usage_schema_errors_total: {
    type: 'counter',
    help: 'Parts of answers that could not be read, by section of the body. The log says what was wrong.',
    labels: ['account', 'section'],
  },
  claude_usage_gate_refusals_total: {
    type: 'counter',
    help: 'Times that the gate was asked and refused, by the cap that was reached.',
    labels: ['account', 'reason'],
  },
  claude_usage_config_last_reload_successful: {
    type: 'gauge',
    help: '1 when the configuration was good when it was last read, 0 when it was bad and the one before stayed.',
    labels: [],
  },
  claude_usage_config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the configuration in use was read.',
    labels: [],
  },
  claude_usage_exporter_build_info: {
    type: 'gauge',
    help: 'Always 1; the labels tell which build is running.',
    labels: ['version', 'revision', 'node'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type AccountMetric = keyof typeof ACCOUNT_METRICS;
export type TelemetryMetric = keyof typeof TELEMETRY_METRICS;
