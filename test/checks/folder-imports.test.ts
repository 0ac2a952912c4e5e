import { expect, test } from 'vitest';
import { checkFolderImports } from './folder-imports.ts';
import { importsOf } from './imports.ts';

test.each([
  ['exporter/src/app.ts', "import { boot } from '../test/boot.ts';", 'src must not import test'],
  ['exporter/src/app.ts', "import { ca } from '@repo/common/test/certificates';", 'src must not import test'],
  ['bridge/src/app.ts', "import type { Room } from '../test/room.ts';", 'src must not import test'],
  ['bridge/src/app.ts', "type Room = import('../test/room.ts').Room;", 'src must not import test'],
  ['bridge/src/app.ts', "await import('../test/room.ts');", 'src must not import test'],
  ['bridge/src/app.ts', "export * from '../test/room.ts';", 'src must not import test'],
  ['exporter/src/app.ts', "new URL('../../deploy/x.json', import.meta.url);", 'src must not import deploy'],
  ['deploy/local/pipeline.ts', "export { x } from '../../test/fakes/x.ts';", 'deploy must not import test'],
  ['deploy/local/start.mjs', "import '../../test/run.mjs';", 'deploy must not import test'],
  [
    'common/src/program.ts',
    "import { app } from 'claude-usage-exporter/src/app.ts';",
    'common must not import another top-level folder',
  ],
  [
    'common/test/request.ts',
    "import { run } from '../../deploy/local/run.mjs';",
    'common must not import another top-level folder',
  ],
  ['common/src/outbound/proxy.ts', "import { listen } from '../web/serve.ts';", 'outbound must not import web'],
  ['exporter/test/boot.ts', "import '../../bridge/src/app.ts';", 'the exporter must not import the bridge'],
  ['bridge/src/app.ts', "import 'claude-usage-exporter/src/app.ts';", 'the bridge must not import the exporter'],
  ['bridge/src/app.ts', "import 'matrix-js-sdk/lib/client.js';", 'only bridge/src/matrix may import matrix-js-sdk'],
  ['test/e2e/room.test.ts', "import 'matrix-js-sdk';", 'only bridge/src/matrix may import matrix-js-sdk'],
])('%s may not contain %s', (path, line, message) => {
  const problems = checkFolderImports(importsOf([{ path, text: `// A comment.\n${line}\n` }]));
  expect(problems).toEqual([{ path, line: 2, message: expect.stringMatching(`^${message}, but imports `) }]);
});

test.each([
  ['exporter/src/app.test.ts', "import { boot } from '../test/boot.ts';"],
  ['exporter/src/app.ts', "import { listen } from '@repo/common/web/serve';"],
  ['common/src/web/serve.ts', "import { send } from '../outbound/outbound.ts';"],
  ['bridge/src/matrix/session.ts', "import { createClient } from 'matrix-js-sdk';"],
  ['test/e2e/room.test.ts', "import '../../deploy/local/pipeline.ts'; import '../../bridge/src/app.ts';"],
  ['exporter/src/app.ts', "const text = \"import x from '../test/x.ts'\"; // import '../test/y.ts';"],
])('%s may contain %s', (path, text) => {
  expect(checkFolderImports(importsOf([{ path, text }]))).toEqual([]);
});
