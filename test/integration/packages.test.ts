import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORKSPACES = ['exporter', 'bridge'];
const directory = mkdtempSync(join(tmpdir(), 'packages-'));

beforeAll(() => {
  const run = (file: string, args: readonly string[]) => execFileSync(file, args, { cwd: ROOT, stdio: 'pipe' });
  run(process.execPath, ['deploy/build.mjs']);
  for (const workspace of WORKSPACES) {
    run('npm', ['pack', '--silent', '--pack-destination', directory, '--workspace', workspace]);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test.each(WORKSPACES)('the package of the %s has what a user needs, and runs', (workspace) => {
  const manifest = JSON.parse(readFileSync(join(ROOT, workspace, 'package.json'), 'utf8'));
  const { name, version, description, files } = manifest;
  const tarball = join(directory, `${name}-${version}.tgz`);
  const packed = execFileSync('tar', ['--list', '--file', tarball], { encoding: 'utf8' }).trim().split('\n');
  const paths = packed.map((path) => path.replace('package/', ''));
  expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/main.js']));
  expect(paths.filter((path) => /(\.test\.|^src\/|^test\/)/.test(path))).toEqual([]);
  for (const listed of files) expect(paths.some((path) => path === listed || path.startsWith(`${listed}/`))).toBe(true);

  const unpacked = join(directory, workspace);
  mkdirSync(unpacked);
  execFileSync('tar', ['--extract', '--file', tarball, '--directory', unpacked]);
  symlinkSync(join(ROOT, 'node_modules'), join(unpacked, 'node_modules'));
  const main = join(unpacked, 'package', manifest.bin[name]);
  expect(execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' })).toContain(version);
  const readme = readFileSync(join(unpacked, 'package', 'README.md'), 'utf8');
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path);
  expect(links.filter((path) => !paths.includes(path ?? ''))).toEqual([]);
  expect(description).toMatch(/\w/);
});

test('a list of all dependencies can be made for a release', () => {
  const sbom = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const { components } = JSON.parse(sbom);
  expect(components.map(({ name }: { name: string }) => name)).toContain('express');
});
