import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FatalError } from '../fatal-error.ts';
import { readDevicePin, writeDevicePin } from './device-pin.ts';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'device-pin-test-')), 'device.json');
const PIN = { userId: '@alerts:example.org', deviceId: 'ABCDEFGHIJ', ed25519: 'key' };

test('a pin comes back as it was written, for the owner only, with nothing left beside it', () => {
  const file = newFile();
  expect(readDevicePin(file)).toBeUndefined();
  writeDevicePin(file, PIN);
  expect(readDevicePin(file)).toEqual(PIN);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(file, '..'))).toEqual(['device.json']);
  expect(readFileSync(file, 'utf8')).toMatch(/\n$/);
});

test.each([
  '',
  '{',
  '[]',
  '{"userId":"@alerts:example.org","deviceId":"X"}',
  '{"userId":1,"deviceId":"X","ed25519":"k"}',
])('a pin that says %j is refused, for nobody knows whose the keys are', (text) => {
  const file = newFile();
  writeFileSync(file, text);
  const read = () => readDevicePin(file);
  expect(read).toThrow(FatalError);
  expect(read).toThrow(
    `cannot read the owner of this data directory from ${file}. Restore the file, or log in as a new device`,
  );
});
