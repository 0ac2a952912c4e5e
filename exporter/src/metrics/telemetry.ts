import { buildInfo } from '@repo/common/build-info';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { REFUSAL_REASONS, type RefusalReason } from '../account/gate.ts';
import { POLL_OUTCOMES, type PollOutcome } from '../account/poll-outcome.ts';
import { REFRESH_OUTCOMES, type RefreshOutcome } from '../credentials/refresh/keep-fresh.ts';
import { BODY_SECTIONS, type BodySection } from '../usage/usage-body.ts';
import { createAccountCounter } from './account-counter.ts';
import { TELEMETRY_METRICS, type TelemetryMetric } from './catalogue.ts';
import { type Format, renderHeader, renderSample } from './exposition.ts';

/** Account names by the counters that they have. */
export interface AccountGroups {
  readonly polled: readonly string[];
  /** Accounts whose logins this program may refresh. */
  readonly refreshed: readonly string[];
  readonly gated: readonly string[];
}

/** The metrics about the program itself. */
export interface Telemetry {
  /**
   * Sets the current accounts. Their series start at 0 so that the first increment shows in rate(); series of removed
   * accounts are dropped.
   */
  setAccounts(groups: AccountGroups): void;
  reloaded(isSuccessful: boolean, at: number): void;
  countPoll(account: string, outcome: PollOutcome): void;
  countRefresh(account: string, outcome: RefreshOutcome): void;
  countSchemaError(account: string, section: BodySection): void;
  countRefusal(account: string, reason: RefusalReason): void;
  observeRequest(seconds: number): void;
  /** Renders the counters by account: many series that seldom change. */
  renderCounters(format: Format): readonly Buffer[];
  /** Renders the rest: few series that change with each scrape. */
  renderProgram(format: Format): Promise<string>;
}

// Gauges of prom-client that end in _total, which is for counters only.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function createTelemetry(nodeVersion: string): Telemetry {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  for (const name of MISNAMED) ofProcess.removeSingleMetric(name);

  const ofProgram = new Registry();
  const define = <Name extends TelemetryMetric>(name: Name) => ({
    name,
    help: TELEMETRY_METRICS[name].help,
    labelNames: TELEMETRY_METRICS[name].labels,
    registers: [ofProgram],
  });
  const duration = new Histogram({
    ...define('claude_usage_poll_duration_seconds'),
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
  });
  new Gauge(define('claude_usage_exporter_build_info')).set({ ...buildInfo, node: nodeVersion }, 1);
  const reloadSuccessful = new Gauge(define('claude_usage_config_last_reload_successful'));
  const reloadSuccess = new Gauge(define('claude_usage_config_last_reload_success_timestamp_seconds'));
  const counter = <Value extends string>(name: TelemetryMetric, label: string, values: readonly Value[]) =>
    createAccountCounter(name, TELEMETRY_METRICS[name], label, values);
  const polls = counter('claude_usage_polls_total', 'outcome', POLL_OUTCOMES);
  const refreshes = counter('claude_usage_token_refreshes_total', 'outcome', REFRESH_OUTCOMES);
  const schemaErrors = counter('claude_usage_schema_errors_total', 'section', BODY_SECTIONS);
  const refusals = counter('claude_usage_gate_refusals_total', 'reason', REFUSAL_REASONS);
  const ofAccounts = [polls, refreshes, schemaErrors, refusals];

  return {
    setAccounts({ polled, refreshed, gated }) {
      polls.setAccounts(polled);
      schemaErrors.setAccounts(polled);
      refreshes.setAccounts(refreshed);
      refusals.setAccounts(gated);
    },
    reloaded(isSuccessful, at) {
      reloadSuccessful.set(Number(isSuccessful));
      if (isSuccessful) reloadSuccess.set(at / 1000);
    },
    countPoll: polls.count,
    countRefresh: refreshes.count,
    countSchemaError: schemaErrors.count,
    countRefusal: refusals.count,
    observeRequest: (seconds) => duration.observe(seconds),
    renderCounters: (format) => ofAccounts.map((family) => family.render(format)),
    renderProgram: async (format) => (await render(ofProgram, format)) + (await render(ofProcess, format)),
  };
}

// The registry's metrics() is not used: once asked for OpenMetrics, it drops `_total` from its counters' names for good.
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
