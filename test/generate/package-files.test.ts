import { expect, test } from 'vitest';
import { webAddress } from '../../rules/src/repository.ts';
import { withRootFields } from './package-files.ts';

const ROOT = {
  license: 'Apache-2.0',
  version: '1.2.3',
  repository: { type: 'git', url: 'git+https://git.example.org/team/monitoring.git' },
};

test('a package takes version, licence and addresses from the root, and keeps the rest', () => {
  const before = JSON.stringify({ name: 'exporter', version: '0.0.1', bugs: 'old', type: 'module', dependencies: {} });
  expect(JSON.parse(withRootFields(before, ROOT, 'exporter'))).toEqual({
    name: 'exporter',
    version: '1.2.3',
    license: 'Apache-2.0',
    homepage: 'https://git.example.org/team/monitoring#readme',
    bugs: 'https://git.example.org/team/monitoring/issues',
    repository: { ...ROOT.repository, directory: 'exporter' },
    type: 'module',
    dependencies: {},
  });
});

test('what is written once is written the same again', () => {
  const once = withRootFields('{"name": "bridge", "files": ["dist"]}', ROOT, 'bridge');
  expect(withRootFields(once, ROOT, 'bridge')).toBe(once);
});

test('an address is known unless its domain is the reserved one', () => {
  expect(webAddress(ROOT.repository.url)).toBe('https://git.example.org/team/monitoring');
  expect(webAddress('git+https://repository.invalid/monitoring.git')).toBeUndefined();
});
