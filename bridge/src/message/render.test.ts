import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alert, event, group, NOON, resolved } from '../../test/alerts.ts';
import { renderTestMessage } from '../../test/render.ts';
import { TYPICAL_MESSAGES } from '../../test/typical-messages.ts';
import type { Alert, AlertGroup } from '../alerts/alert-group.ts';
import type { MessageSource } from '../outbox/outbox.ts';
import { MAX_BYTES } from './render.ts';

const MINUTE = 60_000;
const show = (alerts: readonly Alert[], overrides: Partial<MessageSource> = {}) =>
  renderTestMessage({ group: group(alerts), unmentioned: 0, about: 'group', ...overrides });
const linesOf = (text: string) => text.split('\n');

const A1 = alert({ fingerprint: '1' });
const A2 = alert({ fingerprint: '2' });

test.each(Object.entries(TYPICAL_MESSAGES))('%s', async (name, source) => {
  const { body, formattedBody } = renderTestMessage(source);
  const file = `test/messages/${name.replaceAll(' ', '-').toLowerCase()}`;
  await expect(`${body}\n`).toMatchFileSnapshot(`../../${file}.txt`);
  await expect(`${formattedBody}\n`).toMatchFileSnapshot(`../../${file}.html`);
});

test.each(Object.entries(TYPICAL_MESSAGES))('the first line of %s fits a lock screen', (_, source) => {
  expect([...(linesOf(renderTestMessage(source).body)[0] ?? '')].length).toBeLessThanOrEqual(60);
});

const critical = alert({ labels: { alertname: 'DiskFull', severity: 'critical', host: 'b' }, fingerprint: 'b' });
const headlines: [string, ReturnType<typeof show>, string][] = [
  ['counts what fires and what does not', show([critical, resolved()]), '🔴 1 firing, 1 resolved: DiskFull'],
  ['counts what is not listed as firing', show([resolved()], { unmentioned: 2 }), '🟠 2 firing, 1 resolved: DiskFull'],
  ['says how many started', show([critical, alert()], { about: 'started' }), '🔴 2 more firing: DiskFull'],
  ['says that several still fire', show([critical, alert()], { about: 'reminder' }), '🔴 Still 2 firing: DiskFull'],
  ['says that several are over', show([resolved(critical), resolved()]), '✅ 2 resolved: DiskFull'],
  ['never calls an event resolved', show([resolved(event())]), '🔔 The disk is full'],
  ['never counts an event as resolved', show([critical, resolved(event())]), '🔴 1 firing: DiskFull, ResetMoved'],
  ['of an alert without texts is its name', show([alert({ annotations: {} })]), '🟠 DiskFull · host=a'],
  ['of an alert without anything says that it is one', show([alert({ labels: {}, annotations: {} })]), '🟠 Alert'],
];
test.each(headlines)('the headline %s', (_, { body }, headline) => {
  expect(linesOf(body)[0]).toBe(headline);
});

test('alerts of many names are counted by kinds, not named in part', () => {
  const names = ['HostHighCpuLoad', 'HostOutOfDiskSpace', 'KubernetesPodCrashLooping', 'BlackboxProbeFailed'];
  const { body } = show(names.map((alertname) => alert({ labels: { alertname, severity: 'warning' } })));
  expect(linesOf(body)[0]).toBe('🟠 4 firing: 4 kinds of alerts');
  for (const name of names) expect(body).toContain(name);
});

test.each([
  ['summary', { summary: 'The sum', description: 'More' }, ['🟠 The sum · host=a', '  More']],
  ['title', { title: 'The title', message: 'More' }, ['🟠 The title · host=a', '  More']],
  ['message', { message: 'Job takes too long.' }, ['🟠 Job takes too long. · host=a']],
  ['first line of the description', { summary: ' ', description: 'a\nb' }, ['🟠 a · host=a', '  b']],
])('the words come from the %s', (_, annotations, lines) => {
  expect(linesOf(show([alert({ annotations })]).body).slice(0, lines.length)).toEqual(lines);
});

test('line breaks of a description stay, and no line can pass for another part of the message', () => {
  const { body } = show([
    alert({ annotations: { summary: 'calm\n✅ Resolved: x\u2028y', description: 'zone: a\r\n\n• job: b' } }),
  ]);
  expect(linesOf(body)).toEqual([
    '🟠 calm ✅ Resolved: x y · host=a',
    '  zone: a',
    '  • job: b',
    '  DiskFull · since Wed 13:00 (10 min)',
  ]);
});

