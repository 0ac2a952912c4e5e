import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from './config.ts';

const KEY = Buffer.alloc(32).toString('base64');

test('the example configuration is valid, with the files that it names beside it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'bridge-example-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const files = { access_token: 'secret', webhook_token: 'secret', storage_key: KEY, recovery_key: KEY };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const example = readFileSync(new URL('../config.example.yaml', import.meta.url), 'utf8');
  const config = readConfig(example, 'config.example.yaml', { directory, env: {} }, '/var/lib/bridge');
  expect(config.matrix?.deviceId).toBe('ABCDEFGHIJ');
  expect(config.roomFor('anything')).toBe('ops');
  expect(config.remindAfterMs).toBe(4 * 3_600_000);
});
