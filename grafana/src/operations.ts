import { board, labelVariable } from './board.ts';
import { addPanels } from './layout.ts';
import { BAD_ABOVE_ZERO, curves, GOOD_IS_ONE, numbers, steps } from './panels.ts';

const ACCOUNT = 'account=~"$account"';
const ROOM = 'room=~"$room"';
const RATE = '[$__rate_interval]';

/** Health of the exporter and of the bridge. */
export function operations() {
  const layout = board({
    uid: 'claude-usage-operations',
    title: 'Claude usage / Operations',
    description: 'Polls of the exporter, and deliveries of the Matrix bridge.',
    from: 'now-24h',
  })
    .withVariable(labelVariable('account', 'Account', 'label_values(claude_usage_up, account)', { multi: true }))
    .withVariable(
      labelVariable('room', 'Room', 'label_values(alertmanager_matrix_room_joined, room)', { multi: true }),
    );
  return addPanels(layout, [...polls(), ...logins(), ...bridgeState(), ...deliveries()]);
}

function polls() {
  return [
    numbers(
      {
        title: 'Last poll',
        description: '1 if the last poll of the account succeeded.',
        unit: 'short',
        queries: [{ expr: `min by (account) (claude_usage_up{${ACCOUNT}})`, legend: '{{account}}' }],
        width: 8,
      },
      GOOD_IS_ONE,
    ),
    numbers(
      {
        title: 'Age of the data',
        description: 'Time since the last successful poll.',
        unit: 's',
        decimals: 0,
        queries: [
          {
            expr: `time() - max by (account) (claude_usage_last_success_timestamp_seconds{${ACCOUNT}})`,
            legend: '{{account}}',
          },
        ],
        width: 8,
      },
      steps('green', [1200, 'orange'], [3600, 'red']),
    ),
    numbers(
      {
        title: 'Requests left this hour',
        description: 'Requests that the budget of the trailing hour still allows.',
        unit: 'short',
        queries: [{ expr: `min by (account) (claude_usage_poll_budget_remaining{${ACCOUNT}})`, legend: '{{account}}' }],
        width: 8,
      },
      steps('red', [1, 'orange'], [5, 'green']),
    ),
    curves({
      title: 'Polls by outcome',
      description: 'Polls per hour.',
      unit: 'short',
      queries: [
        { expr: `3600 * sum by (outcome) (rate(claude_usage_polls_total{${ACCOUNT}}${RATE}))`, legend: '{{outcome}}' },
      ],
      width: 12,
    }),
    curves({
      title: 'Duration of requests',
      description: 'Median and 90th percentile of the requests to the API.',
      unit: 's',
      queries: ['0.5', '0.9'].map((quantile) => ({
        expr: `histogram_quantile(${quantile}, sum by (le) (rate(claude_usage_poll_duration_seconds_bucket${RATE})))`,
        legend: quantile,
      })),
      width: 12,
    }),
  ];
}

function logins() {
  return [
    numbers(
      {
        title: 'Access token expires in',
        description: 'Only dedicated logins are refreshed by the exporter.',
        unit: 's',
        decimals: 0,
        queries: [
          {
            expr: `min by (account) (claude_usage_access_token_expiry_timestamp_seconds{${ACCOUNT}}) - time()`,
            legend: '{{account}}',
          },
        ],
        width: 8,
      },
      steps('red', [0, 'green']),
    ),
    numbers(
      {
        title: 'Login expires in',
        description: 'Refreshes cannot extend it.',
        unit: 's',
        decimals: 0,
        queries: [
          {
            expr: `min by (account) (claude_usage_login_expiry_timestamp_seconds{${ACCOUNT}}) - time()`,
            legend: '{{account}}',
          },
        ],
        width: 8,
      },
      steps('red', [0, 'orange'], [259_200, 'green']),
    ),
    numbers(
      {
        title: 'Configuration, clock and schema',
        description: 'Rejected reloads, clock skew in seconds, and unknown keys in the API answer.',
        unit: 'short',
        queries: [
          { expr: '1 - min(claude_usage_config_last_reload_successful)', legend: 'rejected reload' },
          { expr: 'round(max(abs(claude_usage_clock_skew_seconds)))', legend: 'clock skew' },
          { expr: `sum(claude_usage_schema_unknown_keys{${ACCOUNT}})`, legend: 'unknown keys' },
        ],
        width: 8,
      },
      BAD_ABOVE_ZERO,
    ),
    curves({
      title: 'Refreshes, refusals, schema errors',
      description: 'Token refreshes, gate refusals and unreadable sections per hour.',
      unit: 'short',
      queries: [
        {
          expr: `3600 * sum by (outcome) (rate(claude_usage_token_refreshes_total{${ACCOUNT}}${RATE}))`,
          legend: 'refresh: {{outcome}}',
        },
        {
          expr: `3600 * sum by (reason) (rate(claude_usage_gate_refusals_total{${ACCOUNT}}${RATE}))`,
          legend: 'refused: {{reason}}',
        },
        {
          expr: `3600 * sum by (section) (rate(claude_usage_schema_errors_total{${ACCOUNT}}${RATE}))`,
          legend: 'unreadable: {{section}}',
        },
      ],
      width: 24,
      height: 7,
    }),
  ];
}

