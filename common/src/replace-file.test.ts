import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceFile } from './replace-file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replace-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a file is replaced by a new one, and never written to', () => {
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

test('if only a part of the text fits on the disk, the old contents stay and no temporary file remains', () => {
  const path = join(directory, 'refreshToken');
  writeFileSync(path, 'old');
  const module = fileURLToPath(new URL('./replace-file.ts', import.meta.url));
  const script = `import { replaceFile } from ${JSON.stringify(module)};
    try { replaceFile(${JSON.stringify(path)}, 'x'.repeat(5000), 0o600); } catch (error) { console.log(error.code); }`;
  // The limit acts like a disk that has room for 1 KiB: the first write is short, the next one fails.
  const limited = `ulimit -f 1; exec "$0" --no-warnings --input-type=module -e "$1"`;
  const { stdout } = spawnSync('bash', ['-c', limited, process.execPath, script], { encoding: 'utf8' });
  expect(stdout).toBe('EFBIG\n');
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(directory)).toEqual(['refreshToken']);
}, 60_000);

test('a failed rename removes the temporary file', () => {
  const path = join(directory, 'taken');
  mkdirSync(join(path, 'full'), { recursive: true });
  expect(() => replaceFile(path, 'text', 0o600)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  expect(readdirSync(directory)).toEqual(['taken']);
});

test('links that others put beside the file are not followed', () => {
  const path = join(directory, 'tier.json');
  const target = join(directory, 'target');
  writeFileSync(target, 'untouched');
  chmodSync(target, 0o640);
  for (const name of ['tier.json', 'tier.json.new', 'tier.json.tmp']) symlinkSync(target, join(directory, name));
  replaceFile(path, 'text', 0o600);
  expect(readFileSync(target, 'utf8')).toBe('untouched');
  expect(statSync(target).mode & 0o777).toBe(0o640);
  expect(readFileSync(path, 'utf8')).toBe('text');
});
