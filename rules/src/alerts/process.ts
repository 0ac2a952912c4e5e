import { promql } from '../promql.ts';
import type { AlertDefinition } from './alert.ts';

type Shared = Pick<AlertDefinition, 'comment' | 'expr' | 'for' | 'notify' | 'severity' | 'dashboard'>;

/** A program that does not answer scrapes. */
export function down(selector: string): Shared {
  return {
    comment:
      'The target label `down_severity` sets the severity; `none` turns the alert off, for a machine that may sleep.',
    expr: `up{${selector},down_severity!="none"} == 0`,
    for: '10m',
    notify: 'state',
    severity: 'fromTarget',
    dashboard: 'operations',
  };
}

/** A program that no scrape configuration knows, unless every target of the last week may sleep. */
export function absence(selector: string): Shared {
  return {
    comment: 'A target with `down_severity: none` may disappear from service discovery for a week.',
    expr: promql`
      absent(up{${selector}})
      unless on ()
      count_over_time(up{${selector},down_severity="none"}[7d:1h])`,
    for: '10m',
    notify: 'state',
    severity: 'critical',
    dashboard: 'operations',
  };
}

/** A configuration file that was changed and rejected. */
export function reloadFailed(metric: string): Shared & Pick<AlertDefinition, 'description'> {
  return {
    expr: `${metric} == 0`,
    for: '10m',
    notify: 'state',
    severity: 'warning',
    description: 'The last reload was rejected. The log names every problem.',
    dashboard: 'operations',
  };
}
