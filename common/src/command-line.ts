import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option, type OptionValues } from 'commander';
import { buildInfo } from './build-info.ts';
import type { ConfigContext } from './config.ts';
import { defaultStoragePath } from './default-paths.ts';
import { LOG_FORMATS, LOG_LEVELS, type LoggerOptions } from './logger.ts';
import { EXIT, type Terminal } from './program-host.ts';
import { readTextFile } from './text-file.ts';
import { type ListenAddress, parseListenAddress } from './web/web-server.ts';

/** The part of the command line that differs between the two programs. */
export interface ProgramDescription {
  readonly name: string;
  readonly summary: string;
  /** Environment variable with the configuration file, overridden by `--config.file`. */
  readonly configVariable: string;
  readonly defaultAddress: string;
  /** The commands with one line about each. */
  readonly subcommands?: Readonly<Record<string, { readonly summary: string }>>;
}

/** The options of every command that uses the program's configuration and data. */
export interface FileFlags {
  readonly configFile: string | undefined;
  readonly storagePath: string;
}

export interface Flags extends FileFlags {
  readonly configCheck: boolean;
  /** At least one. */
  readonly listenAddresses: readonly ListenAddress[];
  readonly webConfigFile: string | undefined;
  readonly logLevel: LoggerOptions['level'];
  readonly logFormat: LoggerOptions['format'];
}

type Environment = ConfigContext['env'];

/** Parses the arguments, or returns the exit code after `--help`, `--version` or wrong usage. */
export function parseCommandLine(
  program: ProgramDescription,
  args: readonly string[],
  env: Environment,
  terminal: Terminal,
): Flags | { exitCode: number } {
  const command = addFileOptions(createCommand(program.name, program.summary, terminal), program, env)
    .option('--config.check', 'check the configuration, report every problem, and exit', false)
    .addOption(
      new Option(
        '--web.listen-address <host:port>',
        `address to listen on; repeatable (default: ${program.defaultAddress})`,
      ).argParser((text: string, before: readonly ListenAddress[] = []) => [...before, listenAddress(text)]),
    )
    .option('--web.config.file <file>', "TLS, client certificates and users, in Prometheus' format")
    .addOption(new Option('--log.level <level>', 'minimum level to log').choices(LOG_LEVELS).default('info'))
    .addOption(new Option('--log.format <format>', 'format of the log').choices(LOG_FORMATS).default('logfmt'))
    .version(`${program.name} ${buildInfo.version} (revision ${buildInfo.revision})`, '--version')
    .usage(program.subcommands ? '[command] [options]' : '[options]')
    .addHelpText('after', subcommandHelp(program));
  const options = parseArguments(command, args);
  if ('exitCode' in options) return { exitCode: Number(options.exitCode) };
  return {
    ...fileFlags(options, program, env),
    configCheck: options['config.check'],
    listenAddresses: options['web.listenAddress'] ?? [listenAddress(program.defaultAddress)],
    webConfigFile: options['web.config.file'],
    logLevel: options['log.level'],
    logFormat: options['log.format'],
  };
}

/** Creates a command that writes to `terminal` and takes options only. */
export function createCommand(name: string, summary: string, terminal: Terminal): Command {
  return new Command(name)
    .description(summary)
    .allowExcessArguments(false)
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .exitOverride();
}

/** Parses the options, or returns the exit code after `--help` or wrong usage. */
export function parseArguments(command: Command, args: readonly string[]): OptionValues | { exitCode: number } {
  try {
    return command.parse(args, { from: 'user' }).opts();
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage };
    throw error;
  }
}

/** Adds the options that {@link fileFlags} reads. */
export function addFileOptions(
  command: Command,
  program: Pick<ProgramDescription, 'name' | 'configVariable'>,
  env: Environment,
): Command {
  return command
    .option('--config.file <file>', `YAML configuration; also $${program.configVariable}`)
    .option('--storage.path <directory>', "directory for the program's state", defaultStoragePath(program.name, env));
}

/** Returns the configuration file and the data directory that the options name. */
export function fileFlags(
  options: OptionValues,
  program: Pick<ProgramDescription, 'name' | 'configVariable'>,
  env: Environment,
): FileFlags {
  return {
    configFile: options['config.file'] ?? (env[program.configVariable] || existingDefault(program.name, env)),
    storagePath: resolve(options['storage.path']),
  };
}

/** Returns the text of the configuration, empty without a file, and the directory that relative paths start from. */
export function readConfigFile(file: string | undefined): { text: string; source: string; directory: string } {
  if (file === undefined) return { text: '', source: 'the default configuration', directory: resolve('.') };
  return { text: readTextFile(file), source: file, directory: dirname(resolve(file)) };
}

function subcommandHelp({ name, subcommands = {} }: ProgramDescription): string {
  const commands = Object.entries(subcommands);
  if (commands.length === 0) return '';
  const width = Math.max(...commands.map(([command]) => command.length));
  const lines = commands.map(([command, { summary }]) => `  ${command.padEnd(width)}  ${summary}`);
  return `\nCommands, each with its own --help (\`${name} COMMAND --help\`):\n${lines.join('\n')}`;
}

function existingDefault(name: string, env: Environment): string | undefined {
  const file = join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), name, 'config.yaml');
  return existsSync(file) ? file : undefined;
}

function listenAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (!address) throw new InvalidArgumentError('Write it as host:port, like 127.0.0.1:9000.');
  return address;
}
