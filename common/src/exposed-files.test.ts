import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exposedFiles, isOpenToWriters } from './exposed-files.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'exposed-'));
  chmodSync(directory, 0o755);
});
afterEach(() => rmSync(directory, { recursive: true }));

function file(name: string, mode: number): string {
  const path = join(directory, name);
  writeFileSync(path, 'secret');
  chmodSync(path, mode);
  return path;
}

test('a file that everyone can read is exposed; one for its owner or its group is not', () => {
  const exposed = file('open', 0o644);
  expect(exposedFiles([exposed, file('private', 0o600), file('group', 0o440), join(directory, 'gone')])).toEqual([
    exposed,
  ]);
});

test('a directory that others cannot search protects the files in it, also behind a link', () => {
  const inner = join(directory, 'inner');
  mkdirSync(inner);
  writeFileSync(join(inner, 'secret'), 'secret', { mode: 0o644 });
  symlinkSync(join(inner, 'secret'), join(directory, 'link'));
  expect(exposedFiles([join(directory, 'link')])).toHaveLength(1);
  chmodSync(inner, 0o700);
  expect(exposedFiles([join(inner, 'secret'), join(directory, 'link')])).toEqual([]);
});

test.each([
  [0o700, false],
  [0o755, false],
  [0o775, true],
  [0o777, true],
])('a directory of mode %o is open to other writers: %s', (mode, expected) => {
  chmodSync(directory, mode);
  expect(isOpenToWriters(directory)).toBe(expected);
  expect(isOpenToWriters(join(directory, 'gone'))).toBe(false);
});
