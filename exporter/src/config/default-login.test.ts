import { ConfigError } from '@repo/common/config';
import { describe, expect, test } from 'vitest';
import { checkLoginVariables, clusterAccess, defaultLogin, type Machine } from './default-login.ts';

function find(env: Record<string, string>, existing: string[] = [], platform: Machine['platform'] = 'linux') {
  return defaultLogin({ HOME: '/home/me', ...env }, { platform, exists: (path) => existing.includes(path) });
}

const PROJECTED = '/var/run/secrets/oauth-tokens';
const directory = (path: string) => ({ kind: 'oauth_tokens_dir', directory: path });

describe('in a cluster', () => {
  const env = { K8S_OAUTH_SECRET_NAME: 'login', OAUTH_TOKENS_DIR: '/run/tokens' };

  test('the Secret is preferred to the directory that it is mounted to, because only the Secret can be written', () => {
    expect(find(env, [PROJECTED])).toEqual({ kind: 'kubernetes_secret', name: 'login', cluster: {} });
    expect(find({ ...env, LOCAL_MODE: '0' })).toMatchObject({ kind: 'kubernetes_secret' });
  });

  test('LOCAL_MODE=1 selects the directory', () => {
    expect(find({ ...env, LOCAL_MODE: '1' })).toEqual(directory('/run/tokens'));
    expect(find({ LOCAL_MODE: '1', K8S_OAUTH_SECRET_NAME: 'login' }, [PROJECTED])).toEqual(directory(PROJECTED));
  });

  test('the API and the namespace come from the environment', () => {
    expect(clusterAccess({ KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' })).toEqual({
      apiServer: 'https://10.0.0.1:6443',
    });
    expect(clusterAccess({ KUBERNETES_SERVICE_HOST: 'fd00::1', K8S_NAMESPACE: 'usage' })).toEqual({
      apiServer: 'https://[fd00::1]:443',
      namespace: 'usage',
    });
  });
});

test("without a variable it is Claude Code's directory, on every system", () => {
  for (const platform of ['linux', 'darwin'] as const) {
    const found = (env: Record<string, string>) => find(env, [], platform);
    expect(found({})).toEqual({ kind: 'claude_config_dir', directory: '/home/me/.claude' });
    expect(found({ CLAUDE_CONFIG_DIR: '~/work' })).toEqual({ kind: 'claude_config_dir', directory: '/home/me/work' });
    expect(found({ CLAUDE_PATH: '/else' })).toEqual({ kind: 'claude_config_dir', directory: '/else' });
  }
});

test('invalid variables are all named', () => {
  const check = (env: Record<string, string>) => () => checkLoginVariables(env, 'exporter.yaml');
  expect(check({ LOCAL_MODE: 'yes', K8S_NAMESPACE: 'a/b', K8S_OAUTH_SECRET_NAME: 'Login' })).toThrow(
    new ConfigError('exporter.yaml', [
      { path: 'environment variable LOCAL_MODE', message: '"yes" must be 1 or 0' },
      { path: 'environment variable K8S_NAMESPACE', message: '"a/b" must be the name of a namespace' },
      { path: 'environment variable K8S_OAUTH_SECRET_NAME', message: '"Login" must be the name of a Secret' },
    ]),
  );
  expect(check({ LOCAL_MODE: '', K8S_NAMESPACE: 'tenant-2', K8S_OAUTH_SECRET_NAME: 'a.b-c' })).not.toThrow();
});
