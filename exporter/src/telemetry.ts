import { buildInfo } from '@repo/common/build-info';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { TELEMETRY_METRICS, type TelemetryMetric } from './catalogue.ts';
import { REFRESH_OUTCOMES, type RefreshOutcome } from './credentials/refresh.ts';
import { type Format, renderHeader, renderSample } from './exposition.ts';
import { REFUSAL_REASONS, type RefusalReason } from './gate.ts';
import { POLL_OUTCOMES, type PollOutcome } from './poll-outcome.ts';
import { BODY_SECTIONS, type BodySection } from './usage-body.ts';

/** Accounts by what may happen to them. */
export interface AccountGroups {
  readonly polled: readonly string[];
  /** They may have logins that this program renews. */
  readonly renewed: readonly string[];
  readonly gated: readonly string[];
}

/** A counter that has a series for each account of a group and each value of one more label. */
interface AccountCounter {
  readonly counter: Counter<string>;
  readonly group: keyof AccountGroups;
  readonly label: string;
  readonly values: readonly string[];
}

/** The metrics about the program itself. */
export interface Telemetry {
  /** Names the accounts of now. What they may come to begins at 0, so that the first time is an increase; others end. */
  follow(groups: AccountGroups): void;
  reloaded(isSuccessful: boolean, at: number): void;
  countPoll(account: string, outcome: PollOutcome): void;
  countRefresh(account: string, outcome: RefreshOutcome): void;
  countSchemaError(account: string, section: BodySection): void;
  countRefusal(account: string, reason: RefusalReason): void;
  observeRequest(seconds: number): void;
  render(format: Format): Promise<string>;
}

// These gauges of prom-client end in _total, which is for counters only.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function createTelemetry(nodeVersion: string): Telemetry {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  for (const name of MISNAMED) ofProcess.removeSingleMetric(name);

  const ofPolls = new Registry();
  const define = <Name extends TelemetryMetric>(name: Name) => ({
    name,
    help: TELEMETRY_METRICS[name].help,
    labelNames: TELEMETRY_METRICS[name].labels,
    registers: [ofPolls],
  });
  const polls = new Counter(define('claude_usage_polls_total'));
  const refreshes = new Counter(define('claude_usage_token_refreshes_total'));
  const schemaErrors = new Counter(define('claude_usage_schema_errors_total'));
  const refusals = new Counter(define('claude_usage_gate_refusals_total'));
  const duration = new Histogram({
    ...define('claude_usage_poll_duration_seconds'),
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
  });
  new Gauge(define('claude_usage_exporter_build_info')).set({ ...buildInfo, node: nodeVersion }, 1);
  const reloadSuccessful = new Gauge(define('claude_usage_config_last_reload_successful'));
  const reloadSuccess = new Gauge(define('claude_usage_config_last_reload_success_timestamp_seconds'));
  const perAccount: readonly AccountCounter[] = [
    { counter: polls, group: 'polled', label: 'outcome', values: POLL_OUTCOMES },
    { counter: schemaErrors, group: 'polled', label: 'section', values: BODY_SECTIONS },
    { counter: refreshes, group: 'renewed', label: 'outcome', values: REFRESH_OUTCOMES },
    { counter: refusals, group: 'gated', label: 'reason', values: REFUSAL_REASONS },
  ];
  const followed = new Set<string>();

  // With many accounts these are thousands of series, which seldom change between two scrapes.
  let rendered = new Map<Format, Promise<string>>();
  const change = (apply: () => void) => {
    apply();
    rendered = new Map();
  };
  return {
    follow: (groups) =>
      change(() => {
        for (const { counter, group, label, values } of perAccount) {
          const present = new Set(groups[group]);
          const gone = [...followed].filter((account) => !present.has(account));
          for (const value of values) {
            for (const account of gone) counter.remove({ account, [label]: value });
            for (const account of present) counter.inc({ account, [label]: value }, 0);
          }
        }
        for (const account of Object.values(groups).flat()) followed.add(account);
      }),
    reloaded: (isSuccessful, at) =>
      change(() => {
        reloadSuccessful.set(Number(isSuccessful));
        if (isSuccessful) reloadSuccess.set(at / 1000);
      }),
    countPoll: (account, outcome) => change(() => polls.inc({ account, outcome })),
    countRefresh: (account, outcome) => change(() => refreshes.inc({ account, outcome })),
    countSchemaError: (account, section) => change(() => schemaErrors.inc({ account, section })),
    countRefusal: (account, reason) => change(() => refusals.inc({ account, reason })),
    observeRequest: (seconds) => change(() => duration.observe(seconds)),
    async render(format) {
      const known = rendered.get(format) ?? render(ofPolls, format);
      rendered.set(format, known);
      return (await known) + (await render(ofProcess, format));
    },
  };
}

// Not the registry's own text: once asked for OpenMetrics, it drops `_total` from its counters' names for good.
async function render(registry: Registry, format: Format): Promise<string> {
  const families = await registry.getMetricsAsJSON();
  return families
    .map(({ name, type, help, values }) => {
      const lines = values.map(({ value, labels, ...rest }) => {
        const suffix = 'metricName' in rest ? String(rest.metricName).slice(name.length) : '';
        return renderSample(name, { suffix, labels: labels as Record<string, string | number>, value }, format);
      });
      return renderHeader({ name, type: String(type), help }, format) + lines.join('');
    })
    .join('');
}
