import { createLogger } from '@repo/common/logger';
import { expect, test } from 'vitest';
import { createSdkLogger } from './sdk-logger.ts';

function scene() {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'debug',
    format: 'logfmt',
    write: (line) => lines.push(line.replace(/^ts=\S+ /, '').trim()),
  });
  return { sdk: createSdkLogger(logger), lines };
}

test('what the SDK says stands one level lower in our log, and its chatter not at all', () => {
  const { sdk, lines } = scene();
  sdk.trace('trace');
  sdk.debug('debug');
  sdk.info('info');
  sdk.warn('warn');
  sdk.error('error');
  expect(lines).toEqual([
    'level=debug msg=info source=matrix-js-sdk',
    'level=debug msg=warn source=matrix-js-sdk',
    'level=warn msg=error source=matrix-js-sdk',
  ]);
});

test('each part of the SDK is named', () => {
  const { sdk, lines } = scene();
  sdk.getChild('[Crypto]').error('lost');
  expect(lines).toEqual(['level=warn msg=lost source="matrix-js-sdk [Crypto]"']);
});

test('any value that the SDK logs is written on one line and never throws', () => {
  const { sdk, lines } = scene();
  const circular: Record<string, unknown> = { n: 1n };
  circular.self = circular;
  sdk.error(
    'sending failed:',
    new TypeError('fetch failed\nlevel=info'),
    { a: [1] },
    undefined,
    null,
    circular,
    Symbol('s'),
  );
  expect(lines).toEqual([
    'level=warn msg="sending failed: fetch failed\\nlevel=info { a: [ 1 ] } undefined null <ref *1> { n: 1n, self: [Circular *1] } Symbol(s)" source=matrix-js-sdk',
  ]);
});
