import { EXIT, type ProgramHost } from './program-host.ts';

/** What a program can do besides serving, which it does without a command. */
export interface Subcommand<Host extends ProgramHost> {
  /** One line for the program's `--help`. */
  readonly summary: string;
  /** Its code, loaded when it is asked for: a command that runs all the time must not wait for a web server's code. */
  readonly load: () => Promise<(host: Host) => Promise<number>>;
}

export type Subcommands<Host extends ProgramHost> = Readonly<Record<string, Subcommand<Host>>>;

/** Runs the command that the first argument names, or else `serve`; returns the exit code. */
export async function runCommand<Host extends ProgramHost>(
  host: Host,
  subcommands: Subcommands<Host>,
  loadServe: Subcommand<Host>['load'],
): Promise<number> {
  const [name = '', ...args] = host.args;
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand) return (await subcommand.load())({ ...host, args });
  if (name === '' || name.startsWith('-')) return (await loadServe())(host);
  const names = Object.keys(subcommands).join(', ');
  host.err(`error: unknown command '${name}'; there are ${names}, and without a command the program serves\n`);
  return EXIT.usage;
}
