import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseWebhook, WebhookError } from './webhook-body.ts';

const ALERT = {
  status: 'firing',
  labels: { alertname: 'DiskFull', severity: 'critical' },
  annotations: { summary: 'The disk is full' },
  startsAt: '2026-11-25T12:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph',
  fingerprint: 'c6eadffa33fcdf37',
};
const NOTIFICATION = {
  version: '4',
  groupKey: '{}:{alertname="DiskFull"}',
  truncatedAlerts: 2,
  status: 'firing',
  receiver: 'ops',
  groupLabels: { alertname: 'DiskFull' },
  commonLabels: {},
  commonAnnotations: {},
  routeLabels: {},
  externalURL: 'http://alertmanager',
  notification_reason: 'first notification',
  alerts: [ALERT],
};

const parse = (content: unknown) => parseWebhook(Buffer.from(JSON.stringify(content)));
const parseAlert = (overrides: object) => parse({ ...NOTIFICATION, alerts: [{ ...ALERT, ...overrides }] }).alerts[0];

function errorOf(body: Buffer | unknown): WebhookError {
  try {
    parseWebhook(Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)));
  } catch (error) {
    if (error instanceof WebhookError) return error;
    throw error;
  }
  throw new Error('the body was taken');
}

test("Alertmanager's notification is read with everything that matters", () => {
  expect(parse(NOTIFICATION)).toEqual({
    receiver: 'ops',
    groupKey: '{}:{alertname="DiskFull"}',
    groupLabels: { alertname: 'DiskFull' },
    truncatedAlerts: 2,
    externalUrl: 'http://alertmanager',
    reason: 'first notification',
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'DiskFull', severity: 'critical' },
        annotations: { summary: 'The disk is full' },
        startsAt: Date.UTC(2026, 10, 25, 12, 0, 0, 123),
        generatorUrl: 'http://prometheus/graph',
        fingerprint: 'c6eadffa33fcdf37',
      },
    ],
  });
});

test('an old Alertmanager, which sends neither fingerprints nor reasons, is understood', () => {
  const { truncatedAlerts: _, notification_reason: __, routeLabels: ___, ...old } = NOTIFICATION;
  const { fingerprint: ____, ...alert } = ALERT;
  const group = parse({ ...old, alerts: [alert] });
  expect(group).not.toHaveProperty('reason');
  expect(group.truncatedAlerts).toBe(0);
  expect(group.alerts[0]?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
});

test("Grafana's payload, a superset with another version number, is accepted", () => {
  const grafana = {
    ...NOTIFICATION,
    version: '1',
    orgId: 1,
    title: '[FIRING:1]',
    state: 'alerting',
    message: 'x',
    alerts: [{ ...ALERT, values: { B: 44.2, C: 1 }, silenceURL: 'http://grafana', panelURL: '', imageURL: '' }],
  };
  const [alert] = parse(NOTIFICATION).alerts;
  expect(parse(grafana)).toEqual({
    ...parse(NOTIFICATION),
    alerts: [{ ...alert, urls: { silence: 'http://grafana' } }],
  });
});

test('an alert without a fingerprint is identified by its labels, in whatever order they come', () => {
  const printOf = (labels: object) => parseAlert({ labels, fingerprint: undefined })?.fingerprint;
  expect(printOf({ a: '1', b: '2' })).toBe(printOf({ b: '2', a: '1' }));
  expect(printOf({ a: '1', b: '2' })).not.toBe(printOf({ a: '1', b: '3' }));
  expect(printOf({ a: '1,b=2' })).not.toBe(printOf({ a: '1', b: '2' }));
  expect(parseAlert({ fingerprint: '' })?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
});

test.each([
  ['a firing alert has no end', { endsAt: '0001-01-01T00:00:00Z' }, undefined],
  ['a firing alert whose end is still to come has none either', { endsAt: '2026-11-25T13:00:00Z' }, undefined],
  ['a resolved alert has one', { status: 'resolved', endsAt: '2026-11-25T13:00:00+02:00' }, Date.UTC(2026, 10, 25, 11)],
  ['a resolved alert may lack it', { status: 'resolved', endsAt: undefined }, undefined],
])('%s', (_, overrides, endsAt) => {
  expect(parseAlert(overrides)?.endsAt).toBe(endsAt);
});

test.each([
  ['web.hook', 'web\\.hook'],
  ['a+b (c) [d] {e} ^$ | * ?', 'a\\+b \\(c\\) \\[d\\] \\{e\\} \\^\\$ \\| \\* \\?'],
  ['back\\slash', 'back\\\\slash'],
  ['back\\.slash and dot', 'back\\\\\\.slash and dot'],
  ['unescaped\\n', 'unescaped\\n'],
])('the receiver %s, which Alertmanager escapes as %s, gets its name back', (name, escaped) => {
  expect(parse({ ...NOTIFICATION, receiver: escaped }).receiver).toBe(name);
});

test("every receiver's name survives Alertmanager's escaping", { timeout: 120_000 }, () => {
  const quoteMeta = (name: string) => name.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\\', '.', '$', '[', 'a', ' ') }), (name) => {
      expect(parse({ ...NOTIFICATION, receiver: quoteMeta(name) }).receiver).toBe(name);
    }),
  );
});

