import type { RateLimit, RateLimits } from '../report/rate-limits.ts';

const DAY_MS = 86_400_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The status line: usage of the windows and their resets, in local time. */
export function statuslineText({ five_hour, seven_day }: RateLimits, now: number): string {
  const parts = [...windowText('5h', five_hour, now), ...windowText('7d', seven_day, now)];
  return parts.length === 0 ? 'usage not known yet' : parts.join(' · ');
}

function windowText(name: string, limit: RateLimit | undefined, now: number): string[] {
  if (!limit) return [];
  const used = `${name} ${Math.round(limit.used_percentage)}%`;
  if (limit.resets_at === undefined) return [used];
  const resetsAt = limit.resets_at * 1000;
  // Claude Code repeats a window that is over until it learns the next one.
  return resetsAt <= now ? [] : [`${used} until ${localTime(resetsAt, now)}`];
}

// Not Intl, which takes longer to load than all the rest of a status line.
function localTime(ms: number, now: number): string {
  const date = new Date(ms);
  const clock = [date.getHours(), date.getMinutes()].map((number) => String(number).padStart(2, '0')).join(':');
  return ms - now < DAY_MS ? clock : `${WEEKDAYS[date.getDay()]} ${clock}`;
}
