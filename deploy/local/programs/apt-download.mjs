import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep, SetUpError } from '../run.mjs';

/**
 * Options of apt for a user who may write below `directory` only. Hooks of the system are cleared because they change
 * the system's own caches.
 *
 * @param {string} directory
 * @param {{ ownLists: boolean }} options
 */
export function aptConfiguration(directory, { ownLists }) {
  return [
    ...(ownLists ? [`Dir::State::Lists "${join(directory, 'lists')}";`] : []),
    `Dir::Cache "${join(directory, 'cache')}";`,
    '#clear APT::Update;',
    // Without it, root's apt switches to a user who cannot write into this clone.
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";',
    'Acquire::Retries "1";',
    'Acquire::http::Timeout "30";',
    'Acquire::https::Timeout "30";',
    '',
  ].join('\n');
}

/**
 * Downloads packages and the dependencies that match `assetPackages` into `target`. Uses the system's package lists and,
 * where they are missing or outdated, lists in `aptDirectory`.
 *
 * @param {import('./needed-programs.mjs').NeededProgram} program
 * @param {{ aptDirectory: string, target: string, systemLists?: string }} directories
 * @throws {SetUpError} with the reason from apt
 */
export async function downloadPackages(program, { aptDirectory, target, systemLists = '/var/lib/apt/lists' }) {
  for (const part of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(aptDirectory, part), { recursive: true });
  if (hasLists(systemLists)) {
    const failure = await download(program, writeConfiguration(aptDirectory, false), target);
    if (failure === undefined) return;
  }
  const configuration = writeConfiguration(aptDirectory, true);
  // A source of the system that fails must not stop the others: the download decides.
  const update = await apt('Downloading package lists into .cache', ['update'], configuration, aptDirectory);
  const failure = await download(program, configuration, target);
  if (failure !== undefined) {
    throw new SetUpError(reasonOf(`${update.output}\n${failure}`));
  }
}

/**
 * @param {import('./needed-programs.mjs').NeededProgram} program
 * @param {string} configuration
 * @param {string} target
 * @returns {Promise<string | undefined>} the output of apt if it failed
 */
async function download({ title, packages, assetPackages }, configuration, target) {
  const assets = assetPackages ? await dependencies(packages, assetPackages, configuration, target) : [];
  const args = ['download', ...packages, ...assets];
  const { exitCode, output } = await apt(`Downloading ${title} into .cache`, args, configuration, target);
  return exitCode === 0 ? undefined : output;
}

/**
 * @param {readonly string[]} packages
 * @param {RegExp} pattern
 * @param {string} configuration
 * @param {string} cwd
 */
async function dependencies(packages, pattern, configuration, cwd) {
  const without = ['pre-depends', 'recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
  const args = ['depends', '--recurse', ...without.map((kind) => `--no-${kind}`), ...packages];
  const { output } = await runStep('', 'apt-cache', ['-c', configuration, ...args], { cwd });
  return output.split('\n').filter((line) => pattern.test(line));
}

/**
 * @param {string} title
 * @param {readonly string[]} args
 * @param {string} configuration
 * @param {string} cwd
 */
function apt(title, args, configuration, cwd) {
  return runStep(title, 'apt-get', ['--quiet', '-c', configuration, ...args], { cwd });
}

/**
 * @param {string} aptDirectory
 * @param {boolean} ownLists
 */
function writeConfiguration(aptDirectory, ownLists) {
  const file = join(aptDirectory, ownLists ? 'own-lists.conf' : 'system-lists.conf');
  writeFileSync(file, aptConfiguration(aptDirectory, { ownLists }));
  return file;
}

/** @param {string} directory */
function hasLists(directory) {
  try {
    return readdirSync(directory).some((name) => /_Packages(\.\w+)?$/.test(name));
  } catch {
    return false;
  }
}

/**
 * Returns the lines that say why apt failed. Failed connections come first: other errors follow from them.
 *
 * @param {string} output
 */
export function reasonOf(output) {
  const lines = [...new Set(output.split('\n').filter((line) => /^(E|W|Err):/.test(line)))];
  const connections = lines.filter((line) => /Failed to fetch|Temporary failure|Could not connect/.test(line));
  const errors = lines.filter((line) => line.startsWith('E:'));
  return (connections.length > 0 ? connections.slice(0, 1) : errors.slice(-3)).join('\n');
}
