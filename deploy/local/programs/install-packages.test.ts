import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planInstallation, withServicesHeldBack } from './install-packages.mjs';

describe('missing packages of the tests', () => {
  const missing = ['chromium', 'python3-venv'].map((name) => ({ title: name, name, isPresent: () => false }));

  test('are installed where the tests run as root', () => {
    expect(planInstallation(missing, { hasApt: true, isRoot: true })).toEqual({ step: 'install' });
  });

  test('are named with the command that installs them for any other user', () => {
    expect(planInstallation(missing, { hasApt: true, isRoot: false })).toEqual({
      step: 'refuse',
      sentence:
        'Tests that need chromium and python3-venv will be skipped or fail. To install what is missing:\n' +
        '  sudo apt-get install --no-install-recommends chromium python3-venv',
    });
  });

  test('are named on a system without apt', () => {
    expect(planInstallation(missing, { hasApt: false, isRoot: true })).toMatchObject({
      sentence: expect.stringMatching(/Install what is missing and put it on the PATH\.$/),
    });
  });
});

describe('holding services back', () => {
  const newPolicyFile = (): string => join(mkdtempSync(join(tmpdir(), 'policy-')), 'policy-rc.d');

  test('an executable policy exists during the installation only, even if that fails', async () => {
    const file = newPolicyFile();
    const installing = withServicesHeldBack(file, async () => {
      expect(readFileSync(file, 'utf8')).toMatch(/^#!\/bin\/sh\n.*\nexit 101\n$/);
      expect(statSync(file).mode & 0o777).toBe(0o755);
      throw new Error('no network');
    });
    await expect(installing).rejects.toThrow('no network');
    expect(existsSync(file)).toBe(false);
  });

  test("an administrator's policy is not changed", async () => {
    const file = newPolicyFile();
    writeFileSync(file, '#!/bin/sh\nexit 104\n');
    await withServicesHeldBack(file, async () => {
      expect(readFileSync(file, 'utf8')).toBe('#!/bin/sh\nexit 104\n');
    });
    expect(readFileSync(file, 'utf8')).toBe('#!/bin/sh\nexit 104\n');
  });

  test('the policy of a killed installation is removed by the next one', async () => {
    const file = newPolicyFile();
    let leftBehind = '';
    await withServicesHeldBack(file, async () => {
      leftBehind = readFileSync(file, 'utf8');
    });
    writeFileSync(file, leftBehind);
    await withServicesHeldBack(file, async () => undefined);
    expect(existsSync(file)).toBe(false);
  });
});
