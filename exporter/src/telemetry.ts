import { buildInfo } from '@repo/common/build-info';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { TELEMETRY_METRICS, type TelemetryMetric } from './catalogue.ts';
import { REFRESH_OUTCOMES, type RefreshOutcome } from './credentials/refresh.ts';
import { type Format, renderHeader, renderSample } from './exposition.ts';
import { REFUSAL_REASONS, type RefusalReason } from './gate.ts';
import { POLL_OUTCOMES, type PollOutcome } from './poll-outcome.ts';
import { BODY_SECTIONS, type BodySection } from './usage-body.ts';

/** The metrics about the program itself. */
export interface Telemetry {
  countPoll(account: string, outcome: PollOutcome): void;
  countRefresh(account: string, outcome: RefreshOutcome): void;
  countSchemaError(account: string, section: BodySection): void;
  countRefusal(account: string, reason: RefusalReason): void;
  observeRequest(seconds: number): void;
  render(format: Format): Promise<string>;
}

// These gauges of prom-client end in _total, which is for counters only.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** `accounts` are polled; those in `renewed` may have logins that this program renews; those in `gated` have a gate. */
export function createTelemetry(
  accounts: readonly string[],
  nodeVersion: string,
  renewed: readonly string[] = [],
  gated: readonly string[] = accounts,
): Telemetry {
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
  // From the start at 0, so that the first failure is an increase.
  for (const account of accounts) {
    for (const outcome of POLL_OUTCOMES) polls.inc({ account, outcome }, 0);
    for (const section of BODY_SECTIONS) schemaErrors.inc({ account, section }, 0);
  }
  for (const account of renewed) for (const outcome of REFRESH_OUTCOMES) refreshes.inc({ account, outcome }, 0);
  for (const account of gated) for (const reason of REFUSAL_REASONS) refusals.inc({ account, reason }, 0);

  // With many accounts these are thousands of series, which seldom change between two scrapes.
  let rendered = new Map<Format, Promise<string>>();
  const change = (apply: () => void) => {
    apply();
    rendered = new Map();
  };
  return {
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
