import { expect, test } from 'vitest';
import type { AccountView } from '../../account/account-view.ts';
import { type GateCaps, NO_CAPS } from '../../account/gate.ts';
import { describeCaps, renderPaused, renderSettings, type WriteAccess } from './page-gate.ts';

const windows = [
  { window: 'five_hour', percent: 42 },
  { window: 'seven_day', percent: 57 },
  { window: 'seven_day_opus', percent: 81 },
];

function view(caps: GateCaps, known = true): AccountView {
  const state = { account: 'work', failures: 0, requests: [] };
  const rest = { state, polled: true, gate: { caps }, tier: { stale: true }, budgetRemaining: 20, validUntil: 0 };
  const snapshot = { fetchedAt: 0, windows, unknownKeys: [] };
  return known ? { ...rest, current: { snapshot, source: 'official_api', windowSources: new Map() } } : rest;
}

const settings = (caps: GateCaps, access: WriteAccess = 'token', known = true) =>
  renderSettings(view(caps, known), access).html;
const fieldsets = (html: string) => html.match(/<fieldset [^>]*>/g);

test('a cap that is off suggests 90, which is not saved', () => {
  const html = settings(NO_CAPS);
  expect(fieldsets(html)).toEqual([
    '<fieldset data-cap="session_pct" data-saved="" data-used="42">',
    '<fieldset data-cap="week_pct" data-saved="" data-used="81">',
  ]);
  expect(html.match(/value="90"/g)).toHaveLength(2);
  expect(html.match(/90 % is a suggestion\./g)).toHaveLength(2);
  expect(html).not.toContain(' checked');
});

test('a saved cap is shown beside the fullest window that it applies to', () => {
  const html = settings({ sessionPct: 75, weekPct: null });
  expect(fieldsets(html)?.[0]).toBe('<fieldset data-cap="session_pct" data-saved="75" data-used="42">');
  expect(html).toContain('value="75"');
  expect(html.match(/ checked/g)).toHaveLength(1);
  expect(html).toContain('Current utilization: 81 %.');
});

test('says so when the current utilization is unknown', () => {
  const html = settings(NO_CAPS, 'token', false);
  expect(fieldsets(html)?.[0]).toContain('data-used=""');
  expect(html.match(/Current utilization unknown\./g)).toHaveLength(2);
});

test('saving asks for a token only when the reader is not identified to the server', () => {
  expect(settings(NO_CAPS, 'token')).toContain('type="password"');
  expect(settings(NO_CAPS, 'identified')).not.toContain('type="password"');
  for (const access of ['token', 'identified'] as const) expect(settings(NO_CAPS, access)).toContain('>Save</button>');
});

test('where nobody can write, it names the settings instead of a button', () => {
  const html = settings(NO_CAPS, 'refused');
  expect(html).not.toContain('<button');
  expect(html).toContain('<code>api.bearer_tokens</code>');
  expect(html).toContain('<code>api.writers</code>');
});

test('the closed card states the caps in a few words', () => {
  expect(describeCaps(NO_CAPS)).toBe('off');
  expect(describeCaps({ sessionPct: 90, weekPct: null })).toBe('5 hours at 90 %, week off');
  expect(describeCaps({ sessionPct: null, weekPct: 80 })).toBe('5 hours off, week at 80 %');
});

test('an open gate has no banner, and a closed one without a reset says so', () => {
  expect(renderPaused(view(NO_CAPS), 0)).toBe('');
  const refusal = { reason: 'session_threshold', window: 'five_hour', utilizationPct: 95, thresholdPct: 90 } as const;
  const paused = renderPaused({ ...view(NO_CAPS), gate: { caps: NO_CAPS, refusal } }, 0);
  expect(paused === '' ? '' : paused.html).toContain('The API reports no reset for it.');
});
