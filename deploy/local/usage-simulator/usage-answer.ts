import { readFileSync } from 'node:fs';
import type { Shape, WindowValues } from './scenario.ts';

type Json = Record<string, unknown>;
interface LimitRow extends Json {
  kind: string;
  scope: { model?: { display_name: string } | null; surface?: { display_name: string } | null } | null;
}

const BODIES = new URL('bodies/', import.meta.url);

/** Returns a captured body with the given values in the windows that it has. */
export function usageBody(shape: Shape, values: ReadonlyMap<string, WindowValues>, jitterMs: number): Json {
  const body = JSON.parse(readFileSync(new URL(`${shape}-2026.json`, BODIES), 'utf8')) as Json;
  const resets = new Map([...values].map(([window, { resetsAt }]) => [window, timestamp(resetsAt, jitterMs)]));
  for (const [window, { percent }] of values) {
    const section = body[window] as Json | null | undefined;
    if (section) Object.assign(section, { utilization: Math.round(percent * 10) / 10, resets_at: resets.get(window) });
  }
  for (const row of (body.limits ?? []) as LimitRow[]) {
    const window = windowOf(row);
    const value = values.get(window);
    if (value) Object.assign(row, { percent: Math.round(value.percent), resets_at: resets.get(window) });
  }
  return body;
}

function windowOf({ kind, scope }: LimitRow): string {
  if (kind === 'session') return 'five_hour';
  if (kind === 'weekly_all') return 'seven_day';
  return `seven_day_${(scope?.model ?? scope?.surface)?.display_name.toLowerCase()}`;
}

// The API sends microseconds and an offset, and different ones in each response.
function timestamp(resetsAt: number | null, jitterMs: number): string | null {
  if (resetsAt === null) return null;
  const time = resetsAt + jitterMs;
  const micros = String(Math.floor((time % 1) * 1000)).padStart(3, '0');
  return new Date(time).toISOString().replace('Z', `${micros}+00:00`);
}

/** Returns the same sequence at every start: numbers from -1000 to 1000, the spread of the API's responses for one reset. */
export function createJitter(): () => number {
  let state = 20_260_722;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32) * 2000 - 1000;
  };
}
