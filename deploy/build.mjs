// `npm run build`: each program, with what only some of its commands need in files of their own. What a package.json
// names as a dependency stays outside of it and is installed with the package; `@repo/common`, which nobody can install,
// goes in.
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const revision = gitRevision();

for (const workspace of ['exporter', 'bridge']) {
  const directory = join(root, workspace);
  const { version, dependencies } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const entryPoint = join(directory, 'src', 'main.ts');
  const outdir = join(directory, 'dist');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [entryPoint],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: Object.keys(dependencies),
    // esbuild keeps the first line of a source that has it already.
    banner: { js: readFileSync(entryPoint, 'utf8').startsWith('#!') ? '' : '#!/usr/bin/env node' },
    define: { __VERSION__: JSON.stringify(version), __REVISION__: JSON.stringify(revision) },
    logLevel: 'warning',
  });
  chmodSync(join(outdir, 'main.js'), 0o755);
}

/** The short hash of the commit, or "unknown" in a copy without its history. */
function gitRevision() {
  // The ceiling keeps git from taking a repository around ours for ours.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(root) };
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}
