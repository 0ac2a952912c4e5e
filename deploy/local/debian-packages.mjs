import { accessSync, chmodSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { run } from './run.mjs';
import { SetUpError } from './setup.mjs';

/**
 * @typedef {object} DebianPackage
 * @property {string} title what it brings
 * @property {string} name
 * @property {() => boolean} isPresent whether what it brings is there, from Debian or from elsewhere
 */

/**
 * @typedef {object} Machine
 * @property {boolean} hasApt
 * @property {boolean} isRoot
 * @property {boolean} isTerminal whether there is somebody to ask
 */

/** Asked by invoke-rc.d and deb-systemd-invoke whether a service may start; 101 is "no". */
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const POLICY = `#!/bin/sh
# Written while claude-usage-monitoring installs packages whose services it does not want, and removed afterwards.
exit 101
`;

/** What Chromium goes by: on Debian, and elsewhere. */
export const CHROMIUM_COMMANDS = ['chromium', 'chromium-browser', 'google-chrome'];

/** @type {DebianPackage} */
export const prometheus = { title: 'Prometheus', name: 'prometheus', isPresent: () => isOnPath('prometheus') };

/** @type {DebianPackage} */
export const alertmanager = {
  title: 'Alertmanager',
  name: 'prometheus-alertmanager',
  isPresent: () => isOnPath('prometheus-alertmanager') || isOnPath('alertmanager'),
};

/** @type {DebianPackage} */
export const chromium = {
  title: 'Chromium',
  name: 'chromium',
  isPresent: () => CHROMIUM_COMMANDS.some(isOnPath),
};

/**
 * Installs what is missing, without starting any service. Throws a SetUpError when it may not or can't.
 *
 * @param {readonly DebianPackage[]} packages
 * @param {object} options
 * @param {boolean} options.assumeYes install without asking
 * @param {string} options.yesCommand the command that does install without asking
 */
export async function ensureDebianPackages(packages, { assumeYes, yesCommand }) {
  const missing = packages.filter(({ isPresent }) => !isPresent());
  if (missing.length === 0) return;
  const plan = planInstallation(missing, { assumeYes, yesCommand, machine: thisMachine() });
  if (plan.step === 'refuse') throw new SetUpError(plan.sentence);
  if (plan.step === 'ask' && !(await confirmed(plan.sentence))) {
    throw new SetUpError(`Nothing was installed. ${list(missing)} must be there to go on.`);
  }
  await withServicesHeldBack(POLICY_FILE, () => install(missing.map(({ name }) => name)));
}

/**
 * @param {readonly DebianPackage[]} missing
 * @param {{ assumeYes: boolean, yesCommand: string, machine: Machine }} circumstances
 * @returns {{ step: 'install' } | { step: 'ask' | 'refuse', sentence: string }}
 */
export function planInstallation(missing, { assumeYes, yesCommand, machine }) {
  const needed = `${list(missing)} must be installed.`;
  if (!machine.hasApt) {
    const remedy = 'On this system that is up to you: put them on the PATH and run the same command again.';
    return { step: 'refuse', sentence: `${needed} ${remedy}` };
  }
  if (!machine.isRoot) {
    const line = `sudo apt-get install --no-install-recommends ${missing.map(({ name }) => name).join(' ')}`;
    return { step: 'refuse', sentence: `${needed} You are not root; this does it:\n  ${line}` };
  }
  if (assumeYes) return { step: 'install' };
  if (machine.isTerminal) {
    return {
      step: 'ask',
      sentence: `${needed} Do it now, from Debian's packages and without starting their services?`,
    };
  }
  return { step: 'refuse', sentence: `${needed} This does it, without starting their services:\n  ${yesCommand}` };
}

/** @param {readonly DebianPackage[]} packages */
function list(packages) {
  return packages.map(({ title }) => title).join(' and ');
}

/**
 * Keeps Debian from starting services while `action` runs. A policy that the administrator has set stays in force
 * instead.
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
    const exitCode = await run('apt-get', ['--quiet', ...args], { env });
    if (exitCode !== 0) {
      throw new SetUpError(
        `${names.join(' and ')} could not be installed: apt-get ${args[0]} ended with exit code ${exitCode} and said why above.`,
      );
    }
  }
}

/**
 * Ctrl-C and Ctrl-D, on which the question is aborted, are a no.
 *
 * @param {string} question
 */
async function confirmed(question) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`${question} [Y/n] `);
    return /^(y|yes|)$/i.test(answer.trim());
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    console.log();
    return false;
  } finally {
    terminal.close();
  }
}

/** @returns {Machine} */
function thisMachine() {
  return {
    hasApt: isOnPath('apt-get'),
    isRoot: process.getuid?.() === 0,
    isTerminal: process.stdin.isTTY === true && process.stdout.isTTY === true,
  };
}

/**
 * @param {string} command
 * @returns {boolean}
 */
export function isOnPath(command) {
  return pathOf(command) !== undefined;
}

/**
 * @param {string} command
 * @returns {string | undefined}
 */
export function pathOf(command) {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, command));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
