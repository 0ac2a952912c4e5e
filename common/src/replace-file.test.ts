import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFile } from './replace-file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replace-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a file is replaced by another one, and never written to', () => {
  const path = join(directory, 'tier.json');
  replaceFile(path, 'a long first text', 0o600);
  const first = statSync(path);
  replaceFile(path, 'short', 0o644);
  const second = statSync(path);
  expect(readFileSync(path, 'utf8')).toBe('short');
  expect([first.mode & 0o777, second.mode & 0o777]).toEqual([0o600, 0o644]);
  expect(second.ino).not.toBe(first.ino);
  expect(readdirSync(directory)).toEqual(['tier.json']);
});
