import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ConfigContext, ConfigError } from '../config.ts';
import { readTextFile } from '../text-file.ts';
import { demandsCredential, OPEN_WEB_CONFIG, parseWebConfig, type WebConfig } from './web-config.ts';

export interface LiveWebConfigOptions {
  /** Without a file, everything is open and nothing is encrypted. */
  readonly file: string | undefined;
  readonly env: ConfigContext['env'];
  /** See ConfigContext. */
  readonly secretFiles?: Set<string>;
  /** An address that other machines can connect to, so that a credential is required. */
  readonly publicAddress: string | undefined;
  /** Called once per change of the files, with the error if they cannot be used. */
  readonly onChange: (error?: Error) => void;
}

/**
 * Reads the web configuration. The returned function returns the current one: it reloads the file when it or a
 * certificate has changed, and keeps the previous configuration while the new one is invalid.
 * @throws ConfigError, or the error of reading the file
 */
export function openWebConfig({
  file,
  env,
  secretFiles = new Set(),
  publicAddress,
  onChange,
}: LiveWebConfigOptions): () => WebConfig {
  const load = (): WebConfig => {
    const config = file === undefined ? OPEN_WEB_CONFIG : parseWebConfig(readTextFile(file), file, contextOf(file));
    if (publicAddress === undefined || demandsCredential(config)) return config;
    const message = `${publicAddress} is reachable from other machines, so a credential is required. Set basic_auth_users, or client_auth_type: RequireAndVerifyClientCert, in the file of --web.config.file`;
    throw new ConfigError(file ?? 'the command line', [{ path: '--web.listen-address', message }]);
  };
  const contextOf = (path: string) => ({ directory: dirname(resolve(path)), env, secretFiles });
  const stampNow = () => (file === undefined ? '' : [file, ...filesOf(config)].map(stampOf).join());

  let config = OPEN_WEB_CONFIG;
  config = load();
  let stamp = stampNow();
  let lastError: string | undefined;
  return () => {
    const previous = stamp;
    stamp = stampNow();
    if (stamp === previous) return config;
    try {
      const next = load();
      rejectWhatNeedsRestart(config, next, file ?? '');
      config = next;
      lastError = undefined;
      onChange();
    } catch (error) {
      const { message } = error as Error;
      if (message !== lastError) onChange(error as Error);
      lastError = message;
      // Not the file is at fault, but the moment (no descriptor is free), so the next call tries again.
      if (!(error instanceof ConfigError)) {
        stamp = UNREAD;
        return config;
      }
    }
    // The new configuration may name other files.
    stamp = stampNow();
    return config;
  };
}

const UNREAD = 'unread';

function filesOf({ tls }: WebConfig): readonly string[] {
  return tls?.files ?? [];
}

function stampOf(file: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(file, { bigint: true });
    return `${ino}-${size}-${mtimeNs}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/**
 * Open sockets were made for the TLS settings. And an editor empties a file for a moment when it rewrites it in place: a
 * kind of credential that was required is required until a restart.
 */
function rejectWhatNeedsRestart({ tls, users }: WebConfig, next: WebConfig, file: string): void {
  const reject = (path: string, message: string) => {
    throw new ConfigError(file, [{ path, message: `${message} takes effect after a restart` }]);
  };
  const asks = (clients: typeof tls) => JSON.stringify({ ...clients?.clients, allowedNames: [] });
  if ((tls === undefined) !== (next.tls === undefined)) reject('tls_server_config', 'this change');
  if (asks(tls) !== asks(next.tls)) reject('tls_server_config.client_auth_type', 'this change');
  if (users.size > 0 && next.users.size === 0) reject('basic_auth_users', 'removing all users');
  const isLimited = (given: typeof tls) => (given?.clients.allowedNames.length ?? 0) > 0;
  if (isLimited(tls) && !isLimited(next.tls)) reject('tls_server_config.client_allowed_sans', 'removing all names');
}
