// The second step of `npm start`, under the Node of the lock file: runs the pipeline that the first step has set up.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runPipeline } from './pipeline.ts';

const { values } = parseArgs({
  options: {
    demo: { type: 'boolean', default: false },
    'without-prometheus': { type: 'boolean', default: false },
    state: { type: 'string', default: fileURLToPath(new URL('../../.cache/local', import.meta.url)) },
  },
});

const stopping = new AbortController();
let firstSignalAt: number | undefined;
/** A terminal and npm send each signal several times at once. A later one ends a stop that hangs. */
function onSignal(): void {
  firstSignalAt ??= Date.now();
  if (Date.now() - firstSignalAt > 3_000) process.exit(130);
  stopping.abort();
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
process.on('disconnect', () => stopping.abort());
// Output that nobody reads any more must not prevent a clean stop.
process.stdout.on('error', () => stopping.abort());

try {
  await runPipeline({
    demo: values.demo,
    hasPrometheus: !values['without-prometheus'],
    state: values.state,
    env: process.env,
    machine: {
      platform: process.platform,
      exists: existsSync,
      hasKeychainItem: (service) => spawnSync('security', ['find-generic-password', '-s', service]).status === 0,
    },
    node: process.execPath,
    print: (text) => process.stdout.write(text),
    stopping: stopping.signal,
  });
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
if (process.connected) process.disconnect();
