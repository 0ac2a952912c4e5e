import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLogger, describeError, type LoggerOptions } from './logger.ts';

function record(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', format: 'logfmt', ...options, write: (line) => lines.push(line) });
  return { logger, lines };
}

/** Returns the lines without timestamp and level. */
function lineOf(fields: object, message: string): string {
  const { logger, lines } = record();
  logger.info(fields, message);
  expect(lines).toHaveLength(1);
  return String(lines[0]).replace(/^ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=info /, '');
}

test.each([
  [{ plain: 'word-1.5/x' }, 'plain=word-1.5/x'],
  [{ empty: '' }, 'empty=""'],
  [{ spaces: 'two words' }, 'spaces="two words"'],
  [{ equals: 'a=b' }, 'equals="a=b"'],
  [{ quotes: 'say "x"' }, 'quotes="say \\"x\\""'],
  [{ backslash: 'a\\b' }, 'backslash="a\\\\b"'],
  [{ newline: 'a\nlevel=error' }, 'newline="a\\nlevel=error"'],
  [{ escape: '\u001b[31mred' }, 'escape="\\u001b[31mred"'],
  [{ c1: '\u009b31mred' }, 'c1="\\u009b31mred"'],
  [{ separator: 'a\u2028b\u0085c' }, 'separator="a\\u2028b\\u0085c"'],
  [{ bidi: 'a\u202eb' }, 'bidi="a\\u202eb"'],
  [{ umlaut: 'grün🔥' }, 'umlaut=grün🔥'],
  [{ number: 1.5, flag: true, nothing: null, list: [1, 2] }, 'number=1.5 flag=true nothing=null list=[1,2]'],
])('%j is written as %s', (fields, text) => {
  expect(lineOf(fields, 'done')).toBe(`msg=done ${text}\n`);
});

test('whatever a value or message holds, it stays on one line and within its quotes', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (value, message) => {
      const line = lineOf({ value }, message);
      expect(line).toMatch(/^msg=("([^"\\]|\\.)*"|[^\s"=\\]+) value=("([^"\\]|\\.)*"|[^\s"=\\]+)\n$/u);
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
    }),
  );
});

test.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
] as const)('at level %s the log shows %j', (level, shown) => {
  const { logger, lines } = record({ level });
  for (const each of ['debug', 'info', 'warn', 'error'] as const) logger[each]('x');
  expect(lines.map((line) => /level=(\w+)/.exec(line)?.[1])).toEqual(shown);
});

test('in JSON every line is an object with ts, level and msg', () => {
  const { logger, lines } = record({ format: 'json' });
  logger.warn({ room: 'a\nb' }, 'careful');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(String(lines[0]))).toEqual({
    ts: expect.stringMatching(/^\d{4}-.*Z$/),
    level: 'warn',
    msg: 'careful',
    room: 'a\nb',
  });
  expect(lines[0]).toMatch(/^[^\n]+\n$/);
});

test('in JSON no character reaches the terminal that it would obey, or that changes the direction of text', () => {
  const { logger, lines } = record({ format: 'json' });
  const text = '\u009b31mred \u202eevil \u2028line \u0085next \u2066isolated \ufeffmark \u001b[31m grün🔥';
  logger.warn({ [text]: text }, text);
  const line = String(lines[0]);
  expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(line).toContain('grün🔥');
  expect(JSON.parse(line)).toMatchObject({ msg: text, [text]: text });
});

test('an error shows its message with those of its causes, and no stack', () => {
  const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
  const error = new Error('not delivered', { cause: new TypeError('fetch failed', { cause: refused }) });
  expect(lineOf({ err: error }, 'x')).toBe('msg=x err="not delivered: fetch failed: ECONNREFUSED"\n');
});

test.each([
  [new Error('a', { cause: 'b' }), 'a: b'],
  [new RangeError(), 'RangeError'],
  ['just text', 'just text'],
  [undefined, 'undefined'],
])('%o is described as %j', (error, text) => {
  expect(describeError(error)).toBe(text);
});
