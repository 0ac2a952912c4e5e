import { isWeekly, type WindowName } from './windows.ts';

/** A utilization that an alert is wanted for. */
export interface Threshold {
  readonly percent: number;
  readonly severity: Severity;
}

export type Severity = 'info' | 'warning' | 'critical';

export interface Thresholds {
  readonly weekly: readonly Threshold[];
  readonly fiveHour: readonly Threshold[];
}

const WARNING_FROM = 80;
const CRITICAL_FROM = 95;

export function thresholdAt(percent: number): Threshold {
  if (percent >= CRITICAL_FROM) return { percent, severity: 'critical' };
  return { percent, severity: percent >= WARNING_FROM ? 'warning' : 'info' };
}

export function thresholdsOf(window: WindowName, { weekly, fiveHour }: Thresholds): readonly Threshold[] {
  return isWeekly(window) ? weekly : fiveHour;
}
