import { readFileSync } from 'node:fs';
import { DEFAULT_OPTIONS, type RulesOptions } from './options.ts';
import { renderAlertmanagerConfig } from './render/alertmanager-config.ts';
import { renderPrometheusRule } from './render/kubernetes.ts';
import { renderRuleFile } from './render/plain.ts';
import { renderRunbook } from './render/runbook.ts';
import { ruleFiles } from './rule-files.ts';

export interface GeneratedFile {
  /** Relative to the output folder. */
  readonly path: string;
  readonly text: string;
}

/**
 * Severities of the Kubernetes form. The inhibition that kube-prometheus ships compares `namespace` and `alertname` only:
 * a `critical` alert of one account would mute the `warning` of another, and every `info` alert is muted most of the time.
 */
const KUBERNETES_SEVERITIES = { critical: 'page', info: 'notice' };

/** The rules in the plain form: what `rule_files` in prometheus.yml names. */
export function plainFiles(options: RulesOptions): GeneratedFile[] {
  return ruleFiles(options).map((file) => ({ path: file.path, text: renderRuleFile(file) }));
}

/** The operator adds this namespace to every matcher of an AlertmanagerConfig, so the alerts must carry it. */
const KUBERNETES_NAMESPACE = 'claude-usage';

/** The rules and the routing as objects of prometheus-operator. */
export function kubernetesFiles(options: RulesOptions): GeneratedFile[] {
  const severities = { ...KUBERNETES_SEVERITIES, ...options.severities };
  const namespace = options.static_labels.namespace ?? KUBERNETES_NAMESPACE;
  const files = ruleFiles({ ...options, severities, static_labels: { ...options.static_labels, namespace } });
  const routing = readFileSync(new URL('../alertmanager.yml', import.meta.url), 'utf8');
  return [
    { path: 'kubernetes/prometheusrule.yaml', text: renderPrometheusRule(files, namespace) },
    {
      path: 'kubernetes/alertmanagerconfig.yaml',
      text: renderAlertmanagerConfig(routing, {
        namespace,
        bridgeUrl: `http://alertmanager-matrix-bridge.${namespace}.svc:10086/api/v1/alerts`,
        tokenSecret: 'alertmanager-matrix-bridge',
        severities,
      }),
    },
  ];
}

/** The page of every alert, with its rule below the text. Fails when an alert has no page. */
function runbookFiles(): GeneratedFile[] {
  const rules = ruleFiles(DEFAULT_OPTIONS).flatMap(({ groups }) => groups.flatMap((group) => group.rules));
  return rules.flatMap((rule) => {
    if (!('alert' in rule)) return [];
    const path = `runbooks/${rule.alert}.md`;
    return [{ path, text: renderRunbook(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'), rule) }];
  });
}

/** Generated files that are committed in rules/. */
export function committedFiles(): GeneratedFile[] {
  return [...plainFiles(DEFAULT_OPTIONS), ...kubernetesFiles(DEFAULT_OPTIONS), ...runbookFiles()];
}
