import { expect, test } from 'vitest';
import { alert, NOON } from '../../../test/alerts.ts';
import { drawAlertChart } from './draw-alert-chart.ts';

const RESET = NOON / 1000 + 3_600;
const usage = (annotations: Record<string, string>) =>
  alert({ annotations: { summary: 'x', chart_query: 'usage{account="work"}', ...annotations } });

/** Plays Prometheus, and keeps what it was asked. */
function prometheus(response: () => Response | Promise<Response>) {
  const asked: { url: string; form: Record<string, string> }[] = [];
  const fetch = async (url: unknown, { body }: RequestInit = {}) => {
    asked.push({ url: String(url), form: Object.fromEntries(body as URLSearchParams) });
    return response();
  };
  const ports = {
    prometheusUrl: 'http://prometheus:9090/',
    timeZone: 'UTC',
    now: NOON,
    fetch: fetch as typeof globalThis.fetch,
  };
  return { asked, ports };
}

const matrix =
  (...values: [number, string][]) =>
  () =>
    Response.json({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } });
const DATA = matrix([NOON / 1000 - 600, '0.5'], [NOON / 1000, '0.8']);
const isPng = (bytes: Uint8Array | undefined) => Buffer.from(bytes?.subarray(1, 4) ?? []).toString() === 'PNG';

test('an alert with a chart query becomes a picture with a text', async () => {
  const { asked, ports } = prometheus(DATA);
  const image = await drawAlertChart(usage({ chart_start: `${NOON / 1000 - 7200}`, chart_end: `${RESET}` }), ports);
  expect(isPng(image?.png)).toBe(true);
  expect(image).toMatchObject({ width: 800, height: 360 });
  expect(image?.altText).toBe(
    'Chart: DiskFull, from 50 % on Wed 11:50 UTC to 80 % on Wed 12:00 UTC; the window ends Wed 13:00 UTC',
  );
  expect(asked).toEqual([
    {
      url: 'http://prometheus:9090/api/v1/query_range',
      form: {
        query: 'usage{account="work"}',
        start: `${NOON / 1000 - 7200}.000`,
        end: `${RESET}.000`,
        step: '45.000',
      },
    },
  ]);
});

test.each([
  ['no number', 'tomorrow'],
  ['in the past', `${NOON / 1000 - 1}`],
  ['too far ahead', `${NOON / 1000 + 40 * 86_400}`],
])('an end that is %s is ignored: the chart ends now', async (_, chart_end) => {
  const { asked, ports } = prometheus(DATA);
  await drawAlertChart(usage({ chart_end }), ports);
  expect(asked[0]?.form).toMatchObject({ start: `${NOON / 1000 - 6 * 3600}.000`, end: `${NOON / 1000}.000` });
});

test('nothing is asked for an alert without a query', async () => {
  const { asked, ports } = prometheus(DATA);
  for (const chart_query of ['', ' ', 'x'.repeat(5_000)]) {
    expect(await drawAlertChart(usage({ chart_query }), ports)).toBeUndefined();
  }
  expect(asked).toEqual([]);
});

test.each([
  ['no series', matrix()],
  ['values that are no numbers', matrix([NOON / 1000, 'NaN'], [NOON / 1000, '+Inf'])],
])('there is no picture of %s', async (_, response) => {
  expect(await drawAlertChart(usage({}), prometheus(response).ports)).toBeUndefined();
});

test.each([
  [
    'a status',
    () => new Response('parse error', { status: 400 }),
    'Prometheus rejected the chart query with status 400',
  ],
  [
    'another type',
    () => Response.json({ data: { resultType: 'vector', result: [] } }),
    'Prometheus returned no matrix for the chart query',
  ],
  ['no answer', () => Promise.reject(new Error('connection refused')), 'connection refused'],
])('%s of Prometheus is an error', async (_, response, message) => {
  await expect(drawAlertChart(usage({}), prometheus(response).ports)).rejects.toThrow(message);
});

test('hostile labels are text in the picture, not markup', async () => {
  const hostile = alert({
    labels: { alertname: '</text><image href="file:///etc/passwd"/>' },
    annotations: { chart_query: 'x' },
  });
  expect(isPng((await drawAlertChart(hostile, prometheus(DATA).ports))?.png)).toBe(true);
});
