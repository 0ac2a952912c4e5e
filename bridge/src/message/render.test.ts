import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alert, event, group, resolved } from '../../test/alerts.ts';
import type { Alert } from '../alerts/alert-group.ts';
import type { MessageSource } from '../outbox/outbox.ts';
import { MAX_BYTES, render } from './render.ts';

const RICH = alert({
  labels: { alertname: 'DiskFull', severity: 'critical', host: 'a' },
  annotations: {
    summary: 'The disk of a is full',
    description: 'Only 2 % left.\nDelete something.',
    runbook_url: 'https://example.org/runbook?a=1&b=2',
    dashboard_url: 'javascript:alert(1)',
  },
  generatorUrl: 'http://prometheus/graph',
});
const BARE = alert({
  fingerprint: 'b',
  labels: { alertname: 'DiskFull', severity: 'warning', host: 'b' },
  annotations: {},
});

const show = (alerts: readonly Alert[], overrides: Partial<MessageSource> = {}) =>
  render({ group: group(alerts), unmentioned: 0, about: 'group', ...overrides });
const linesOf = (text: string) => text.split('\n');

test('a firing group shows its counts and labels, then its alerts, the most severe first', () => {
  const message = render({
    group: group([BARE, RICH], { groupLabels: { alertname: 'DiskFull', site: 'x' } }),
    unmentioned: 0,
    about: 'group',
  });
  expect(linesOf(message.body)).toEqual([
    '🔥 2 firing: DiskFull (site=x)',
    '• [critical] The disk of a is full',
    '  Only 2 % left. Delete something.',
    '  since 2026-11-25 12:00 UTC',
    '  Runbook: https://example.org/runbook?a=1&b=2',
    '  Source: http://prometheus/graph',
    '• [warning] alertname=DiskFull, host=b',
    '  since 2026-11-25 12:00 UTC',
  ]);
  expect(message.formattedBody).toBe(
    '<strong>🔥 2 firing: DiskFull</strong> <code>site=x</code>' +
      '<ul><li><b><span data-mx-color="#c01c28">critical</span></b> The disk of a is full' +
      '<br>Only 2 % left. Delete something.<br><i>since 2026-11-25 12:00 UTC</i>' +
      ' · <a href="https://example.org/runbook?a=1&amp;b=2">Runbook</a> · <a href="http://prometheus/graph">Source</a></li>' +
      '<li><b><span data-mx-color="#b35900">warning</span></b> alertname=DiskFull, host=b' +
      '<br><i>since 2026-11-25 12:00 UTC</i></li></ul>',
  );
});

test('a resolved group shows when it was over, and no severity any more', () => {
  const message = show([resolved(RICH)]);
  expect(linesOf(message.body).slice(0, 4)).toEqual([
    '✅ Resolved: DiskFull',
    '• [resolved] The disk of a is full',
    '  Only 2 % left. Delete something.',
    '  since 2026-11-25 12:00 UTC, until 2026-11-25 12:01 UTC',
  ]);
  expect(message.formattedBody).toMatch(
    /^<strong>✅ Resolved: DiskFull<\/strong><ul><li><b>resolved<\/b> The disk of a is full<br>/,
  );
});

const headlines: [string, ReturnType<typeof show>, string][] = [
  ['counts what fires and what does not', show([RICH, resolved(BARE)]), '🔥 1 firing, 1 resolved: DiskFull'],
  [
    'counts what was not mentioned or cut off as firing',
    show([resolved(BARE)], { unmentioned: 2 }),
    '🔥 2 firing, 1 resolved: DiskFull',
  ],
  ['says what started', show([BARE], { about: 'started' }), '🔥 Now firing: DiskFull'],
  ['says that it is a reminder', show([BARE], { about: 'reminder' }), '🔥 Still 1 firing: DiskFull'],
  ['of an event has neither count nor state', show([event()]), '🔔 DiskFull'],
  ['of an event that is over is the same', show([resolved(event())]), '🔔 DiskFull'],
  ['never counts an event as resolved', show([BARE, resolved(event())]), '🔥 1 firing: DiskFull'],
];
test.each(headlines)('the headline %s', (_, { body }, headline) => {
  expect(linesOf(body)[0]).toBe(headline);
});

test('an event shows when it happened, and never that it is over', () => {
  const { body } = show([resolved(event({ annotations: { summary: 'The reset moved' } }))]);
  expect(linesOf(body).slice(1)).toEqual(['• [info] The reset moved', '  at 2026-11-25 12:00 UTC']);
});

test('a group without a name is called by its first alert, and one without that is an alert', () => {
  const unnamed = (labels: Record<string, string>) =>
    render({ group: group([alert({ labels })], { groupLabels: {} }), unmentioned: 0, about: 'group' }).body;
  expect(unnamed({ alertname: 'DiskFull' })).toMatch(/^🔥 1 firing: DiskFull\n/);
  expect(unnamed({})).toMatch(/^🔥 1 firing: Alert\n/);
});

test('the most severe come first, what is resolved last, the newest before the older', () => {
  const of = (name: string, severity: string, startsAt: number, status: Alert['status'] = 'firing') =>
    alert({ labels: { severity }, annotations: { summary: name }, startsAt, status });
  const alerts = [
    of('unknown', 'odd', 9),
    of('info', 'info', 9),
    of('gone', 'critical', 9, 'resolved'),
    of('older', 'critical', 1),
    of('newer', 'critical', 2),
    of('warning', 'warning', 9),
  ];
  expect([...show(alerts).body.matchAll(/• \[\w+\] (\w+)/g)].map(([, name]) => name)).toEqual([
    'newer',
    'older',
    'warning',
    'info',
    'unknown',
    'gone',
  ]);
});

