import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the rules, where the tools run, so that their files are named as a person would name them. */
export const RULES_FOLDER = fileURLToPath(new URL('..', import.meta.url));

export type ToolResult = { exitCode: number; output: string };

/** The promtool of Prometheus 3, built by `npm run build:promtool-3` where Go is there. Optional. */
export const PROMTOOL_3 = 'promtool-3';

const DEBIAN_PACKAGE = {
  promtool: 'prometheus',
  amtool: 'prometheus-alertmanager',
  [PROMTOOL_3]: 'none; run npm run build:promtool-3',
};

/** Runs promtool or amtool. Its refusal is a result, its absence an error that says how to get it. */
export function runTool(
  tool: keyof typeof DEBIAN_PACKAGE,
  args: readonly string[],
  folder: string = RULES_FOLDER,
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    execFile(pathOf(tool), args, { cwd: folder }, (error, stdout, stderr) => {
      if (error === null) return resolve({ exitCode: 0, output: stdout + stderr });
      if (typeof error.code === 'number') return resolve({ exitCode: error.code, output: stdout + stderr });
      reject(
        error.code === 'ENOENT'
          ? new Error(`${tool} was not found; \`npm test\` installs it (Debian's package ${DEBIAN_PACKAGE[tool]}).`)
          : error,
      );
    });
  });
}

export function isInstalled(tool: keyof typeof DEBIAN_PACKAGE): boolean {
  return spawnSync(pathOf(tool), ['--version']).error === undefined;
}

/** Path of a tool: the one built in the clone, else the one on the PATH. */
function pathOf(tool: string): string {
  const built = join(RULES_FOLDER, '../.cache/bin', tool);
  return existsSync(built) ? built : tool;
}