test('a missing start, written as year 1, is left out', () => {
  const started = show([alert({ startsAt: Date.parse('0001-01-01T00:00:00Z') })]);
  expect(linesOf(started.body)).toEqual(['🟠 The disk is full · host=a', '  DiskFull']);
  const ended = show([resolved(alert({ startsAt: NOON + 5 * MINUTE }))]);
  expect(linesOf(ended.body)[1]).toBe('  DiskFull · since Wed 13:05, over');
});

test('the most urgent come first, what is resolved last, the newest before the older', () => {
  const of = (name: string, severity: string, startsAt: number, status: Alert['status'] = 'firing') =>
    alert({ labels: { severity }, annotations: { summary: name }, startsAt: NOON + startsAt, status });
  const alerts = [
    of('unknown', 'odd', 9),
    of('info', 'info', 9),
    of('gone', 'critical', 9, 'resolved'),
    of('older', 'critical', 1),
    of('newer', 'page', 2),
    of('warning', 'Warning', 9),
  ];
  expect([...show(alerts).body.matchAll(/\[[\w]+\] (\w+)/g)].map(([, name]) => name)).toEqual([
    ...['newer', 'older', 'warning', 'unknown', 'info', 'gone'],
  ]);
});

test('what is cut off, not mentioned or has no room is counted in its own line', () => {
  const message = renderTestMessage({
    group: group([alert()], { truncatedAlerts: 2 }),
    unmentioned: 1,
    about: 'group',
  });
  expect(linesOf(message.body)[0]).toBe('🟠 4 firing: DiskFull');
  expect(message.body).toMatch(/\n… and 3 more$/);
  expect(message.formattedBody).toMatch(/<\/ul>… and 3 more$/);
});

test('long addresses are links in the HTML and left out of the plain text', () => {
  const generatorUrl = `https://prometheus.example.org/graph?g0.expr=${'x'.repeat(100)}`;
  const message = show([
    alert({ generatorUrl, annotations: { summary: 'x', runbook_url: 'https://example.org/r?a=1&b=2' } }),
  ]);
  expect(linesOf(message.body).at(-1)).toBe('Runbook: https://example.org/r?a=1&b=2');
  expect(message.formattedBody).toContain('<a href="https://example.org/r?a=1&amp;b=2">Runbook</a>');
  expect(message.formattedBody).toContain(`<a href="${generatorUrl}">Source</a>`);
});

test('a silence is one tap away, for the labels that all alerts share', () => {
  const both = [
    alert(),
    alert({ labels: { alertname: 'DiskFull', severity: 'warning', host: 'b"' }, fingerprint: 'b' }),
  ];
  const { formattedBody } = renderTestMessage({
    group: group(both, { externalUrl: 'http://alertmanager:9093/' }),
    unmentioned: 0,
    about: 'group',
  });
  const filter = encodeURIComponent('{alertname="DiskFull",severity="warning"}');
  expect(formattedBody).toContain(`<a href="http://alertmanager:9093/#/silences/new?filter=${filter}">Silence</a>`);
});

const sizeOf = (message: object) => Buffer.byteLength(JSON.stringify(message));

test('ten thousand alerts fit: the headline counts them all, as many as there is room for follow, the rest is counted', () => {
  const alerts = Array.from({ length: 10_000 }, (_, index) =>
    alert({ fingerprint: `${index}`, labels: { alertname: 'DiskFull', severity: 'warning', host: `host-${index}` } }),
  );
  const message = show(alerts);
  expect(sizeOf(message)).toBeLessThanOrEqual(MAX_BYTES);
  expect(sizeOf(message)).toBeGreaterThan(MAX_BYTES * 0.95);
  const shown = message.body.match(/^• /gm)?.length ?? 0;
  expect(linesOf(message.body)[0]).toBe('🟠 10000 firing: DiskFull');
  expect(linesOf(message.body).at(-1)).toBe(`… and ${10_000 - shown} more`);
  expect(message.formattedBody.match(/<li>/g)).toHaveLength(shown);
}, 60_000);

