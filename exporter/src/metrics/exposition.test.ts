import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { negotiateFormat, renderHeader, renderSample } from './exposition.ts';

const COUNTER = { name: 'polls_total', type: 'counter', help: 'Polls "so far"\nin C:\\usage.' };

describe('text', () => {
  test('headers have the full name, and escape backslashes and line ends', () => {
    expect(renderHeader(COUNTER, 'text')).toBe(
      '# HELP polls_total Polls "so far"\\nin C:\\\\usage.\n# TYPE polls_total counter\n',
    );
  });

  test('samples escape their labels', () => {
    const labels = { account: 'a"b\\c\nd', window: 'five_hour' };
    expect(renderSample('ratio', { labels, value: 0.57 }, 'text')).toBe(
      'ratio{account="a\\"b\\\\c\\nd",window="five_hour"} 0.57\n',
    );
  });

  test('bounds of buckets are plain numbers', () => {
    expect(renderSample('d', { suffix: '_bucket', labels: { le: 1 }, value: 3 }, 'text')).toBe('d_bucket{le="1"} 3\n');
  });
});

describe('OpenMetrics', () => {
  test('headers drop the suffix of counters, and escape quotes as well', () => {
    expect(renderHeader(COUNTER, 'openmetrics')).toBe(
      '# HELP polls Polls \\"so far\\"\\nin C:\\\\usage.\n# TYPE polls counter\n',
    );
  });

  test('a gauge keeps its name', () => {
    expect(renderHeader({ name: 'in_total', type: 'gauge', help: '.' }, 'openmetrics')).toContain(
      '# TYPE in_total gauge',
    );
  });

  test('bounds of buckets are floats', () => {
    const bucket = (le: number) => renderSample('d', { suffix: '_bucket', labels: { le }, value: 3 }, 'openmetrics');
    expect([0.25, 1, Number.POSITIVE_INFINITY].map(bucket)).toEqual([
      'd_bucket{le="0.25"} 3\n',
      'd_bucket{le="1.0"} 3\n',
      'd_bucket{le="+Inf"} 3\n',
    ]);
  });
});

test('infinities are spelled out, and what is no number is left out', () => {
  const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0, 1e21, 1795591179.365];
  expect(values.map((value) => renderSample('m', { labels: {}, value }, 'text')).join('')).toBe(
    'm +Inf\nm -Inf\nm 0\nm 1e+21\nm 1795591179.365\n',
  );
});

test('any label and value make one line or none, that reads back as it was', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.constantFrom('text', 'openmetrics'),
      (text, value, format) => {
        const line = renderSample('m', { labels: { label: text }, value }, format);
        if (Number.isNaN(value)) return line === '';
        const match = /^m\{label="((?:[^"\\\n]|\\[\\"n])*)"\} (\S+)\n$/.exec(line);
        const unescaped = match?.[1]?.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
        return unescaped === text && Number(match?.[2]?.replace('Inf', 'Infinity')) === value;
      },
    ),
    { numRuns: 1000 },
  );
});

test.each([
  ['', 'text'],
  ['*/*', 'text'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['text/plain,application/openmetrics-text', 'openmetrics'],
  ['application/openmetrics-text;version=0.0.1', 'text'],
  ['application/openmetrics-text; version=1.0.0; q=0.2, text/plain;q=0.5', 'text'],
  // Prometheus 2.42 and 3.
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
  [
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.1',
    'openmetrics',
  ],
  ['application/openmetrics-text;q=rubbish', 'text'],
])('Accept: %s is answered in %s', (accept, format) => {
  expect(negotiateFormat(accept)).toBe(format);
});
