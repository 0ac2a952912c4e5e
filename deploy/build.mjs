// `npm run build`: bundles each program, with separate files for code that only some commands need. Dependencies in its
// package.json stay external and are installed with the package; `@repo/common`, which is not published, is bundled.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { renderRunbook } from './runbook.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const revision = gitRevision();

/**
 * Code that runs in threads, in files beside the program.
 * @type {Record<string, Record<string, string>>}
 */
const THREADS = {
  exporter: { 'transcripts-worker': join(root, 'exporter/src/transcripts/daemon/transcripts-worker.ts') },
};

for (const workspace of ['exporter', 'bridge']) {
  const directory = join(root, workspace);
  const { name, version, dependencies } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const entryPoint = join(directory, 'src', 'main.ts');
  const outdir = join(directory, 'dist');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: { program: entryPoint, ...THREADS[workspace] },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: Object.keys(dependencies),
    define: { __VERSION__: JSON.stringify(version), __REVISION__: JSON.stringify(revision) },
    logLevel: 'warning',
  });
  const main = join(outdir, 'main.js');
  writeFileSync(main, startFile(name));
  chmodSync(main, 0o755);
}

const runbook = join(root, 'exporter', 'dist', 'runbook');
mkdirSync(runbook);
for (const [name, page] of renderRunbook(join(root, 'rules'))) writeFileSync(join(runbook, `${name}.html`), page);

/** @param {string} name */
function startFile(name) {
  return `#!/usr/bin/env node
// Ignored before anything is loaded: Node would open its inspector.
process.on('SIGUSR1', () => {});
// An older Node would fail over what it lacks, and not say that it is too old.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(\`${name} needs Node 24 or newer, and this is \${process.version}\`);
  process.exit(1);
}
await import('./program.js');
`;
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
