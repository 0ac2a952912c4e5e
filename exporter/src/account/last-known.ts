import type { WindowUsage } from '../usage/usage-body.ts';

/**
 * What is known of the windows that have not reset yet. A newer value replaces an older one; a window that an answer
 * leaves out, say because its section could not be read, stays known until it resets.
 */
export function updateLastKnown(
  known: readonly WindowUsage[],
  latest: readonly WindowUsage[],
  now: number,
): readonly WindowUsage[] {
  const windows = new Map([...known, ...latest].map((usage) => [usage.window, usage]));
  return [...windows.values()].filter(({ resetsAt }) => resetsAt !== undefined && resetsAt > now);
}
