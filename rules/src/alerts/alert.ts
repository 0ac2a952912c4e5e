import type { RulesOptions, Severity } from '../options.ts';
import { repositoryAddress } from '../repository.ts';
import type { AlertingRule } from '../rule.ts';

/** `event`: it happened and never shows as resolved. `state`: it lasts and resolves. */
export type Notify = 'event' | 'state';

export interface AlertDefinition {
  readonly alert: string;
  readonly comment?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keepFiringFor?: string;
  readonly notify: Notify;
  /** `fromSeries`: the expression already has the label. `fromTarget`: the target label `down_severity`, else critical. */
  readonly severity: Severity | 'fromSeries' | 'fromTarget';
  /** One sentence that starts with the fact and fits a lock screen. */
  readonly summary: string;
  /** Left out where the summary says it all. */
  readonly description?: string;
  /**
   * What happened, for an event that stays active. The start of an alert is new after a restart of Prometheus; with the same
   * occurrence it is still the same event.
   */
  readonly occurrence?: string;
  readonly dashboard: 'account' | 'operations';
  readonly chart?: { readonly query: string; readonly end?: string };
}

export type AlertBuilder = (definition: AlertDefinition) => AlertingRule;

export function alertBuilder(options: RulesOptions): AlertBuilder {
  return (definition) => ({
    alert: definition.alert,
    ...(definition.comment ? { comment: definition.comment } : {}),
    expr: definition.expr,
    ...(definition.for ? { for: definition.for } : {}),
    ...(definition.keepFiringFor ? { keep_firing_for: definition.keepFiringFor } : {}),
    labels: { ...severityLabel(definition.severity, options), notify: definition.notify, ...options.static_labels },
    annotations: {
      summary: definition.summary,
      ...(definition.description ? { description: definition.description } : {}),
      runbook_url: runbookUrl(definition.alert, options),
      dashboard_url: dashboardUrl(definition.dashboard, options),
      ...(definition.occurrence ? { occurrence: definition.occurrence } : {}),
      ...(definition.chart ? { chart_query: definition.chart.query } : {}),
      ...(definition.chart?.end ? { chart_end: definition.chart.end } : {}),
    },
  });
}

function severityLabel(severity: AlertDefinition['severity'], { severities }: RulesOptions): { severity?: string } {
  const renamed = Object.entries(severities);
  if (severity === 'fromTarget') {
    return { severity: `{{ or $labels.down_severity "${severities.critical ?? 'critical'}" }}` };
  }
  if (severity !== 'fromSeries') return { severity: severities[severity] ?? severity };
  if (renamed.length === 0) return {};
  const cases = renamed.map(([from, to]) => `if eq $labels.severity "${from}" }}${to}{{ else `).join('');
  return { severity: `{{ ${cases}}}{{ $labels.severity }}{{ end }}` };
}

function runbookUrl(alert: string, { exporter_url }: RulesOptions): string {
  const repository = repositoryAddress();
  return repository === undefined
    ? `${exporter_url}/docs/runbook/${alert}`
    : `${repository}/blob/main/rules/runbooks/${alert}.md`;
}

function dashboardUrl(dashboard: AlertDefinition['dashboard'], { grafana_url, exporter_url }: RulesOptions): string {
  if (grafana_url === undefined) return `${exporter_url}/`;
  return dashboard === 'account'
    ? `${grafana_url}/d/claude-usage-account?var-account={{ $labels.account }}`
    : `${grafana_url}/d/claude-usage-operations`;
}
