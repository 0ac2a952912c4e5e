import { resolve } from 'node:path';
import {
  type FileFlags,
  type Flags,
  type ProgramDescription,
  parseCommandLine,
  readConfigFile,
} from './command-line.ts';
import { type ConfigContext, ConfigError, UnreadableFile } from './config.ts';
import { exposedFiles, isOpenToWriters } from './exposed-files.ts';
import { createLogger, type Logger } from './logger.ts';
import { isLoopback } from './loopback.ts';
import { EXIT, type ProgramHost } from './program-host.ts';
import { runUntilSignal, type Service } from './service.ts';
import { openWebConfig } from './web/live-web-config.ts';
import type { WebSettings } from './web/serve.ts';
import { formatListenAddress, type ListenAddress } from './web/web-server.ts';

/** The parameters of a start besides the configuration. */
export interface ProgramContext<Config> {
  readonly flags: Flags;
  readonly logger: Logger;
  readonly web: WebSettings;
  /**
   * Returns the current configuration.
   * @throws ConfigError with every problem at once, or UnreadableFile
   */
  readonly readConfig: () => Config;
}

export interface Program<Config> extends ProgramDescription {
  /** @throws ConfigError with every problem at once */
  readonly readConfig: (file: { text: string; source: string }, context: ConfigContext, flags: Flags) => Config;
  readonly start: (config: Config, context: ProgramContext<Config>) => Promise<Service>;
}

/** Runs a program; returns the exit code. A failure is reported in one line. */
export async function runProgram<Config>(program: Program<Config>, host: ProgramHost): Promise<number> {
  const flags = parseCommandLine(program, host.args, host.env, host);
  if ('exitCode' in flags) return flags.exitCode;
  const logger = createLogger({ level: flags.logLevel, format: flags.logFormat, write: host.err });
  const secretFiles = new Set<string>();
  const readConfig = () =>
    readConfiguration(flags, host.env, (file, context) => program.readConfig(file, { ...context, secretFiles }, flags));
  // Both are read even if the first is invalid, so that all problems are reported.
  const config = orExitCode(readConfig, host);
  const web = orExitCode(() => openWeb(flags, host, logger, secretFiles), host);
  if ('exitCode' in config) return config.exitCode;
  if ('exitCode' in web) return web.exitCode;
  if (flags.configCheck) {
    for (const file of [flags.configFile ?? 'the default configuration', flags.webConfigFile]) {
      if (file !== undefined) host.out(`${file} is valid\n`);
    }
    return EXIT.ok;
  }
  if (publicAddress(flags.listenAddresses) && !web.value.config().tls) {
    logger.warn('passwords of basic_auth_users cross the network in clear text; add tls_server_config, or a TLS proxy');
  }
  warnOfExposure(secretFiles, flags, logger);
  try {
    const starting = program.start(config.value, { flags, logger, web: web.value, readConfig });
    await runUntilSignal(starting, host.signals, logger);
    return EXIT.ok;
  } catch (error) {
    logger.error({ err: error }, 'fatal error');
    return error instanceof Error && 'exitCode' in error ? Number(error.exitCode) : EXIT.failed;
  }
}

function warnOfExposure(secretFiles: ReadonlySet<string>, { storagePath }: Flags, logger: Logger): void {
  for (const file of exposedFiles(secretFiles)) {
    logger.warn({ file }, 'file with secrets is readable by every user; use chmod 600');
  }
  if (isOpenToWriters(storagePath)) {
    logger.warn({ directory: storagePath }, 'storage directory is writable by other users; use chmod 700');
  }
}

/** Returns the configuration, or reports its problems and returns the exit code. */
export function loadConfiguration<Config>(
  flags: FileFlags,
  host: Pick<ProgramHost, 'env' | 'err'>,
  read: (file: { text: string; source: string }, context: ConfigContext) => Config,
): { readonly config: Config } | { readonly exitCode: number } {
  const loaded = orExitCode(() => readConfiguration(flags, host.env, read), host);
  return 'exitCode' in loaded ? loaded : { config: loaded.value };
}

function readConfiguration<Config>(
  { configFile }: FileFlags,
  env: ConfigContext['env'],
  read: (file: { text: string; source: string }, context: ConfigContext) => Config,
): Config {
  const { directory, ...file } = readable(configFile, () => readConfigFile(configFile));
  return read(file, { directory, env, file: configFile && resolve(configFile) });
}

function readable<Value>(file: string | undefined, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new UnreadableFile(`${file} cannot be read (${error.code})`);
    throw error;
  }
}

function orExitCode<Value>(
  read: () => Value,
  { err }: Pick<ProgramHost, 'err'>,
): { readonly value: Value } | { readonly exitCode: number } {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof UnreadableFile)) throw error;
    err(`${error.message}\n`);
    return { exitCode: EXIT.usage };
  }
}

function openWeb(
  { listenAddresses, webConfigFile }: Flags,
  { env }: ProgramHost,
  logger: Logger,
  secretFiles: Set<string>,
): WebSettings {
  const open = publicAddress(listenAddresses);
  const config = readable(webConfigFile, () =>
    openWebConfig({
      file: webConfigFile,
      env,
      secretFiles,
      publicAddress: open && formatListenAddress(open),
      onChange(error) {
        if (error) logger.error({ err: error }, 'web configuration reload failed, keeping the previous one');
        else logger.info({ file: webConfigFile }, 'web configuration reloaded');
      },
    }),
  );
  return { addresses: listenAddresses, config };
}

/** Returns an address that other machines can connect to. */
function publicAddress(addresses: readonly ListenAddress[]): ListenAddress | undefined {
  return addresses.find(({ host }) => !isLoopback(host));
}