test('labels named like the inside of JavaScript objects are labels or nothing, and change no object', () => {
  const body = JSON.stringify({ ...NOTIFICATION, alerts: [ALERT] }).replace(
    '"labels":{',
    '"labels":{"__proto__":"polluted","constructor":"c","toString":"t",',
  );
  const labels = parseWebhook(Buffer.from(body)).alerts[0]?.labels;
  expect(Object.entries(labels ?? {})).toContainEqual(['constructor', 'c']);
  expect(Object.entries(labels ?? {})).toContainEqual(['toString', 't']);
  expect(labels?.alertname).toBe('DiskFull');
  expect(labels?.severity).toBe('critical');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

const refusedBodies: [string, string][] = [
  ['', 'the body is empty, expected an Alertmanager notification in JSON'],
  ['hello', 'the body is not valid JSON, expected an Alertmanager notification'],
  ['{"a":', 'the body is not valid JSON, expected an Alertmanager notification'],
  ['\u0000\u00ff', 'the body is not valid JSON, expected an Alertmanager notification'],
  ['{"version":"3"}', 'payload version "3" is not supported, only version "4"'],
  ['{"version":"1"}', 'payload version "1" is not supported, only version "4"'],
  ['{"version":"hunter2"}', 'payload version is not supported, only version "4"'],
];
test.each(refusedBodies)('the body %j is refused with a sentence', (body, sentence) => {
  const error = errorOf(Buffer.from(body));
  expect(error.message).toBe(sentence);
  expect(error.problems).toEqual([]);
});

const TIME = 'must be a time like 2026-11-25T12:00:00Z';
const refusedFields: [string, unknown, { path: string; message: string }[]][] = [
  [
    'no field at all',
    {},
    [
      { path: 'receiver', message: 'must be a string' },
      { path: 'groupKey', message: 'must be a string' },
      { path: 'alerts', message: 'must be a list of alerts' },
    ],
  ],
  ['a list', [], [{ path: '', message: 'must be an object' }]],
  ['null', null, [{ path: '', message: 'must be an object' }]],
  ['a number', 7, [{ path: '', message: 'must be an object' }]],
  ['no alert at all', { ...NOTIFICATION, alerts: [] }, [{ path: 'alerts', message: 'must hold at least one alert' }]],
  [
    'alerts that are an object',
    { ...NOTIFICATION, alerts: {} },
    [{ path: 'alerts', message: 'must be a list of alerts' }],
  ],
  ['an alert that is text', { ...NOTIFICATION, alerts: ['x'] }, [{ path: 'alerts.0', message: 'must be an object' }]],
  [
    'several faults at once',
    {
      ...NOTIFICATION,
      receiver: 1,
      alerts: [ALERT, { ...ALERT, status: 'pending', labels: { a: 1 }, startsAt: 'soon' }],
    },
    [
      { path: 'receiver', message: 'must be a string' },
      { path: 'alerts.1.status', message: 'must be "firing" or "resolved"' },
      { path: 'alerts.1.labels.a', message: 'must be a string' },
      { path: 'alerts.1.startsAt', message: TIME },
    ],
  ],
  [
    'labels that are a list',
    { ...NOTIFICATION, alerts: [{ ...ALERT, labels: [] }] },
    [{ path: 'alerts.0.labels', message: 'must be an object of strings' }],
  ],
  ...['', '0', '2026', '2026-11-25', 'alert 12', '2026-13-01T00:00:00Z', '2026-11-25T12:00:00', 1_764_072_000].map(
    (startsAt): [string, unknown, { path: string; message: string }[]] => [
      `the time ${JSON.stringify(startsAt)}`,
      { ...NOTIFICATION, alerts: [{ ...ALERT, startsAt }] },
      [{ path: 'alerts.0.startsAt', message: TIME }],
    ],
  ),
];
test.each(refusedFields)('a notification with %s is refused with the place of each fault', (_, content, problems) => {
  const error = errorOf(content);
  expect(error.message).toBe('the body is not an Alertmanager notification of version 4');
  expect(error.problems).toEqual(problems);
});

test('of very many faults the first twenty are told, with paths of bounded length', () => {
  const labels = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`${'x'.repeat(5000)}${index}`, index]));
  const { problems } = errorOf({ ...NOTIFICATION, alerts: [{ ...ALERT, labels }] });
  expect(problems).toHaveLength(20);
  expect(Math.max(...problems.map(({ path }) => path.length))).toBe(100);
});

