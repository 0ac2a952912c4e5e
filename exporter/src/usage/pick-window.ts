import type { WindowUsage } from './windows.ts';

/** Responses name the same reset up to two seconds apart; the resets of two periods are hours apart. */
const SAME_RESET_MS = 60_000;

/** One mention of a window in a usage body. */
export interface Mention {
  readonly usage: WindowUsage;
  /** Mentioned by its own key, which has the finer number, and not by a row of `limits[]`. */
  readonly isTopLevel: boolean;
}

/** Returns the usage of a window that a body mentions at least once: of the current period, from the best mention. */
export function pickWindow([first, ...others]: readonly [Mention, ...Mention[]], now: number): WindowUsage {
  const best = others.reduce((chosen, other) => (isBetter(other, chosen, now) ? other : chosen), first);
  if (!best.isTopLevel) return best.usage;
  // Top-level keys have no name and no flag, so those of the row for the same period apply.
  const rows = others.filter(({ usage, isTopLevel }) => !isTopLevel && isSamePeriod(usage, best.usage));
  const name = rows.map(({ usage }) => usage.displayName).find((displayName) => displayName !== undefined);
  return {
    ...best.usage,
    ...(name === undefined ? {} : { displayName: name }),
    ...(rows.length === 0 ? {} : { active: rows.some(({ usage }) => usage.active) }),
  };
}

function isBetter(a: Mention, b: Mention, now: number): boolean {
  const [currentA, currentB] = [isCurrent(a.usage, now), isCurrent(b.usage, now)];
  if (currentA !== currentB) return currentA;
  if (!isSamePeriod(a.usage, b.usage)) {
    const [endA, endB] = [a.usage.resetsAt ?? 0, b.usage.resetsAt ?? 0];
    // Of two periods ahead the next one to end is current; of two past ones the later.
    return currentA ? endA < endB : endA > endB;
  }
  // A mention without a reset may be a placeholder.
  const [hasResetA, hasResetB] = [a.usage.resetsAt !== undefined, b.usage.resetsAt !== undefined];
  if (hasResetA !== hasResetB) return hasResetA;
  if (a.isTopLevel !== b.isTopLevel) return a.isTopLevel;
  if (a.usage.percent !== b.usage.percent) return a.usage.percent > b.usage.percent;
  return a.usage.active === true && b.usage.active !== true;
}

function isCurrent({ resetsAt }: WindowUsage, now: number): boolean {
  return resetsAt === undefined || resetsAt > now;
}

function isSamePeriod(a: WindowUsage, b: WindowUsage): boolean {
  if (a.resetsAt === undefined || b.resetsAt === undefined) return true;
  return Math.abs(a.resetsAt - b.resetsAt) <= SAME_RESET_MS;
}
