import { resolve } from 'node:path';
import type { Environment } from './claude-process.ts';

/** Variables that Claude Code needs to find its login and its server. Tokens and keys are not among them. */
const PASSED = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ'],
  ...['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'],
  ...['DBUS_SESSION_BUS_ADDRESS', 'CLAUDE_SECURESTORAGE_CONFIG_DIR'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['SYSTEMROOT', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'PATHEXT', 'TEMP', 'TMP'],
];

/**
 * Returns the environment for Claude Code. Its default directory must not be named: Claude Code would look for another
 * Keychain item.
 */
export function reducedEnvironment(env: Environment, configDirectory: string | undefined): Environment {
  const passed = PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  const directory = configDirectory ?? (env.CLAUDE_CONFIG_DIR || undefined);
  const isDefault = directory === undefined || resolve(directory) === resolve(env.HOME ?? '/', '.claude');
  return {
    ...Object.fromEntries(passed),
    // A poll is no occasion to replace the program.
    DISABLE_AUTOUPDATER: '1',
    ...(isDefault ? {} : { CLAUDE_CONFIG_DIR: directory }),
  };
}