test('brackets nested half a million deep are refused and crash nothing', () => {
  expect(errorOf(Buffer.from(`{"alerts":${'['.repeat(5e5)}${']'.repeat(5e5)}}`)).problems).toContainEqual({
    path: 'alerts.0',
    message: 'must be an object',
  });
});

const SECRET = 'hunter2secret';
const anything = fc.jsonValue({ maxDepth: 4 });
const notification = fc.record(
  {
    version: fc.constantFrom('4', SECRET, 4),
    receiver: fc.oneof(fc.constant(SECRET), anything),
    groupKey: fc.oneof(fc.constant(SECRET), anything),
    groupLabels: fc.oneof(fc.dictionary(fc.string(), fc.constantFrom(SECRET, 1)), anything),
    truncatedAlerts: anything,
    notification_reason: anything,
    alerts: fc.oneof(
      fc.array(
        fc.record(
          {
            status: fc.constantFrom('firing', 'resolved', SECRET),
            labels: fc.oneof(fc.dictionary(fc.string(), fc.constantFrom<unknown>(SECRET, 1, null)), anything),
            annotations: fc.oneof(fc.dictionary(fc.string(), fc.constantFrom<unknown>(SECRET, [SECRET])), anything),
            startsAt: fc.constantFrom(SECRET, '2026-11-25T12:00:00Z', 5),
            endsAt: fc.constantFrom(SECRET, '2026-11-25T12:00:00Z', 5),
            generatorURL: anything,
            fingerprint: anything,
          },
          { requiredKeys: [] },
        ),
      ),
      anything,
    ),
  },
  { requiredKeys: [] },
);

test('whatever the body says, it is taken or refused, and the refusal repeats none of its values', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(fc.oneof(notification, anything), (content) => {
      try {
        parse(content);
      } catch (error) {
        expect(error).toBeInstanceOf(WebhookError);
        const { message, problems } = error as WebhookError;
        expect(JSON.stringify([message, problems.map((problem) => problem.message)])).not.toContain(SECRET);
      }
    }),
    { numRuns: 1000 },
  );
});

