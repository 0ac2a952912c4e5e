import { expect, test } from 'vitest';
import { checkFolderCycles } from './folder-cycles.ts';
import { importsOf } from './imports.ts';

test('folders that import each other through a third one are reported at each import', () => {
  const imports = importsOf([
    { path: 'bridge/src/alerts/ledger.ts', text: "import { intake } from '../outbox/intake.ts';" },
    { path: 'bridge/src/outbox/intake.ts', text: "\nimport { card } from '../message/card.ts';" },
    { path: 'bridge/src/message/card.ts', text: "import { type Alert, alert } from '../alerts/ledger.ts';" },
    { path: 'bridge/src/web/webhook-route.ts', text: "import { intake } from '../outbox/intake.ts';" },
  ]);
  expect(checkFolderCycles(imports).map(({ path, line }) => `${path}:${line}`)).toEqual([
    'bridge/src/alerts/ledger.ts:1',
    'bridge/src/outbox/intake.ts:2',
    'bridge/src/message/card.ts:1',
  ]);
});

test('types, tests and files directly in src close no cycle', () => {
  const imports = importsOf([
    { path: 'bridge/src/alerts/ledger.ts', text: "import { intake } from '../outbox/intake.ts';" },
    { path: 'bridge/src/outbox/intake.ts', text: "import type { Alert } from '../alerts/ledger.ts';" },
    { path: 'bridge/src/outbox/outbox.ts', text: "import { type Alert } from '../alerts/ledger.ts';" },
    { path: 'bridge/src/outbox/seal.ts', text: "export type { Alert } from '../alerts/ledger.ts';" },
    { path: 'bridge/src/outbox/intake.test.ts', text: "import { alert } from '../alerts/ledger.ts';" },
    { path: 'bridge/src/app.ts', text: "import { alert } from './alerts/ledger.ts';" },
    { path: 'bridge/src/outbox/wakeup.ts', text: "import { app } from '../app.ts';" },
  ]);
  expect(checkFolderCycles(imports)).toEqual([]);
});