function bridgeState() {
  return [
    numbers(
      {
        title: 'Rooms',
        description: '1 if the bridge is a member and the room is encrypted.',
        unit: 'short',
        queries: [
          { expr: `min by (room) (alertmanager_matrix_room_joined{${ROOM}})`, legend: '{{room}} joined' },
          { expr: `min by (room) (alertmanager_matrix_room_encrypted{${ROOM}})`, legend: '{{room}} encrypted' },
        ],
        width: 8,
      },
      GOOD_IS_ONE,
    ),
    numbers(
      {
        title: 'Outbox',
        description: 'Messages that wait, and messages that the homeserver rejected for good.',
        unit: 'short',
        queries: [
          { expr: `sum by (room) (alertmanager_matrix_outbox_pending{${ROOM}})`, legend: '{{room}} waiting' },
          { expr: `max by (room) (alertmanager_matrix_outbox_buried{${ROOM}})`, legend: '{{room}} rejected' },
        ],
        width: 8,
      },
      BAD_ABOVE_ZERO,
    ),
    numbers(
      {
        title: 'Device and sync',
        description: 'Whether the device is cross-signed, and the time since the last sync.',
        unit: 'short',
        queries: [
          { expr: 'min(alertmanager_matrix_device_cross_signed)', legend: 'cross-signed' },
          {
            expr: 'round(time() - max(alertmanager_matrix_sync_last_success_timestamp_seconds))',
            legend: 'sync age (s)',
          },
        ],
        width: 8,
      },
      GOOD_IS_ONE,
    ),
  ];
}

function deliveries() {
  return [
    curves({
      title: 'Webhooks and messages',
      description: 'Webhooks and deliveries per minute.',
      unit: 'short',
      queries: [
        {
          expr: `60 * sum by (outcome) (rate(alertmanager_matrix_webhooks_total${RATE}))`,
          legend: 'webhook {{outcome}}',
        },
        {
          expr: `60 * sum by (kind, outcome) (rate(alertmanager_matrix_deliveries_total{${ROOM}}${RATE}))`,
          legend: '{{kind}} {{outcome}}',
        },
      ],
      width: 12,
    }),
    curves({
      title: 'Latency',
      description:
        '90th percentile: until a webhook was answered, until the homeserver had the message, and of a key-store commit.',
      unit: 's',
      queries: ['webhook_duration', 'delivery_duration', 'crypto_commit_duration'].map((name) => ({
        expr: `histogram_quantile(0.9, sum by (le) (rate(alertmanager_matrix_${name}_seconds_bucket${RATE})))`,
        legend: name.replaceAll('_', ' '),
      })),
      width: 12,
    }),
    curves({
      title: 'Failures',
      description: 'Failed deliveries and requests to the homeserver per hour, and devices without keys.',
      unit: 'short',
      queries: [
        {
          expr: `3600 * sum by (reason) (rate(alertmanager_matrix_delivery_failures_total{${ROOM}}${RATE}))`,
          legend: 'delivery: {{reason}}',
        },
        {
          expr: `3600 * sum by (reason) (rate(alertmanager_matrix_homeserver_failures_total${RATE}))`,
          legend: 'homeserver: {{reason}}',
        },
        {
          expr: `3600 * sum by (code) (rate(alertmanager_matrix_keys_withheld_total{${ROOM}}${RATE}))`,
          legend: 'keys withheld: {{code}}',
        },
      ],
      width: 12,
    }),
    numbers({
      title: 'Versions',
      description: 'Running builds.',
      unit: 'short',
      queries: [
        { expr: 'max by (version) (claude_usage_exporter_build_info)', legend: 'exporter {{version}}' },
        { expr: 'max by (version) (alertmanager_matrix_bridge_build_info)', legend: 'bridge {{version}}' },
      ],
      width: 12,
      height: 8,
    }),
  ];
}
