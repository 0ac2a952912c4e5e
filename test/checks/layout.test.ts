import { expect, test } from 'vitest';
import { checkLayout } from './layout.ts';

test.each([
  ['tools/release.ts', /^top-level folder tools\/ is not one of exporter, bridge, /],
  ['exporter/src/helpers.ts', /^only main, app, pipeline, events, ports lie directly in exporter\/src\/$/],
  ['exporter/src/helpers.test.ts', /^only main, /],
  ['bridge/src/pipeline.ts', /^only main, app, config, /],
  ['exporter/src/utils/text.ts', /^exporter\/src\/ has no folder utils\/, only commands, /],
  ['common/src/matrix/room.ts', /^common\/src\/ has no folder matrix\/, only web, outbound$/],
])('%s is in the wrong place', (path, message) => {
  expect(checkLayout([{ path, text: '' }])).toEqual([{ path, message: expect.stringMatching(message) }]);
});

test('files in their places are not reported', () => {
  const paths = [
    'README.md',
    '.ci/run',
    'exporter/src/pipeline-reload.test.ts',
    'exporter/src/web/page/html.ts',
    'bridge/src/fatal-error.ts',
    'common/src/logger.ts',
    'exporter/docs/metrics.md',
    'test/checks/run.ts',
  ];
  expect(checkLayout(paths.map((path) => ({ path, text: '' })))).toEqual([]);
});

const lines = (count: number) => 'x\n'.repeat(count);

test('a source file of more than 300 lines is reported, a test of that length is not', () => {
  const files = [
    { path: 'exporter/src/web/short.ts', text: lines(3) },
    { path: 'exporter/src/web/shorter.ts', text: lines(2) },
    { path: 'exporter/src/web/long.ts', text: lines(301) },
    { path: 'exporter/src/web/longest-allowed.ts', text: lines(300) },
    { path: 'exporter/src/web/shortest.ts', text: lines(1) },
    { path: 'exporter/src/web/long.test.ts', text: lines(999) },
  ];
  expect(checkLayout(files)).toEqual([{ path: 'exporter/src/web/long.ts', message: '301 lines, at most 300' }]);
});

test('a median above 80 lines is reported', () => {
  const files = [79, 81, 200].map((count) => ({ path: `bridge/src/web/file-${count}.ts`, text: lines(count) }));
  expect(checkLayout(files)).toEqual([{ path: '*/src', message: 'median file of 81 lines, at most 80' }]);
  expect(checkLayout(files.slice(0, 1))).toEqual([]);
});