test('whatever bytes come, they are taken or refused', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => parseWebhook(Buffer.from(bytes))).toThrow(WebhookError);
    }),
  );
});

const MIB = 1024 * 1024;
/** Wraps items into the alerts of a body of nearly 32 MiB. */
const fill = (item: string) => {
  const frame = '{"receiver":"ops","groupKey":"k","alerts":[]}';
  const items = `${item},`.repeat(Math.floor((32 * MIB - frame.length - item.length) / (item.length + 1))) + item;
  return Buffer.from(frame.replace('[]', `[${items}]`));
};

test.each([
  ['numbers', '0'],
  ['empty objects', '{}'],
  ['empty texts', '""'],
  ['nested lists', '[[[[[[[[]]]]]]]]'],
  ['small alerts', JSON.stringify({ status: 'firing', labels: { a: 'b' }, startsAt: '2026-11-25T12:00:00Z' })],
  ['alerts without a status', '{"labels":{}}'],
])('32 MiB of %s are refused before their values are created', { timeout: 120_000 }, (_, item) => {
  const body = fill(item);
  const error = errorOf(body);
  expect(`${error.message} ${JSON.stringify(error.problems)}`).toMatch(/more than 1000000 values|at most 20000 alerts/);
});

const manyLabels = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`label_${index}`, value]));

test.each<[string, object, { path: string; message: string }]>([
  ['257 labels', { labels: manyLabels(257, 'x') }, { path: 'labels', message: 'must have at most 256 entries' }],
  [
    '257 annotations',
    { annotations: manyLabels(257, 'x') },
    { path: 'annotations', message: 'must have at most 256 entries' },
  ],
  [
    'a label value of 65,537 characters',
    { labels: { a: 'x'.repeat(65_537) } },
    { path: 'labels.a', message: 'must have at most 65536 characters' },
  ],
])('an alert with %s is refused, and the bound is named', (_, overrides, { path, message }) => {
  expect(errorOf({ ...NOTIFICATION, alerts: [{ ...ALERT, ...overrides }] }).problems).toEqual([
    { path: `alerts.0.${path}`, message },
  ]);
});

test('a label name of 1,025 characters is refused, and the bound is named', () => {
  const { problems } = errorOf({ ...NOTIFICATION, alerts: [{ ...ALERT, labels: { ['x'.repeat(1025)]: 'a' } }] });
  expect(problems).toMatchObject([{ message: 'must have a name of at most 1024 characters' }]);
});

test('200,000 labels that are numbers are refused like a few', () => {
  const { problems } = errorOf({ ...NOTIFICATION, alerts: [{ ...ALERT, labels: manyLabels(200_000, 1) }] });
  expect(problems).toHaveLength(20);
});

test('alerts at every bound are accepted', () => {
  const labels = { ...manyLabels(255, 'x'), ['n'.repeat(1024)]: 'v'.repeat(65_536) };
  expect(parseAlert({ labels })?.labels).toEqual(labels);
  const alerts = Array.from({ length: 20_000 }, (_, index) => ({ ...ALERT, fingerprint: `print ${index}` }));
  expect(parse({ ...NOTIFICATION, alerts }).alerts).toHaveLength(20_000);
});

test('an annotation that is too long is cut, because losing the alert would be worse', () => {
  const summary = parseAlert({ annotations: { summary: 'x'.repeat(300_000) } })?.annotations.summary;
  expect(summary).toBe(`${'x'.repeat(65_535)}…`);
});

test('quotes, separators and backslashes within texts do not count as values', () => {
  const text = '{[,:\\"'.repeat(100_000);
  expect(parseAlert({ annotations: { a: text } })?.annotations.a).toHaveLength(65_536);
  expect(errorOf(Buffer.from(`{"x":"${'\\\\'.repeat(10)}`)).message).toMatch('not valid JSON');
});
