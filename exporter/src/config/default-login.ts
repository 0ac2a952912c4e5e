import { join } from 'node:path';
import { type ConfigContext, ConfigError, resolvePath } from '@repo/common/config';
import type { FieldProblem } from '@repo/common/field-problem';
import type { ClusterAccess, CredentialSource } from '../credentials/credential-source.ts';
import { claudeCodeService } from '../credentials/keychain.ts';

const DEFAULT_TOKENS_DIR = '/var/run/secrets/oauth-tokens';

type Environment = ConfigContext['env'];

/** What this machine is and has, as far as it decides where a login is looked for. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly exists: (path: string) => boolean;
}

/** Where the login is that is polled when no account is configured: the first that the environment points at. */
export function defaultLogin(env: Environment, { platform, exists }: Machine): CredentialSource {
  const path = (text: string) => resolvePath(text, { env, directory: '.' });
  const inDirectory = (directory: string): CredentialSource => ({ kind: 'oauth_tokens_dir', directory });
  const secret = env.K8S_OAUTH_SECRET_NAME;
  if (secret && env.LOCAL_MODE !== '1') return { kind: 'kubernetes_secret', name: secret, cluster: clusterAccess(env) };
  if (env.OAUTH_TOKENS_DIR) return inDirectory(path(env.OAUTH_TOKENS_DIR));
  if (exists(DEFAULT_TOKENS_DIR)) return inDirectory(DEFAULT_TOKENS_DIR);
  const configured = env.CLAUDE_CONFIG_DIR || env.CLAUDE_PATH;
  const directory = path(configured || '~/.claude');
  if (platform !== 'darwin' || exists(join(directory, '.credentials.json'))) {
    return { kind: 'claude_config_dir', directory };
  }
  return { kind: 'keychain', service: claudeCodeService(env.CLAUDE_SECURESTORAGE_CONFIG_DIR || configured) };
}

/** How the cluster is reached that the program runs in. */
export function clusterAccess(env: Environment): ClusterAccess {
  const { K8S_NAMESPACE: namespace, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  return {
    ...(host ? { apiServer: `https://${host.includes(':') ? `[${host}]` : host}:${port || '443'}` } : {}),
    ...(namespace ? { namespace } : {}),
  };
}

/** @throws ConfigError when a variable that says where the login is makes no sense */
export function checkLoginVariables(env: Environment, source: string): void {
  const rules: [string, RegExp, string][] = [
    ['LOCAL_MODE', /^[01]$/, 'must be 1 or 0'],
    ['K8S_NAMESPACE', /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a namespace'],
    ['K8S_OAUTH_SECRET_NAME', SECRET_NAME, 'must be the name of a Secret'],
  ];
  const problems = rules.flatMap(([name, pattern, message]): FieldProblem[] => {
    const value = env[name];
    if (!value || pattern.test(value)) return [];
    return [{ path: `environment variable ${name}`, message: `${JSON.stringify(value.slice(0, 80))} ${message}` }];
  });
  if (problems.length > 0) throw new ConfigError(source, problems);
}

/** A DNS subdomain, as Kubernetes wants it. */
export const SECRET_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
