import { join } from 'node:path';
import { fileFlags } from '@repo/common/command-line';
import { PROGRAM } from '../../exporter/src/commands/exporter-host.ts';
import { defaultLogin, type Machine } from '../../exporter/src/config/default-login.ts';
import type { CredentialSource } from '../../exporter/src/credentials/credential-source.ts';
import { keychainServices } from '../../exporter/src/credentials/keychain.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Properties of this machine that decide which login is found. */
export interface LoginMachine extends Machine {
  /** Returns true if the macOS Keychain has an item of this service. */
  readonly hasKeychainItem: (service: string) => boolean;
}

/**
 * Describes the accounts that the exporter polls when it is started without arguments, or returns undefined if it would
 * find no login. A login that does not work counts as one: the user should see why.
 */
export function findAccounts(env: Environment, machine: LoginMachine): string | undefined {
  const { configFile } = fileFlags({ 'storage.path': '.' }, PROGRAM, env);
  if (configFile !== undefined) return `the accounts in ${configFile}`;
  const source = defaultLogin(env, machine);
  return existingLogin(source, env, machine);
}

function existingLogin(
  source: CredentialSource,
  env: Environment,
  { platform, exists, hasKeychainItem }: LoginMachine,
): string | undefined {
  switch (source.kind) {
    case 'claude_config_dir':
      if (exists(join(source.directory, '.credentials.json'))) return `the Claude Code login in ${source.directory}`;
      return platform === 'darwin' && keychainServices(source.directory, env).some(hasKeychainItem)
        ? 'the Claude Code login in the macOS Keychain'
        : undefined;
    case 'oauth_tokens_dir':
      return `the login in ${source.directory}`;
    case 'keychain':
      return hasKeychainItem(source.service) ? 'the Claude Code login in the macOS Keychain' : undefined;
    case 'kubernetes_secret':
      return `the login in Secret ${source.name}`;
    default:
      return undefined;
  }
}
