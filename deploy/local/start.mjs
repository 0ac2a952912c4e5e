// `npm start`: sets up what is missing and runs the whole pipeline on this machine.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMissing, findPrograms } from './programs/find-programs.mjs';
import { FOR_START } from './programs/needed-programs.mjs';
import { run } from './run.mjs';
import { lockClone } from './run-lock.mjs';
import { build, installDependencies, lockedNode, main, ROOT, withPath } from './setup.mjs';

const HELP = `Usage: npm start [-- FLAGS]

Runs the whole pipeline on this machine, on loopback addresses only: the exporter, Prometheus with the project's rules,
Alertmanager with its routing, and the bridge. Prints their URLs when they are ready. Ctrl-C stops everything.

Accounts      Uses the login that the exporter finds, without changing it: $CLAUDE_USAGE_CONFIG or the exporter's
              default configuration file, else $OAUTH_TOKENS_DIR, else Claude Code's login in $CLAUDE_CONFIG_DIR,
              ~/.claude or the macOS Keychain. Without a login, or with --demo, a simulated account with two weeks of
              history runs instead, and everything says "demo". Its first alert arrives within two minutes. Within
              five minutes, a bad forecast, a second threshold, a moved reset and a recovery follow. The demo shortens
              the waiting times of the alert rules.
Matrix        With $MATRIX_CREDENTIALS_DIR (homeserver_url, user_id, access_token, device_id) and $MATRIX_ROOM_ID,
              alerts go to that room, encrypted. Otherwise each message is printed here as the room would show it.
Set-up        Installs the dependencies into node_modules (npm ci) and builds the programs. Uses Prometheus and
              Alertmanager from the PATH. Where they are missing, their Debian packages are downloaded (apt-get download)
              and unpacked into .cache. This needs no root and installs nothing on the system. Without apt or a network,
              the exporter, its status page and the bridge run alone.
Ports         10085 (exporter), 10086 (bridge), 9090 (Prometheus), 9093 (Alertmanager), or free ones if these are taken.
Files         Everything is in this folder: node_modules, exporter/dist, bridge/dist and .cache. Delete the folder to
              remove all of it. Demo data (.cache/local/demo) is replaced at each start. Data of a real login
              (.cache/local/login) and of a Matrix device (.cache/local/matrix) are kept.

Flags
  --demo      use the simulated account even if there is a login
  --help      print this help

Exit codes: 0 after Ctrl-C, 1 if something fails, 2 for an unknown flag.
`;

await main(async () => {
  const flags = parseFlags();
  if (!flags) return 2;
  if (flags.help) {
    writeSync(1, HELP);
    return 0;
  }
  const lock = lockClone(ROOT, 'npm start');
  await installDependencies();
  const node = lockedNode();
  const { path, missing } = await findPrograms(FOR_START, join(ROOT, '.cache'));
  if (missing.length > 0) {
    console.error(`${describeMissing(missing)}\nContinuing with the exporter, its status page and the bridge.`);
  }
  await build(node);
  const args = [join(ROOT, 'deploy', 'local', 'main.ts'), ...(flags.demo ? ['--demo'] : [])];
  if (missing.length > 0) args.push('--without-prometheus');
  // The child holds the lock as well, so that it lasts as long as the pipeline. The channel tells it if this process dies.
  return run(node, args, { env: withPath(path), stdio: ['inherit', 'inherit', 'inherit', 'ipc', lock ?? 'ignore'] });
});

function parseFlags() {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  try {
    return parseArgs({ options: { help: flag, demo: flag } }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nRun npm start -- --help for the flags.`);
    return undefined;
  }
}
