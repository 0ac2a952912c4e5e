import { describeErrors, parseUsageBody, type UsageReport } from '../../exporter/src/usage/usage-body.ts';

const DAY_MS = 86_400_000;
/** The longest window has seven days; the eighth is for clocks that differ. */
const FARTHEST_RESET_MS = 8 * DAY_MS;
const HIGHEST_PERCENT = 200;

export interface Verdict {
  readonly report: UsageReport | undefined;
  /** Differences from what this program expects; empty if there are none. */
  readonly doubts: readonly string[];
}

/** Whether an answer of the usage endpoint is still what this program was written for: its shape, scale and times. */
export function judgeUsage(body: unknown, now: number): Verdict {
  const report = parseUsageBody(body, now);
  if (!report) return { report, doubts: ['the body has no section of a usage answer'] };
  const { windows, schemaErrors } = report;
  const doubts: string[] = [];
  if (schemaErrors.length > 0) doubts.push(`parts could not be read: ${describeErrors(schemaErrors)}`);
  if (windows.length === 0) doubts.push('there is no window');
  for (const { window, percent, resetsAt } of windows) {
    if (percent < 0 || percent > HIGHEST_PERCENT) doubts.push(`${window} is used to ${percent} %`);
    if (resetsAt !== undefined && (resetsAt < now - DAY_MS || resetsAt > now + FARTHEST_RESET_MS))
      doubts.push(`${window} resets at ${new Date(resetsAt).toISOString()}`);
  }
  const used = windows.filter(({ percent }) => percent > 0);
  if (used.length > 0 && used.every(({ percent }) => percent < 1))
    doubts.push('no window in use reaches 1 %: the scale may be 0 to 1 now, where it was 0 to 100');
  return { report, doubts };
}
