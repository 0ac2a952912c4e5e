import { describe, expect, test } from 'vitest';
import type { AccountView } from '../../account/account-view.ts';
import { addGrades, NO_GRADES } from '../../forecast/grade-summary.ts';
import { type Distribution, HOUR_MS } from '../../forecast/method.ts';
import type { WindowForecast } from '../../forecast/window-outlook.ts';
import { forecastAnswer } from '../api/forecast-api.ts';
import { forecastSchema } from '../api/forecast-schemas.ts';
import { chanceWords, forecastSentence } from './forecast-words.ts';
import { renderForecast } from './page-forecast.ts';

const NOW = Date.parse('2026-01-07T12:00:00Z');
const RESETS_AT = Date.parse('2026-01-09T15:00:00Z');
const NEVER = Number.POSITIVE_INFINITY;
const likely: Distribution = {
  probability: 0.74,
  p10: NOW + 8 * HOUR_MS,
  p50: NOW + 26 * HOUR_MS,
  p90: NEVER,
  timeIfExhausted: (quantile) => NOW + (quantile < 0.5 ? 2 : 21) * HOUR_MS,
  percentAtReset: (quantile) => (quantile < 0.2 ? 80 : 100),
};
const unlikely: Distribution = {
  ...likely,
  probability: 0.04,
  p10: NEVER,
  p50: NEVER,
  percentAtReset: (q) => 40 + 30 * q,
};
const of = (known: Distribution, change: Partial<WindowForecast> = {}): WindowForecast => ({
  window: 'seven_day',
  point: { at: NOW, percent: 60, resetsAt: RESETS_AT },
  known: [['default', known]],
  ...change,
});
const text = (forecast: WindowForecast) => forecastSentence(forecast).html.replace(/<[^>]+>/g, '');

describe('the sentence', () => {
  test('says the chance and when, before the reset', () => {
    expect(text(of(likely))).toBe(
      '3 in 4: runs out 2026-01-07 14:00 UTC to 2026-01-08 09:00 UTC, before the reset on 2026-01-09 15:00 UTC.',
    );
  });

  test('says how far a window gets that will hardly run out', () => {
    expect(text(of(unlikely))).toBe(
      'Chance of running out: 1 in 20. Probably 43 % to 67 % at the reset on 2026-01-09 15:00 UTC.',
    );
  });

  test('says when a full window ran out, and why there is no forecast', () => {
    const full = of({ ...likely, probability: 1 }, { point: { at: NOW, percent: 100, resetsAt: RESETS_AT } });
    expect(text(full)).toMatch(/^Ran out on 2026-01-08 09:00 UTC, before the reset/);
    expect(text({ window: 'seven_day', unknown: 'stale', known: [] })).toBe('No forecast: no recent usage is known.');
  });

  test.each([
    [0, 'almost none'],
    [0.06, '1 in 20'],
    [0.52, '1 in 2'],
    [0.7, '2 in 3'],
    [1, '19 in 20'],
  ])('%d is said as %s', (probability, words) => {
    expect(chanceWords(probability)).toBe(words);
  });
});

const grades = addGrades(NO_GRADES, [
  { method: 'default', resetsAt: 1, forecasts: 9, brier: 0.1, coverage: 1, outcome: 'hit', errorMs: 1 },
]);
const view: AccountView = {
  state: { account: 'work', failures: 0, requests: [] },
  polled: true,
  current: {
    source: 'official_api',
    snapshot: {
      fetchedAt: NOW,
      windows: [
        { window: 'seven_day', percent: 60, resetsAt: RESETS_AT },
        { window: 'seven_day_fable', percent: 10, resetsAt: RESETS_AT, displayName: 'Fable 5' },
      ],
      unknownKeys: [],
    },
    windowSources: new Map(),
  },
  gate: { caps: { sessionPct: null, weekPct: null } },
  tier: { stale: true },
  budgetRemaining: 20,
  validUntil: NOW,
  forecasts: [of(unlikely, { window: 'seven_day_fable' }), of(likely, { grades })],
};

test('the page shows the window that is likeliest to run out, with its fan and the grades', () => {
  const samples = [{ at: RESETS_AT - 84 * HOUR_MS, percent: 20 }];
  const page = renderForecast(view, () => samples);
  const shown = page === '' ? '' : page.html;
  expect(shown).toContain('<h3>Forecast, Week</h3>');
  expect(shown).toContain('Week, Fable 5: 1 in 20 to run out.');
  // From the last sample to the limit at the 10th percentile, and back from 80 % at the reset.
  expect(shown).toContain('class="range" d="M69.64 40L74.4 0L100 0L100 20Z"');
  expect(shown).toContain('class="past" d="M0 100L50 80L69.64 40"');
  expect(shown).toContain('class="out" d="M85.12 0h.01"');
  expect(shown).toContain('<th scope="row">default</th><td>1</td><td>0.100</td><td>1</td>');
});

test('the page shows nothing while no usage is known', () => {
  const { current: _, ...unknown } = view;
  expect(renderForecast(unknown, () => [])).toBe('');
});

test('the API has the same, as its schema says', () => {
  const answer = forecastAnswer([view]);
  expect(forecastSchema.parse(answer)).toEqual(answer);
  expect(answer.accounts[0]).toMatchObject({ account: 'work', first_to_run_out: 'seven_day' });
  expect(answer.accounts[0]?.windows[1]).toMatchObject({
    probability: 0.74,
    exhaustion: { p10: '2026-01-07T20:00:00.000Z', p90: null },
    utilization_at_reset_percent: { p10: 80, p50: 100, p90: 100 },
    grades: [{ method: 'default', windows: 1, brier_score: 0.1 }],
  });
});
