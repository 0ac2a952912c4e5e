import { stringify } from 'yaml';
import { DEFAULT_OPTIONS } from '../src/options.ts';
import type { AlertingRule } from '../src/rule.ts';
import { ruleFiles } from '../src/rule-files.ts';

/** One course of the metrics, and when one alert fires over it. Times are promtool's: they start at the epoch. */
export interface Scenario {
  readonly alert: string;
  readonly name: string;
  /** Series and values in promtool's notation, one value a minute unless `interval` says otherwise. */
  readonly series: Readonly<Record<string, string>>;
  readonly interval?: string;
  /** Evaluation interval; a minute unless the scenario is long. */
  readonly evaluate?: string;
  readonly silentAt?: readonly string[];
  readonly firingAt?: readonly string[];
  /** Expected alerts: labels without those of the rule, and the summary. */
  readonly firing?: readonly Firing[];
}

export interface Firing {
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  /** `chart_end`, where the alert has one. For a threshold it is the occurrence as well. */
  readonly chartEnd?: string;
}

const FILES = ruleFiles(DEFAULT_OPTIONS);
const GROUPS = FILES.flatMap(({ groups }) => groups);
const ALERTS = new Map(
  GROUPS.flatMap(({ rules }) => rules).flatMap((rule) => ('alert' in rule ? [[rule.alert, rule] as const] : [])),
);

export interface PromtoolTest {
  /** The rule file of the alerts, relative to the rules folder. */
  readonly file: string;
  readonly text: string;
}

/** promtool test files of scenarios. `folder` is where the rule files are, as seen from the test files. */
export function promtoolTests(scenarios: readonly Scenario[], folder: string): PromtoolTest[] {
  const groups = Map.groupBy(scenarios, ({ alert, evaluate = '1m' }) => `${fileOf(alert)} ${evaluate}`);
  return [...groups].map(([key, group]) => {
    const [file = '', interval] = key.split(' ');
    const needed = FILES.filter(({ path }) => path === file || (path === 'recording.yml' && usesRecords(file)));
    return {
      file,
      text: stringify({
        rule_files: needed.map(({ path }) => `${folder}/${path}`),
        evaluation_interval: interval,
        group_eval_order: needed.flatMap(({ groups: inFile }) => inFile.map(({ name }) => name)),
        tests: group.map(promtoolScenario),
      }),
    };
  });
}

function fileOf(alert: string): string {
  const file = FILES.find(({ groups }) =>
    groups.some(({ rules }) => rules.some((rule) => 'alert' in rule && rule.alert === alert)),
  );
  if (!file) throw new Error(`There is no alert ${alert}.`);
  return file.path;
}

/** Evaluating the recording rules costs most of the time, and the programs' own alerts need none. */
function usesRecords(file: string): boolean {
  return file !== 'alerts/exporter.yml' && file !== 'alerts/bridge.yml';
}

function promtoolScenario({ alert, name, series, silentAt = [], firingAt = [], ...scenario }: Scenario) {
  return {
    name: `${alert}: ${name}`,
    interval: scenario.interval ?? scenario.evaluate ?? '1m',
    input_series: Object.entries(series).map(([metric, values]) => ({ series: metric, values })),
    alert_rule_test: [
      ...silentAt.map((time) => ({ eval_time: time, alertname: alert })),
      ...firingAt.map((time) => ({
        eval_time: time,
        alertname: alert,
        exp_alerts: (scenario.firing ?? []).map((firing) => expected(alert, firing)),
      })),
    ],
  };
}

function expected(alert: string, { labels, summary, chartEnd }: Firing) {
  const rule = ALERTS.get(alert);
  if (!rule) throw new Error(`There is no alert ${alert}.`);
  return {
    exp_labels: { ...constant(rule.labels), ...labels },
    exp_annotations: { ...annotations(rule, labels), summary, ...atEnd(rule, chartEnd) },
  };
}

function atEnd(rule: AlertingRule, chartEnd: string | undefined): Record<string, string> {
  if (chartEnd === undefined) return {};
  return { chart_end: chartEnd, ...('occurrence' in rule.annotations ? { occurrence: chartEnd } : {}) };
}

/** The annotations besides the summary contain no template but labels. */
function annotations(rule: AlertingRule, labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(rule.annotations).map(([name, text]) => [
      name,
      text.replaceAll(/{{ \$labels\.(\w+) }}/g, (_, label: string) => labels[label] ?? ''),
    ]),
  );
}

function constant(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => !value.includes('{{')));
}
