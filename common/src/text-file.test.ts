import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeText, readTextFile } from './text-file.ts';

const bigEndian = Buffer.from('\ufefftoken-zoë', 'utf16le').swap16();

test.each([
  ['UTF-8', Buffer.from('token-zoë')],
  ['UTF-8 with a byte order mark', Buffer.from('\ufefftoken-zoë')],
  ['UTF-16, little endian', Buffer.from('\ufefftoken-zoë', 'utf16le')],
  ['UTF-16, big endian', bigEndian],
])('%s is decoded, without the mark', (_name, bytes) => {
  expect(decodeText(bytes)).toBe('token-zoë');
});

test('a file is read in its encoding, and an empty one is empty', () => {
  const directory = mkdtempSync(join(tmpdir(), 'text-'));
  const path = join(directory, 'file');
  writeFileSync(path, bigEndian);
  expect(readTextFile(path)).toBe('token-zoë');
  writeFileSync(path, '');
  expect(readTextFile(path)).toBe('');
  rmSync(directory, { recursive: true });
});
