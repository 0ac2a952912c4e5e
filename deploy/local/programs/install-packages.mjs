import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isOnPath } from '../on-path.mjs';
import { runStep, SetUpError } from '../run.mjs';

/**
 * A Debian package that only an installation makes usable. The tests need these; `npm start` does not.
 *
 * @typedef {object} DebianPackage
 * @property {string} title
 * @property {string} name
 * @property {() => boolean} isPresent whether its content is there, from Debian or from elsewhere
 */

/** invoke-rc.d and deb-systemd-invoke ask it whether a service may start; 101 means no. */
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const POLICY = `#!/bin/sh
# Written by claude-usage-monitoring while it installs packages, and removed afterwards.
exit 101
`;

/** Chromium's names, on Debian and elsewhere. */
export const CHROMIUM_COMMANDS = ['chromium', 'chromium-browser', 'google-chrome'];

/** @type {readonly DebianPackage[]} */
export const TEST_PACKAGES = [
  { title: 'Chromium', name: 'chromium', isPresent: () => CHROMIUM_COMMANDS.some(isOnPath) },
  {
    // It creates the environment of Synapse and matrix-nio. virtualenv does the same.
    title: "Python's venv",
    name: 'python3-venv',
    isPresent: () => isOnPath('virtualenv') || spawnSync('python3', ['-c', 'import ensurepip, venv']).status === 0,
  },
];

/**
 * Installs missing packages if this user may, without starting services.
 *
 * @param {readonly DebianPackage[]} packages
 * @throws {SetUpError} if this user may not, or if apt-get fails
 */
export async function installPackages(packages) {
  const missing = packages.filter(({ isPresent }) => !isPresent());
  if (missing.length === 0) return;
  const plan = planInstallation(missing, { hasApt: isOnPath('apt-get'), isRoot: process.getuid?.() === 0 });
  if (plan.step === 'refuse') throw new SetUpError(plan.sentence);
  await withServicesHeldBack(POLICY_FILE, () => install(missing.map(({ name }) => name)));
}

/**
 * @param {readonly DebianPackage[]} missing
 * @param {{ hasApt: boolean, isRoot: boolean }} machine
 * @returns {{ step: 'install' } | { step: 'refuse', sentence: string }}
 */
export function planInstallation(missing, { hasApt, isRoot }) {
  const titles = missing.map(({ title }) => title).join(' and ');
  const needed = `Tests that need ${titles} will be skipped or fail.`;
  if (!hasApt) return { step: 'refuse', sentence: `${needed} Install what is missing and put it on the PATH.` };
  if (isRoot) return { step: 'install' };
  const command = `sudo apt-get install --no-install-recommends ${missing.map(({ name }) => name).join(' ')}`;
  return { step: 'refuse', sentence: `${needed} To install what is missing:\n  ${command}` };
}

/**
 * Keeps Debian from starting services while `action` runs. A policy of the administrator stays in force instead.
 *
 * @param {string} policyFile
 * @param {() => Promise<void>} action
 */
export async function withServicesHeldBack(policyFile, action) {
  const isOurs = !existsSync(policyFile) || readFileSync(policyFile, 'utf8') === POLICY;
  if (!isOurs) return action();
  writeFileSync(policyFile, POLICY);
  chmodSync(policyFile, 0o755);
  try {
    await action();
  } finally {
    rmSync(policyFile, { force: true });
  }
}

/** @param {readonly string[]} names */
async function install(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...names]]) {
    const { exitCode, output } = await runStep(`Running apt-get ${args.join(' ')}`, 'apt-get', ['--quiet', ...args], {
      env,
    });
    if (exitCode !== 0) {
      throw new SetUpError(`${output.trim()}\nCannot install ${names.join(' and ')}: apt-get ${args[0]} failed.`);
    }
  }
}
