// Debian's programs expect their files in /usr/share. These steps make an unpacked copy use its own files instead.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Debian's Alertmanager opens its default templates here, and no flag changes that. */
const TEMPLATES = '/usr/share/prometheus/alertmanager';
/** Opened by the wrapper script. Slashes at the end do not matter, so the path can have the length of the other. */
const TEMPLATES_DESCRIPTOR = '/proc/self/fd/9';

/** Debian's Prometheus serves its pages from here. */
const PAGES = 'usr/share/prometheus/web';

/** Large or useless at run time. */
const UNUSED = ['usr/share/doc', 'usr/share/man', 'usr/share/javascript/moment-timezone/data', 'etc', 'lib', 'var'];

/**
 * Writes a wrapper script into `bin` for each executable below `root`. The result works from any place.
 *
 * @param {string} directory holds `root`, the unpacked packages
 * @param {readonly string[]} files executables below `root`
 * @param {(file: string) => string} helpOf returns the help text of an executable
 */
export function relocate(directory, files, helpOf) {
  const root = join(directory, 'root');
  for (const unused of UNUSED) rmSync(join(root, unused), { recursive: true, force: true });
  mkdirSync(join(directory, 'bin'), { recursive: true });
  for (const file of files) {
    const executable = join(root, file);
    if (!existsSync(executable)) continue;
    const needsTemplates = replaceInFile(executable, TEMPLATES, TEMPLATES_DESCRIPTOR);
    const servesPages = existsSync(join(root, PAGES)) && helpOf(executable).includes('--web.local-assets');
    const script = join(directory, 'bin', basename(file));
    writeFileSync(script, wrapper(file, { needsTemplates, servesPages }));
    chmodSync(script, 0o755);
  }
}

/**
 * @param {string} file
 * @param {{ needsTemplates: boolean, servesPages: boolean }} needs
 */
function wrapper(file, { needsTemplates, servesPages }) {
  return `#!/bin/sh
# Runs the unpacked program with its own files in place of those in /usr/share.
root="\${0%/*}/../root"
${needsTemplates ? `exec 9<"$root${TEMPLATES}"\n` : ''}exec "$root/${file}"${servesPages ? ` --web.local-assets="$root/${PAGES}"` : ''} "$@"
`;
}

/**
 * Replaces a path in an executable by a shorter one, padded with slashes.
 *
 * @param {string} file
 * @param {string} path
 * @param {string} replacement
 * @returns {boolean} whether the path was there
 */
export function replaceInFile(file, path, replacement) {
  const content = readFileSync(file);
  let at = content.indexOf(path);
  if (at === -1) return false;
  for (; at !== -1; at = content.indexOf(path, at)) content.write(replacement.padEnd(path.length, '/'), at, 'latin1');
  writeFileSync(file, content);
  return true;
}
