import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alertmanager, planInstallation, prometheus, withServicesHeldBack } from './debian-packages.mjs';

describe('what to do about missing packages', () => {
  const root = { hasApt: true, isRoot: true, isTerminal: false };
  const plan = (machine: Partial<typeof root>, assumeYes = false): ReturnType<typeof planInstallation> =>
    planInstallation([prometheus, alertmanager], {
      assumeYes,
      yesCommand: 'npm start -- --yes',
      machine: { ...root, ...machine },
    });

  test('root who said yes gets them', () => {
    expect(plan({}, true)).toEqual({ step: 'install' });
  });

  test('root on a terminal is asked', () => {
    expect(plan({ isTerminal: true })).toEqual({
      step: 'ask',
      sentence:
        "Prometheus and Alertmanager must be installed. Do it now, from Debian's packages and without starting their services?",
    });
  });

  test('root without a terminal is told the one line', () => {
    expect(plan({})).toEqual({
      step: 'refuse',
      sentence:
        'Prometheus and Alertmanager must be installed. This does it, without starting their services:\n  npm start -- --yes',
    });
  });

  test('who is not root is told the one line, yes or no', () => {
    const sentence =
      'Prometheus and Alertmanager must be installed. You are not root; this does it:\n' +
      '  sudo apt-get install --no-install-recommends prometheus prometheus-alertmanager';
    expect(plan({ isRoot: false })).toEqual({ step: 'refuse', sentence });
    expect(plan({ isRoot: false }, true)).toEqual({ step: 'refuse', sentence });
  });

  test('a system without apt is told what is needed', () => {
    expect(plan({ hasApt: false }, true)).toEqual({
      step: 'refuse',
      sentence:
        'Prometheus and Alertmanager must be installed. On this system that is up to you: put them on the PATH and run the same command again.',
    });
  });
});

describe('holding services back', () => {
  const newPolicyFile = (): string => join(mkdtempSync(join(tmpdir(), 'policy-')), 'policy-rc.d');

  test('an executable policy is there meanwhile, and gone afterwards even if the installation fails', async () => {
    const file = newPolicyFile();
    const installing = withServicesHeldBack(file, async () => {
      expect(readFileSync(file, 'utf8')).toMatch(/^#!\/bin\/sh\n.*\nexit 101\n$/);
      expect(statSync(file).mode & 0o777).toBe(0o755);
      throw new Error('no network');
    });
    await expect(installing).rejects.toThrow('no network');
    expect(existsSync(file)).toBe(false);
  });

  test("an administrator's policy is left alone", async () => {
    const file = newPolicyFile();
    writeFileSync(file, '#!/bin/sh\nexit 104\n');
    await withServicesHeldBack(file, async () => {
      expect(readFileSync(file, 'utf8')).toBe('#!/bin/sh\nexit 104\n');
    });
    expect(readFileSync(file, 'utf8')).toBe('#!/bin/sh\nexit 104\n');
  });

  test('what a killed installation left behind is removed by the next', async () => {
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
