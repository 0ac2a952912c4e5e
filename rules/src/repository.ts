import { readFileSync } from 'node:fs';

// The address of the public repository has one home: `repository.url` in the package.json of the root. Everything that
// shows the address asks here, or is generated from it (`npm run generate`).
const ROOT = new URL('../../package.json', import.meta.url);

/**
 * Returns the web address of the repository, without a slash at the end; undefined until it is known. The reserved domain
 * `.invalid` says that it is not. Until then, runbook links point at the running exporter, which serves the same pages.
 */
export function repositoryAddress(): string | undefined {
  return webAddress(JSON.parse(readFileSync(ROOT, 'utf8')).repository.url);
}

/** @param url as in a package.json */
export function webAddress(url: string): string | undefined {
  const { hostname, href } = new URL(url.replace(/^git\+/, '').replace(/\.git$/, ''));
  return hostname.endsWith('.invalid') ? undefined : href;
}
