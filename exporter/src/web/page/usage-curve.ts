import { type Html, html } from '@repo/common/html';
import type { AccountView } from '../../account/account-state.ts';
import type { History, UsageSample } from '../../history/history.ts';
import type { WindowUsage } from '../../usage/usage-body.ts';
import { windowDurationSeconds } from '../../usage/windows.ts';

const MOST_POINTS = 120;
/** Where nothing was recorded for longer than this share of the window, the curve is left open. */
const LONGEST_BRIDGED_GAP = 1 / 20;

/** When the window began that `usage` tells of; `undefined` while it has not. */
export function windowStart({ window, resetsAt }: WindowUsage): number | undefined {
  return resetsAt === undefined ? undefined : resetsAt - windowDurationSeconds(window) * 1000;
}

/** Thins samples out to what a curve can show: the last one of each stretch of time. */
export function thinOut(samples: readonly UsageSample[], start: number, durationMs: number): readonly UsageSample[] {
  const byStretch = new Map(
    samples.map((sample) => [Math.floor(((sample.at - start) / durationMs) * MOST_POINTS), sample]),
  );
  return [...byStretch.values()];
}

/** The use of the present window from its beginning to its reset, beside the even pace that would use it up exactly. */
export function renderCurve(usage: WindowUsage, samples: readonly UsageSample[], label: string): Html | '' {
  const start = windowStart(usage);
  if (start === undefined || samples.length === 0) return '';
  const durationMs = windowDurationSeconds(usage.window) * 1000;
  const top = Math.max(100, ...samples.map(({ percent }) => percent));
  const x = ({ at }: UsageSample) => round(((at - start) / durationMs) * 100);
  const y = (percent: number) => round(100 - (percent / top) * 100);
  const stretches = splitAtGaps(samples, durationMs * LONGEST_BRIDGED_GAP);
  const line = stretches.map(
    (stretch) => `M${stretch.map((sample) => `${x(sample)} ${y(sample.percent)}`).join('L')}h.01`,
  );
  const area = stretches.map((stretch) => {
    const [first, last] = [stretch[0], stretch.at(-1)];
    if (!first || !last) return '';
    return `M${x(first)} 100L${stretch.map((sample) => `${x(sample)} ${y(sample.percent)}`).join('L')}L${x(last)} 100Z`;
  });
  return html`<svg class="curve" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${label}">
<line class="pace" x1="0" y1="100" x2="100" y2="${y(100)}"/>
<path class="area" d="${area.join('')}"/><path class="course" d="${line.join('')}"/></svg>`;
}

function splitAtGaps(samples: readonly UsageSample[], longestGapMs: number): UsageSample[][] {
  const stretches: UsageSample[][] = [];
  let before: UsageSample | undefined;
  for (const sample of samples) {
    if (before && sample.at - before.at <= longestGapMs) stretches.at(-1)?.push(sample);
    else stretches.push([sample]);
    before = sample;
  }
  return stretches;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The course of a window that an account shows. */
export type CurveOf = (view: AccountView, usage: WindowUsage) => readonly UsageSample[];

/** Reads curves from the history, each once for each new snapshot, because the page is asked for every few seconds. */
export function createCurves({ samplesSince }: Pick<History, 'samplesSince'>): CurveOf {
  const known = new Map<string, { readonly moment: string; readonly samples: readonly UsageSample[] }>();
  return ({ state: { account }, current }, usage) => {
    const start = windowStart(usage);
    if (!current || start === undefined) return [];
    // Between two polls, a status line may tell of more use.
    const moment = `${current.snapshot.fetchedAt} ${usage.percent}`;
    const key = `${account} ${usage.window}`;
    const before = known.get(key);
    if (before?.moment === moment) return before.samples;
    const durationMs = windowDurationSeconds(usage.window) * 1000;
    const samples = thinOut(samplesSince(account, usage.window, start), start, durationMs);
    known.set(key, { moment, samples });
    return samples;
  };
}
