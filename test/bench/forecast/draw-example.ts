// Draws exporter/docs/forecast.svg: a week of a trace, its forecast on one evening, and what happened.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Distribution, isKnown } from '../../../exporter/src/forecast/method.ts';
import { rhythm } from '../../../exporter/src/forecast/methods/rhythm.ts';
import { chanceWords } from '../../../exporter/src/web/page/forecast-words.ts';
import { pointOf } from './replay.ts';
import { loadTraces, type Row, WEEK_MS } from './trace.ts';

const FILE = join(import.meta.dirname, '../../../exporter/docs/forecast.svg');
const [TRACE, WEEK, HOURS] = ['06', 3, 84] as const;
const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [820, 420, 60, 64, 20, 56] as const;

const rows = loadTraces().find(({ name }) => name === TRACE)?.weekly ?? [];
const resets = [...new Set(rows.map(({ resetsAt }) => resetsAt))];
const resetsAt = resets[WEEK] ?? 0;
const start = resetsAt - WEEK_MS;
const week = rows.filter((row) => row.resetsAt === resetsAt);
const method = rhythm();
const past = rows.filter(({ at }) => at <= start + HOURS * 3_600_000);
const now = past.at(-1) ?? past[0];
const forecast = method.forecast(past.map(pointOf).reduce(method.observe, method.start));
if (!now || !isKnown(forecast)) throw new Error('there is no forecast to draw');

const x = (at: number): number => round(LEFT + ((at - start) / WEEK_MS) * (WIDTH - LEFT - RIGHT));
const y = (percent: number): number => round(TOP + (1 - percent / 100) * (HEIGHT - TOP - BOTTOM));
const path = (points: readonly (readonly [number, number])[]): string =>
  points.map(([at, percent], k) => `${k === 0 ? 'M' : 'L'}${x(at)} ${y(percent)}`).join('');

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function edge(known: Distribution, time: number, quantile: number): readonly (readonly [number, number])[] {
  return time < resetsAt
    ? [
        [time, 100],
        [resetsAt, 100],
      ]
    : [[resetsAt, known.percentAtReset(quantile)]];
}

function curve(of: readonly Row[]): string {
  return path([[start, 0], ...of.map(({ at, percent }) => [at, percent] as const)]);
}

function day(at: number): string {
  return new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
  }).format(at);
}

const origin = [now.at, now.percent] as const;
const fan = path([origin, ...edge(forecast, forecast.p10, 0.9), ...edge(forecast, forecast.p90, 0.1).toReversed()]);
const ranOutAt = week.find(({ percent }) => percent >= 100)?.at;
const [from, to] = [0.1, 0.9].map((quantile) => day(forecast.timeIfExhausted(quantile)));
const text = (at: number, percent: number, words: string, extra = ''): string =>
  `<text x="${x(at)}" y="${y(percent)}" ${extra}>${words}</text>`;

writeFileSync(
  FILE,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title" font-family="sans-serif" font-size="14">
<title id="title">A weekly window: the curve so far, the forecast on one evening, and what happened</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="26" font-size="18" font-weight="bold">${chanceWords(forecast.probability)}: runs out ${from} to ${to}</text>
<text x="${LEFT}" y="46" fill="#6b6860">said ${day(now.at)}, when ${now.percent} % of the week was used; the reset is ${day(resetsAt)}</text>
${[0, 50, 100].map((percent) => `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(percent)}" y2="${y(percent)}" stroke="#e4e1d8"/><text x="${LEFT - 8}" y="${y(percent) + 5}" text-anchor="end" fill="#6b6860">${percent} %</text>`).join('\n')}
<path d="${fan}Z" fill="#2f7d6b" opacity=".2"/>
<path d="${path([origin, ...edge(forecast, forecast.p50, 0.5)])}" fill="none" stroke="#2f7d6b" stroke-width="2" stroke-dasharray="6 5"/>
<path d="${curve(week.filter(({ at }) => at >= now.at)).replace(/^M[^L]*L/, 'M')}" fill="none" stroke="#b3261e" stroke-width="2"/>
<path d="${curve(week.filter(({ at }) => at <= now.at))}" fill="none" stroke="#22211d" stroke-width="3"/>
<circle cx="${x(now.at)}" cy="${y(now.percent)}" r="6" fill="#22211d"/>
${text(now.at, now.percent, 'now', 'dx="10" dy="18" font-weight="bold"')}
${text(resetsAt, 78, '80 % of the outcomes', 'text-anchor="end" dx="-8" fill="#2f7d6b"')}
${ranOutAt === undefined ? '' : text(ranOutAt, 100, `really ran out ${day(ranOutAt)}`, 'text-anchor="middle" dy="-8" fill="#b3261e"')}
<text x="${LEFT}" y="${HEIGHT - 30}" fill="#6b6860">${day(start)}</text><text x="${WIDTH - RIGHT}" y="${HEIGHT - 30}" text-anchor="end" fill="#6b6860">reset ${day(resetsAt)}</text>
<text x="${LEFT}" y="${HEIGHT - 8}" fill="#6b6860">Black: used so far. Green: the forecast, with its median dashed. Red: what happened later.</text>
</svg>
`,
);
console.log(`wrote ${FILE}`);
