import { type ConfigContext, ConfigError, resolvePath } from '@repo/common/config';
import type { FieldProblem } from '@repo/common/field-problem';
import type { ClusterAccess, CredentialSource } from '../credentials/credential-source.ts';

const DEFAULT_TOKENS_DIR = '/var/run/secrets/oauth-tokens';

type Environment = ConfigContext['env'];

/** The facts about this machine that decide the place of the login. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly exists: (path: string) => boolean;
}

/** Returns the login of the default account: the first one that the environment names. */
export function defaultLogin(env: Environment, { exists }: Machine): CredentialSource {
  const path = (text: string) => resolvePath(text, { env, directory: '.' });
  const inDirectory = (directory: string): CredentialSource => ({ kind: 'oauth_tokens_dir', directory });
  const secret = env.K8S_OAUTH_SECRET_NAME;
  if (secret && env.LOCAL_MODE !== '1') return { kind: 'kubernetes_secret', name: secret, cluster: clusterAccess(env) };
  if (env.OAUTH_TOKENS_DIR) return inDirectory(path(env.OAUTH_TOKENS_DIR));
  if (exists(DEFAULT_TOKENS_DIR)) return inDirectory(DEFAULT_TOKENS_DIR);
  return { kind: 'claude_config_dir', directory: path(env.CLAUDE_CONFIG_DIR || env.CLAUDE_PATH || '~/.claude') };
}

/** Access to the cluster that the program runs in. */
export function clusterAccess(env: Environment): ClusterAccess {
  const { K8S_NAMESPACE: namespace, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  return {
    ...(host ? { apiServer: `https://${host.includes(':') ? `[${host}]` : host}:${port || '443'}` } : {}),
    ...(namespace ? { namespace } : {}),
  };
}

/** @throws ConfigError if a variable that names the login is invalid */
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

/** A DNS subdomain, as Kubernetes requires. */
export const SECRET_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
