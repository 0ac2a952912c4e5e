import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ConfigContext, ConfigError } from '../config.ts';
import { readTextFile } from '../text-file.ts';
import { demandsCredential, OPEN_WEB_CONFIG, parseWebConfig, type WebConfig } from './web-config.ts';

export interface LiveWebConfigOptions {
  /** Absent: everything is open, and nothing is encrypted. */
  readonly file: string | undefined;
  readonly env: ConfigContext['env'];
  /** An address by which other machines can connect, so that a credential must be demanded. */
  readonly publicAddress: string | undefined;
  /** Told once for each change of the files, with what is wrong if they can't be used. */
  readonly onChange: (error?: Error) => void;
}

/**
 * Reads the web configuration and returns what gives it as it is at any later time: when the file or a certificate has
 * changed, it is read again, and while that is bad, the last good one stays.
 * @throws ConfigError, or what reading the file throws
 */
export function openWebConfig({ file, env, publicAddress, onChange }: LiveWebConfigOptions): () => WebConfig {
  const load = (): WebConfig => {
    const config = file === undefined ? OPEN_WEB_CONFIG : parseWebConfig(readTextFile(file), file, contextOf(file));
    if (publicAddress === undefined || demandsCredential(config)) return config;
    const message = `${publicAddress} lets other machines in, which must prove who they are; name a file with basic_auth_users, or with client_auth_type: RequireAndVerifyClientCert, by --web.config.file`;
    throw new ConfigError(file ?? 'the command line', [{ path: '--web.listen-address', message }]);
  };
  const contextOf = (path: string) => ({ directory: dirname(resolve(path)), env });
  const stampNow = () => (file === undefined ? '' : [file, ...filesOf(config)].map(stampOf).join());

  let config = OPEN_WEB_CONFIG;
  config = load();
  let stamp = stampNow();
  return () => {
    const before = stamp;
    stamp = stampNow();
    if (stamp === before) return config;
    try {
      const next = load();
      refuseWhatNeedsRestart(config, next, file ?? '');
      config = next;
      onChange();
    } catch (error) {
      onChange(error as Error);
    }
    // The new configuration may name other files.
    stamp = stampNow();
    return config;
  };
}

function filesOf({ tls }: WebConfig): readonly string[] {
  return tls?.files ?? [];
}

function stampOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.ino}-${stat.size}-${stat.mtimeNs}` : 'missing';
}

// What an open socket was made for.
function refuseWhatNeedsRestart({ tls: before }: WebConfig, { tls: next }: WebConfig, file: string): void {
  const asks = (tls: typeof before) => JSON.stringify({ ...tls?.clients, allowedNames: [] });
  const refuse = (path: string) => {
    throw new ConfigError(file, [{ path, message: 'has changed, which takes effect after a restart' }]);
  };
  if ((before === undefined) !== (next === undefined)) refuse('tls_server_config');
  if (asks(before) !== asks(next)) refuse('tls_server_config.client_auth_type');
}
