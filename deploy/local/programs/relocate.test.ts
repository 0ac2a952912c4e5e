import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { relocate, replaceInFile } from './relocate.mjs';

/** Writes executables below `root`, as an unpacked package has them. */
function unpackedPackage(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'unpacked package-'));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(directory, 'root', file, '..'), { recursive: true });
    writeFileSync(join(directory, 'root', file), text, { mode: 0o755 });
  }
  return directory;
}

test('every occurrence of a path in an executable is replaced, and its length stays', () => {
  const directory = unpackedPackage({ program: 'x/usr/share/templates/ui\0/usr/share/templates' });
  const file = join(directory, 'root', 'program');
  expect(replaceInFile(file, '/usr/share/templates', '/proc/self/fd/9')).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe('x/proc/self/fd/9//////ui\0/proc/self/fd/9/////');
  expect(replaceInFile(file, '/usr/share/templates', '/proc/self/fd/9')).toBe(false);
});

test('an unpacked program reads its own templates, whatever the working directory', () => {
  const directory = unpackedPackage({
    'usr/bin/alertmanager': '#!/bin/sh\ncat /usr/share/prometheus/alertmanager/default.tmpl\necho "$@"\n',
    'usr/share/prometheus/alertmanager/default.tmpl': 'the template\n',
  });
  relocate(directory, ['usr/bin/alertmanager'], () => '');
  const output = execFileSync(join(directory, 'bin', 'alertmanager'), ['--flag=a b'], { cwd: '/', encoding: 'utf8' });
  expect(output).toBe('the template\n--flag=a b\n');
});

test('an unpacked program serves its own pages if it has a flag for them', () => {
  const files = {
    'usr/bin/prometheus': '#!/bin/sh\necho "$@"\n',
    'usr/share/prometheus/web/page.html': '',
  };
  const run = (help: string): string => {
    const directory = unpackedPackage(files);
    relocate(directory, ['usr/bin/prometheus', 'usr/bin/not-in-the-package'], () => help);
    return execFileSync(join(directory, 'bin', 'prometheus'), ['--version'], { encoding: 'utf8' });
  };
  expect(run('--web.local-assets=PATH')).toMatch(/^--web\.local-assets=\/.*\/usr\/share\/prometheus\/web --version\n$/);
  expect(run('')).toBe('--version\n');
});
