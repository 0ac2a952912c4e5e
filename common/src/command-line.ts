import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { buildInfo } from './build-info.ts';
import type { ConfigContext } from './config.ts';
import { LOG_FORMATS, LOG_LEVELS, type LoggerOptions } from './logger.ts';
import { isLoopback, type ListenAddress, parseListenAddress } from './web-server.ts';

/** Exit codes that both programs share. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** What tells the two programs apart on their command lines. */
export interface ProgramDescription {
  readonly name: string;
  readonly summary: string;
  /** Names the configuration file when `--config.file` does not. */
  readonly configVariable: string;
  readonly defaultAddress: string;
}

export interface Flags {
  readonly configFile: string | undefined;
  readonly configCheck: boolean;
  readonly storagePath: string;
  readonly listenAddress: ListenAddress;
  readonly logLevel: LoggerOptions['level'];
  readonly logFormat: LoggerOptions['format'];
}

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

type Environment = ConfigContext['env'];

/** Parses the arguments, or says with which exit code the program is done (after `--help`, or wrong usage). */
export function parseCommandLine(
  program: ProgramDescription,
  args: readonly string[],
  env: Environment,
  terminal: Terminal,
): Flags | { exitCode: number } {
  // The XDG specification: an empty variable counts as absent.
  const state = env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local/state');
  const command = new Command(program.name)
    .description(program.summary)
    .option('--config.file <file>', `YAML configuration; also $${program.configVariable}`)
    .option('--config.check', 'check the configuration, say what is wrong with it, and exit', false)
    .option('--storage.path <directory>', 'where state is kept', join(state, program.name))
    .addOption(
      new Option('--web.listen-address <host:port>', 'address to answer on')
        .argParser(loopbackAddress)
        .default(loopbackAddress(program.defaultAddress), program.defaultAddress),
    )
    .addOption(new Option('--log.level <level>', 'least severe level to log').choices(LOG_LEVELS).default('info'))
    .addOption(new Option('--log.format <format>', 'format of the log').choices(LOG_FORMATS).default('logfmt'))
    .version(`${program.name} ${buildInfo.version} (revision ${buildInfo.revision})`, '--version')
    .allowExcessArguments(false)
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .exitOverride();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage };
    throw error;
  }
  const options = command.opts();
  return {
    configFile: options['config.file'] ?? (env[program.configVariable] || existingDefault(program.name, env)),
    configCheck: options['config.check'],
    storagePath: resolve(options['storage.path']),
    listenAddress: options['web.listenAddress'],
    logLevel: options['log.level'],
    logFormat: options['log.format'],
  };
}

/** The configuration's text with the directory that its relative paths start from; empty text where there is no file. */
export function readConfigFile(file: string | undefined): { text: string; source: string; directory: string } {
  if (file === undefined) return { text: '', source: 'the default configuration', directory: resolve('.') };
  return { text: readFileSync(file, 'utf8'), source: file, directory: dirname(resolve(file)) };
}

function existingDefault(name: string, env: Environment): string | undefined {
  const file = join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), name, 'config.yaml');
  return existsSync(file) ? file : undefined;
}

function loopbackAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (!address) throw new InvalidArgumentError('Write it as host:port, like 127.0.0.1:9000.');
  if (!isLoopback(address.host)) {
    throw new InvalidArgumentError(
      'Only loopback addresses are answered on as long as TLS and authentication of readers are missing; put a reverse proxy in front.',
    );
  }
  return address;
}
