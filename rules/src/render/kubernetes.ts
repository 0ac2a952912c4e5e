import { stringify } from 'yaml';
import type { RuleFile } from '../rule.ts';
import { NOTICE, plainGroup } from './plain.ts';

/** All rules as one object of prometheus-operator. */
export function renderPrometheusRule(files: readonly RuleFile[], namespace: string): string {
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'claude-usage', namespace, labels: { 'app.kubernetes.io/part-of': 'claude-usage' } },
    spec: { groups: files.flatMap(({ groups }) => groups.map(plainGroup)) },
  };
  return `# ${NOTICE}\n${stringify(rule, { lineWidth: 0 })}`;
}
