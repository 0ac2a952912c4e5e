import {
  type Forecast,
  HOUR_MS,
  type Method,
  type UsagePoint,
  WEEK_HOURS,
} from '../../../exporter/src/forecast/method.ts';
import { extrapolate } from '../../../exporter/src/forecast/methods/extrapolate.ts';
import { isNewWindow } from '../../../exporter/src/forecast/new-window.ts';

/** Utilization at each hour of a week. */
type Curve = readonly number[];

interface PeerMemory {
  readonly last: UsagePoint | null;
  readonly curve: Curve;
  /** Finished weeks, newest first. */
  readonly weeks: readonly Curve[];
  /** Use of the last day in percent, fading. */
  readonly recent: number;
}

const MAX_WEEKS = 8;
const START: PeerMemory = { last: null, curve: [], weeks: [], recent: 0 };

/** Adds a point to the curves of the last weeks, which other programs remember. */
function observe(memory: PeerMemory, point: UsagePoint): PeerMemory {
  const { last, weeks } = memory;
  const isNew = last !== null && isNewWindow(last, point);
  const hour = Math.min(WEEK_HOURS, Math.max(0, Math.floor(WEEK_HOURS - (point.resetsAt - point.at) / HOUR_MS)));
  const curve = isNew ? [] : memory.curve;
  const filled = Array.from({ length: hour + 1 }, (_, k) =>
    k < hour ? (curve[k] ?? curve.at(-1) ?? 0) : point.percent,
  );
  const used = Math.max(0, point.percent - (last && !isNew ? last.percent : 0));
  return {
    last: point,
    curve: filled,
    weeks: isNew ? [complete(memory.curve), ...weeks].slice(0, MAX_WEEKS) : weeks,
    recent: memory.recent * (last ? Math.exp((last.at - point.at) / (24 * HOUR_MS)) : 0) + (last ? used : 0),
  };
}

/** A week that ran out goes on at the average speed that got it there. */
function complete(curve: Curve): Curve {
  const full = curve.findIndex((percent) => percent >= 100);
  return Array.from({ length: WEEK_HOURS + 1 }, (_, k) =>
    full > 0 && k > full ? (100 * k) / full : (curve[k] ?? curve.at(-1) ?? 0),
  );
}

/**
 * CodexBar's learned weekly curve, in our words: past weeks are continued from the present utilization, weighed by
 * exp(-age / 3 weeks). The chance is the weight of those that reach 100 %, smoothed. Below five weeks, the average.
 */
export const learnedCurve: Method<PeerMemory> = {
  name: 'default',
  start: START,
  observe,
  forecast({ last, curve, weeks }): Forecast {
    if (!last) return { unknown: 'too_early' };
    const hour = curve.length - 1;
    if (weeks.length < 5) return extrapolate(last, last.percent / Math.max(1, hour) / HOUR_MS);
    const weighed = weeks.map((week, age) => {
      const crossing = week.findIndex((percent, k) => k > hour && percent - (week[hour] ?? 0) + last.percent >= 100);
      return { weight: Math.exp(-(age + 1) / 3), hours: crossing < 0 ? Number.POSITIVE_INFINITY : crossing - hour };
    });
    const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
    const out = weighed.filter(({ hours }) => Number.isFinite(hours)).toSorted((a, b) => a.hours - b.hours);
    const mass = out.reduce((sum, { weight }) => sum + weight, 0);
    const probability = (mass + 0.5) / (total + 1);
    let seen = 0;
    const median = out.find(({ weight }) => {
      seen += weight;
      return seen >= mass / 2;
    });
    const time = probability >= 0.5 && median ? last.at + median.hours * HOUR_MS : Number.POSITIVE_INFINITY;
    return { ...extrapolate(last, 0), probability, p10: time, p50: time, p90: time };
  },
};

/**
 * vibe-bar's blend, from its description: 0.52 of the recent speed, 0.34 of what past weeks used from this hour on, and
 * 0.14 of the habit, for which the average of past weeks stands here. A line, so it is sure of one outcome.
 */
export const blend: Method<PeerMemory> = {
  name: 'default',
  start: START,
  observe,
  forecast({ last, curve, weeks, recent }): Forecast {
    if (!last) return { unknown: 'too_early' };
    const hour = curve.length - 1;
    const left = Math.max(1, WEEK_HOURS - hour);
    const average = last.percent / Math.max(1, hour);
    const mean = (values: readonly number[]): number =>
      values.length === 0 ? average : values.reduce((sum, value) => sum + value, 0) / values.length;
    const rest = mean(weeks.map((week) => ((week[WEEK_HOURS] ?? 0) - (week[hour] ?? 0)) / left));
    const habit = mean(weeks.map((week) => (week[WEEK_HOURS] ?? 0) / WEEK_HOURS));
    return extrapolate(last, (0.52 * (recent / 24) + 0.34 * rest + 0.14 * habit) / HOUR_MS);
  },
};
