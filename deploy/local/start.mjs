// `npm start`: sets up what is missing and runs the whole pipeline on this machine.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { alertmanager, ensureDebianPackages, prometheus } from './debian-packages.mjs';
import { run } from './run.mjs';
import { installDependencies, main, runUnderLockedNode, SetUpError } from './setup.mjs';

const HELP = `Usage: npm start [-- FLAGS]

Runs the whole pipeline on this machine, on loopback addresses only: the exporter, Prometheus with our rules,
Alertmanager with our routing, and the bridge. It ends by printing their URLs, and stops on Ctrl-C.

Accounts      Claude Code's own login is found where Claude Code keeps it, in $CLAUDE_CONFIG_DIR or ~/.claude, and is
              only read. Without one, or with --demo, a simulated account runs instead, and everything says "demo".
              It crosses a threshold within two minutes.
Matrix        With an account in $MATRIX_CREDENTIALS_DIR and a room in $MATRIX_ROOM_ID, alerts go to that room,
              encrypted. Without them each message is printed here as the room would show it.
Set-up        Node's dependencies are installed (npm ci), and the programs are built. Prometheus and Alertmanager are
              used where they are on the PATH. Where they aren't, and this is Debian or the like and you are root, their
              packages are installed after asking you; Debian's own services for them are not started.

Flags
  --demo      use the simulated account even if there is a login
  --yes       install the packages without asking
  --help      print this
`;

await main(async () => {
  const flags = parseFlags();
  if (!flags) return 2;
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  await installDependencies();
  const exitCode = await runUnderLockedNode(import.meta.url);
  if (exitCode !== undefined) return exitCode;
  await ensureDebianPackages([prometheus, alertmanager], {
    assumeYes: flags.yes || process.env.CI === 'true',
    yesCommand: 'npm start -- --yes',
  });
  await build();
  const { runPipeline } = await import('./pipeline.ts');
  await runPipeline({
    demo: flags.demo,
    env: process.env,
    node: process.execPath,
    print: (text) => process.stdout.write(text),
    signals: process,
  });
  return 0;
});

function parseFlags() {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  try {
    return parseArgs({ options: { help: flag, yes: flag, demo: flag } }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nRun npm start -- --help to see what there is.`);
    return undefined;
  }
}

async function build() {
  const exitCode = await run(process.execPath, [fileURLToPath(new URL('../build.mjs', import.meta.url))]);
  if (exitCode !== 0) throw new SetUpError('The programs could not be built; the messages above say why.');
}
