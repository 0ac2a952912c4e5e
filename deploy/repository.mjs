// The address of the public repository has one home: `repository.url` in the package.json of the root. Everything that
// shows the address asks here, or is generated from it (`npm run generate`).
import { readFileSync } from 'node:fs';

const root = new URL('../package.json', import.meta.url);

/**
 * Returns the web address of the repository, without a slash at the end; undefined until it is known. The reserved
 * domain `.invalid` says that it is not.
 *
 * @returns {string | undefined}
 */
export function repositoryAddress() {
  return webAddress(JSON.parse(readFileSync(root, 'utf8')).repository.url);
}

/**
 * @param {string} url as in a package.json
 * @returns {string | undefined}
 */
export function webAddress(url) {
  const { hostname, href } = new URL(url.replace(/^git\+/, '').replace(/\.git$/, ''));
  return hostname.endsWith('.invalid') ? undefined : href;
}
