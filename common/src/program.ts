import {
  type FileFlags,
  type Flags,
  type ProgramDescription,
  parseCommandLine,
  readConfigFile,
} from './command-line.ts';
import { type ConfigContext, ConfigError } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import { EXIT, type ProgramHost } from './program-host.ts';
import { runUntilSignal, type Service } from './service.ts';

export interface Program<Config> extends ProgramDescription {
  /** @throws ConfigError with every problem at once */
  readonly readConfig: (file: { text: string; source: string }, context: ConfigContext, flags: Flags) => Config;
  readonly start: (config: Config, flags: Flags, logger: Logger) => Promise<Service>;
}

/** Runs a program from its arguments to its exit code; whatever goes wrong ends as one sentence. */
export async function runProgram<Config>(program: Program<Config>, host: ProgramHost): Promise<number> {
  const flags = parseCommandLine(program, host.args, host.env, host);
  if ('exitCode' in flags) return flags.exitCode;
  const loaded = loadConfiguration(flags, host, (file, context) => program.readConfig(file, context, flags));
  if ('exitCode' in loaded) return loaded.exitCode;
  if (flags.configCheck) {
    host.out(`${flags.configFile ?? 'the default configuration'} is valid\n`);
    return EXIT.ok;
  }
  const logger = createLogger({ level: flags.logLevel, format: flags.logFormat, write: host.err });
  try {
    await runUntilSignal(await program.start(loaded.config, flags, logger), host.signals, logger);
    return EXIT.ok;
  } catch (error) {
    logger.error({ err: error }, `${program.name} can't go on`);
    return error instanceof Error && 'exitCode' in error ? Number(error.exitCode) : EXIT.failed;
  }
}

/** The configuration; or, after its problems were told, the exit code for them. */
export function loadConfiguration<Config>(
  { configFile }: FileFlags,
  { env, err }: Pick<ProgramHost, 'env' | 'err'>,
  read: (file: { text: string; source: string }, context: ConfigContext) => Config,
): { readonly config: Config } | { readonly exitCode: number } {
  try {
    const { directory, ...file } = readConfigFile(configFile);
    return { config: read(file, { directory, env }) };
  } catch (error) {
    const unreadable =
      error instanceof Error && 'code' in error ? `${configFile} can't be read (${error.code})` : undefined;
    if (!(error instanceof ConfigError) && unreadable === undefined) throw error;
    err(`${unreadable ?? (error as ConfigError).message}\n`);
    return { exitCode: EXIT.usage };
  }
}
