import type { AlertGroup } from '../alerts/alert-group.ts';
import { commonLabels } from './describe-alert.ts';

/** Address of Alertmanager's form for a new silence with the labels that all alerts of the group share. */
export function silenceUrl({ externalUrl, alerts }: AlertGroup): string | undefined {
  if (externalUrl === undefined || !URL.canParse(externalUrl)) return undefined;
  const labels = Object.entries(commonLabels(alerts));
  if (labels.length === 0) return undefined;
  const filter = `{${labels.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`;
  return `${externalUrl.replace(/\/+$/, '')}/#/silences/new?filter=${encodeURIComponent(filter.toWellFormed())}`;
}
