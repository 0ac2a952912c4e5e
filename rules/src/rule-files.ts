import { accountAlerts } from './alerts/account.ts';
import { alertBuilder } from './alerts/alert.ts';
import { bridgeAlerts } from './alerts/bridge.ts';
import { exporterAlerts } from './alerts/exporter.ts';
import { forecastAlerts } from './alerts/forecast.ts';
import { resetAlerts } from './alerts/resets.ts';
import { thresholdAlerts } from './alerts/thresholds.ts';
import type { RulesOptions } from './options.ts';
import { labelsOf } from './promql.ts';
import { recordingFile } from './recording/recording-file.ts';
import type { RuleFile } from './rule.ts';

/** All rules of an installation, in the files of the plain form. */
export function ruleFiles(options: RulesOptions): RuleFile[] {
  const labels = labelsOf(options);
  const alert = alertBuilder(options);
  return [
    recordingFile(options, labels),
    thresholdAlerts(alert, labels),
    resetAlerts(alert),
    forecastAlerts(alert, labels, options),
    accountAlerts(alert, labels, options),
    exporterAlerts(alert, labels, options),
    bridgeAlerts(alert, labels, options),
  ];
}
