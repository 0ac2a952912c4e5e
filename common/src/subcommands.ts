import { EXIT, type ProgramHost } from './program-host.ts';

/** A command of a program, which serves without one. */
export interface Subcommand<Host extends ProgramHost> {
  /** One line for the program's `--help`. */
  readonly summary: string;
  /** Loads the code of the command. A command that runs often must not load a web server. */
  readonly load: () => Promise<(host: Host) => Promise<number>>;
}

export type Subcommands<Host extends ProgramHost> = Readonly<Record<string, Subcommand<Host>>>;

/** Runs the command in the first argument, or `serve` without one; returns the exit code. */
export async function runCommand<Host extends ProgramHost>(
  host: Host,
  subcommands: Subcommands<Host>,
  loadServe: Subcommand<Host>['load'],
): Promise<number> {
  const [name = '', ...args] = host.args;
  const subcommand = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (subcommand) return (await subcommand.load())({ ...host, args });
  const late = name.startsWith('-') ? lateCommand(host.args, subcommands) : undefined;
  if (late !== undefined) {
    host.err(`error: the command must come first: ${late} ${host.args.filter((arg) => arg !== late).join(' ')}\n`);
    return EXIT.usage;
  }
  if (name === '' || name.startsWith('-')) return (await loadServe())(host);
  const names = Object.keys(subcommands).join(', ');
  host.err(`error: unknown command '${name}'; the commands are ${names}, and without a command the program serves\n`);
  return EXIT.usage;
}

/** Returns a command that follows the options. An argument after an option may be its value. */
function lateCommand(args: readonly string[], subcommands: object): string | undefined {
  return args.find((arg, at) => {
    const before = args[at - 1] ?? '';
    return Object.hasOwn(subcommands, arg) && !(before.startsWith('--') && !before.includes('='));
  });
}
