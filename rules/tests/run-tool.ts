import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The folder of the rules, where the tools run, so that their files are named as a person would name them. */
export const RULES_FOLDER = fileURLToPath(new URL('..', import.meta.url));

export type ToolResult = { exitCode: number; output: string };

const DEBIAN_PACKAGE = { promtool: 'prometheus', amtool: 'prometheus-alertmanager' };

/** Runs promtool or amtool. Its refusal is a result, its absence an error that says how to get it. */
export function runTool(
  tool: keyof typeof DEBIAN_PACKAGE,
  args: readonly string[],
  folder: string = RULES_FOLDER,
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    execFile(tool, args, { cwd: folder }, (error, stdout, stderr) => {
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