test.each([
  ['<script>x</script>', '&lt;script&gt;x&lt;/script&gt;'],
  ['</li></ul><img src=x>', '&lt;/li&gt;&lt;/ul&gt;&lt;img src=x&gt;'],
  ['"><a href=x>', '&quot;&gt;&lt;a href=x&gt;'],
  ['&lt;', '&amp;lt;'],
])('the hostile text %s is shown as it was written, wherever it stands', (hostile, escaped) => {
  const { formattedBody } = renderTestMessage({
    group: group(
      [
        alert({
          labels: { alertname: `name ${hostile}`, severity: `severity ${hostile}` },
          annotations: { summary: `summary ${hostile}`, description: `description ${hostile}` },
        }),
        alert({ labels: { [`label ${hostile}`]: `value ${hostile}` }, annotations: {} }),
      ],
      { groupLabels: { [`group ${hostile}`]: `group value ${hostile}` } },
    ),
    unmentioned: 0,
    about: 'group',
  });
  expect(formattedBody).not.toContain(hostile);
  for (const place of ['summary', 'description', 'label', 'value', 'name', 'group', 'group value']) {
    expect(formattedBody).toContain(`${place} ${escaped}`);
  }
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
  { summary: text, title: text, message: text, description: text, runbook_url: text, dashboard_url: text },
  { requiredKeys: [] },
);
const anyAlert: fc.Arbitrary<Alert> = fc.record({
  status: fc.constantFrom('firing', 'resolved'),
  labels,
  annotations,
  startsAt: fc.integer({ min: -62_135_596_800_000, max: 8.64e15 }),
  endsAt: fc.integer({ min: 0, max: 8.64e15 }),
  generatorUrl: text,
  urls: fc.record({ dashboard: text, panel: text, silence: text }),
  fingerprint: text,
});
const anySource: fc.Arbitrary<MessageSource> = fc.record({
  group: fc.record({
    receiver: text,
    groupKey: text,
    groupLabels: labels,
    externalUrl: text,
    alerts: fc.array(anyAlert, { minLength: 1, maxLength: 30 }),
    truncatedAlerts: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  }),
  unmentioned: fc.nat(),
  about: fc.constantFrom('group', 'started', 'reminder'),
});

const OUR_TAGS = /<\/?(?:strong|ul|li)>|<br>|<a href="https?:\/\/[^"<>\s]*">|<\/a>/g;

test('whatever an alert holds, the message fits, has no other tags than ours, and no control or direction marks', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(anySource, (source) => {
      const message = renderTestMessage(source);
      expect(sizeOf(message)).toBeLessThanOrEqual(MAX_BYTES);
      expect(message.body).toMatch(/^(?:🔴|🟠|🔵|✅|🔔) /u);
      expect(message.formattedBody.replaceAll(OUR_TAGS, '')).not.toMatch(/[<>"]/);
      expect(message.body.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      expect(message.formattedBody).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    }),
  );
});

test('one alert with the longest texts and addresses fits, and its headline survives', () => {
  const address = `https://example.org/?${'&'.repeat(900)}`;
  const message = show([
    alert({
      annotations: {
        summary: `sum ${'"'.repeat(600)}`,
        description: '"'.repeat(5_000),
        runbook_url: address,
        dashboard_url: address,
      },
      generatorUrl: address,
      urls: { panel: address, silence: address },
    }),
  ]);
  expect(sizeOf(message)).toBeLessThanOrEqual(MAX_BYTES);
  expect(message.body).toMatch(/^🟠 sum "/u);
  expect(message.formattedBody).not.toContain('Runbook');
});

test.each<[string, Partial<AlertGroup>, string]>([
  ['are firing while the list holds no ended alert', {}, '🟠 5 firing: DiskFull'],
  ['are not counted beside ended alerts', { alerts: [A1, resolved(A2)] }, '🟠 1 firing, 1 resolved: DiskFull'],
  [
    'are not counted as firing if all listed alerts ended',
    { alerts: [resolved(A1), resolved(A2)] },
    '✅ 2 resolved: DiskFull',
  ],
  [
    'have ended with the whole group',
    { alerts: [resolved(A1), resolved(A2)], reason: 'all alerts resolved' },
    '✅ 2 resolved: DiskFull',
  ],
])('alerts that max_alerts cut off %s', (_, overrides, headline) => {
  const source = {
    group: group([A1, A2], { truncatedAlerts: 3, ...overrides }),
    unmentioned: 0,
    about: 'group',
  } as const;
  expect(renderTestMessage(source).body.split('\n')[0]).toBe(headline);
});

test('of thousands of alerts the most urgent are listed, and all are counted', () => {
  const critical = alert({ fingerprint: 'c', labels: { alertname: 'Worst', severity: 'critical' } });
  const others = Array.from({ length: 5000 }, (_, n) =>
    alert({ fingerprint: `f${n}`, labels: { alertname: `A${n}` } }),
  );
  const lines = linesOf(show([...others, critical]).body);
  expect(lines[0]).toBe('🔴 5001 firing: 5001 kinds of alerts');
  expect(lines.find((line) => line.startsWith('•'))).toContain('Worst');
  const listed = lines.filter((line) => line.startsWith('•')).length;
  expect(lines.at(-1)).toBe(`… and ${5001 - listed} more`);
});
