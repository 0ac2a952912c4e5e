import {
  EXIT,
  type Flags,
  type ProgramDescription,
  parseCommandLine,
  readConfigFile,
  type Terminal,
} from './command-line.ts';
import { type ConfigContext, ConfigError } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import { runUntilSignal, type Service, type SignalSource } from './service.ts';

/** What a program gets from the process it runs in. */
export interface ProgramHost extends Terminal {
  /** Without the interpreter and the script. */
  readonly args: readonly string[];
  readonly env: ConfigContext['env'];
  readonly signals: SignalSource;
}

export interface Program<Config> extends ProgramDescription {
  /** @throws ConfigError with every problem at once */
  readonly readConfig: (file: { text: string; source: string }, context: ConfigContext, flags: Flags) => Config;
  readonly start: (config: Config, flags: Flags, logger: Logger) => Promise<Service>;
}

/** Runs a program from its arguments to its exit code; whatever goes wrong ends as one sentence. */
export async function runProgram<Config>(program: Program<Config>, host: ProgramHost): Promise<number> {
  const flags = parseCommandLine(program, host.args, host.env, host);
  if ('exitCode' in flags) return flags.exitCode;
  let config: Config;
  try {
    const { directory, ...file } = readConfigFile(flags.configFile);
    config = program.readConfig(file, { directory, env: host.env }, flags);
  } catch (error) {
    const unreadable =
      error instanceof Error && 'code' in error ? `${flags.configFile} can't be read (${error.code})` : undefined;
    if (!(error instanceof ConfigError) && unreadable === undefined) throw error;
    host.err(`${unreadable ?? (error as ConfigError).message}\n`);
    return EXIT.usage;
  }
  if (flags.configCheck) {
    host.out(`${flags.configFile ?? 'the default configuration'} is valid\n`);
    return EXIT.ok;
  }
  const logger = createLogger({ level: flags.logLevel, format: flags.logFormat, write: host.err });
  try {
    await runUntilSignal(await program.start(config, flags, logger), host.signals, logger);
    return EXIT.ok;
  } catch (error) {
    logger.error({ err: error }, `${program.name} can't go on`);
    return error instanceof Error && 'exitCode' in error ? Number(error.exitCode) : EXIT.failed;
  }
}