test('what is cut off, not mentioned or has no room is counted in the last line', () => {
  const message = render({ group: group([BARE], { truncatedAlerts: 2 }), unmentioned: 1, about: 'group' });
  expect(message.body).toMatch(/\n… and 3 more$/);
  expect(message.formattedBody).toMatch(/<\/ul>… and 3 more$/);
});

const sizeOf = (message: object) => Buffer.byteLength(JSON.stringify(message));

test('ten thousand alerts fit: the headline counts them all, as many as there is room for follow, the rest is counted', () => {
  const alerts = Array.from({ length: 10_000 }, (_, index) => alert({ fingerprint: `${index}` }));
  const message = show(alerts);
  expect(sizeOf(message)).toBeLessThanOrEqual(MAX_BYTES);
  expect(sizeOf(message)).toBeGreaterThan(MAX_BYTES * 0.95);
  const shown = message.body.match(/^• /gm)?.length ?? 0;
  expect(linesOf(message.body)[0]).toBe('🔥 10000 firing: DiskFull');
  expect(linesOf(message.body).at(-1)).toBe(`… and ${10_000 - shown} more`);
  expect(message.formattedBody.match(/<li>/g)).toHaveLength(shown);
});

test.each([
  ['<script>x</script>', '&lt;script&gt;x&lt;/script&gt;'],
  ['</li></ul><img src=x>', '&lt;/li&gt;&lt;/ul&gt;&lt;img src=x&gt;'],
  ['"><a href=x>', '&quot;&gt;&lt;a href=x&gt;'],
  ['&lt;', '&amp;lt;'],
])('the hostile text %s is shown as it was written, wherever it stands', (hostile, escaped) => {
  const message = render({
    group: group(
      [
        alert({
          labels: { alertname: 'x', severity: hostile },
          annotations: { summary: `summary ${hostile}`, description: `description ${hostile}` },
        }),
        alert({ labels: { [`label ${hostile}`]: `value ${hostile}` }, annotations: {} }),
      ],
      { groupLabels: { alertname: `name ${hostile}`, [`group ${hostile}`]: `group value ${hostile}` } },
    ),
    unmentioned: 0,
    about: 'group',
  });
  expect(message.formattedBody).not.toContain(hostile);
  for (const place of ['summary', 'description', 'label', 'value', 'name', 'group', 'group value']) {
    expect(message.formattedBody).toContain(`${place} ${escaped}`);
  }
});

test.each(['constructor', '__proto__', 'toString'])('the severity %s has no colour', (severity) => {
  expect(show([alert({ labels: { severity } })]).formattedBody).toContain(`<b>${severity}</b> `);
});

test('one line of a text can not pretend to be a second', () => {
  const { body } = show([
    alert({ annotations: { summary: 'calm\n✅ Resolved: DiskFull\u2028x', description: 'a\r\nb' } }),
  ]);
  expect(linesOf(body)).toEqual([
    '🔥 1 firing: DiskFull',
    '• [warning] calm ✅ Resolved: DiskFull x',
    '  a b',
    '  since 2026-11-25 12:00 UTC',
  ]);
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.constantFrom('<script>alert(1)</script>', '"\'>&<', 'javascript:alert(1)', '\u202e', '\ud800', 'constructor'),
  fc
    .constantFrom('https://example.org/?', '🔥', '日', '"', '\\', '&', '<')
    .chain((unit) => fc.integer({ min: 1, max: 3000 }).map((times) => unit.repeat(times))),
);
const labels = fc.dictionary(fc.oneof(fc.constantFrom('alertname', 'severity', 'notify'), text), text, { maxKeys: 5 });
const annotations = fc.record(
  { summary: text, description: text, runbook_url: text, dashboard_url: text },
  { requiredKeys: [] },
);
const anyAlert: fc.Arbitrary<Alert> = fc.record({
  status: fc.constantFrom('firing', 'resolved'),
  labels,
  annotations,
  startsAt: fc.integer({ min: -62_135_596_800_000, max: 8.64e15 }),
  endsAt: fc.integer({ min: 0, max: 8.64e15 }),
  generatorUrl: text,
  fingerprint: text,
});
const anySource: fc.Arbitrary<MessageSource> = fc.record({
  group: fc.record({
    receiver: text,
    groupKey: text,
    groupLabels: labels,
    alerts: fc.array(anyAlert, { minLength: 1, maxLength: 30 }),
    truncatedAlerts: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  }),
  unmentioned: fc.nat(),
  about: fc.constantFrom('group', 'started', 'reminder'),
});

const OUR_TAGS =
  /<\/?(?:strong|code|ul|li|b|i)>|<br>|<span data-mx-color="#[0-9a-f]{6}">|<\/span>|<a href="https?:\/\/[^"<>\s]*">|<\/a>/g;

test('whatever an alert holds, the message fits, has no other tags than ours, and no control or direction marks', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(anySource, (source) => {
      const message = render(source);
      expect(sizeOf(message)).toBeLessThanOrEqual(MAX_BYTES);
      expect(message.body).toMatch(/^(🔥|✅|🔔) /u);
      expect(message.formattedBody.replaceAll(OUR_TAGS, '')).not.toMatch(/[<>"]/);
      expect(message.body.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      expect(message.formattedBody).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    }),
  );
});
