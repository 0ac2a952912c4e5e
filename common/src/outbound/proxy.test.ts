import { describe, expect, test } from 'vitest';
import { ConfigError } from '../config.ts';
import { proxyFor, readProxySettings } from './proxy.ts';

function complaint(env: Record<string, string>): string {
  try {
    readProxySettings(env, 'config.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no complaint';
}

test('without variables there is no proxy', () => {
  expect(readProxySettings({ HTTPS_PROXY: '' }, 'c')).toEqual({ http: undefined, https: undefined, exceptions: [] });
});

test('each protocol has its proxy; names in lower case go first, and a scheme may be left out', () => {
  const env = { HTTP_PROXY: 'http://upper:1', http_proxy: 'lower:2', HTTPS_PROXY: 'https://me:pass@secure:3' };
  const { http, https } = readProxySettings(env, 'c');
  expect([http?.href, https?.href]).toEqual(['http://lower:2/', 'https://me:pass@secure:3/']);
});

test('what is no proxy is named by its variable; what it holds is not shown', () => {
  const advice = 'must be the address of an http or https proxy, like http://proxy.example:3128';
  expect(complaint({ HTTP_PROXY: 'socks5://me:hunter2@proxy:1', https_proxy: 'http://me:hunter2@:x' })).toBe(
    `config.yaml: 2 problems\n  environment variable HTTP_PROXY: ${advice}\n  environment variable https_proxy: ${advice}`,
  );
});

describe('the way to an address', () => {
  const wayTo = (address: string, exceptions = '') =>
    proxyFor(
      new URL(address),
      readProxySettings({ HTTP_PROXY: 'plain:1', HTTPS_PROXY: 'secure:2', NO_PROXY: exceptions }, 'c'),
    )?.host ?? 'direct';

  test.each([
    ['https://api.example', 'secure:2'],
    ['http://api.example', 'plain:1'],
    ['https://localhost', 'direct'],
    ['https://127.0.0.1:8080', 'direct'],
    ['https://[::1]', 'direct'],
  ])('%s: %s', (address, way) => {
    expect(wayTo(address)).toBe(way);
  });

  test.each([
    ['*', 'https://api.example', 'direct'],
    ['other, api.example', 'https://api.example', 'direct'],
    ['other api.example', 'https://api.example', 'direct'],
    ['API.example', 'https://api.EXAMPLE.', 'direct'],
    ['example', 'https://api.example', 'direct'],
    ['.example', 'https://api.example', 'direct'],
    ['*.example', 'https://api.example', 'direct'],
    ['.api.example', 'https://api.example', 'secure:2'],
    ['pi.example', 'https://api.example', 'secure:2'],
    ['api.example:443', 'https://api.example', 'direct'],
    ['api.example:80', 'http://api.example', 'direct'],
    ['api.example:8443', 'https://api.example', 'secure:2'],
    ['10.0.0.1', 'https://10.0.0.1', 'direct'],
    ['10.0.0.1:443', 'https://10.0.0.1', 'direct'],
    ['0.0.1', 'https://10.0.0.1', 'secure:2'],
    ['10.0.0.0/8', 'https://10.1.2.3', 'direct'],
    ['10.0.0.0/8', 'https://11.1.2.3', 'secure:2'],
    ['10.0.0.0/8', 'https://10.example', 'secure:2'],
    ['10.0.0.0/33', 'https://10.1.2.3', 'secure:2'],
    ['10.0.0.0/x', 'https://10.1.2.3', 'secure:2'],
    ['fd00::/8', 'https://[fd00::1]', 'direct'],
    ['fd00::1', 'https://[fd00::1]', 'direct'],
    ['[fd00::1]:443', 'https://[fd00::1]', 'direct'],
    ['fd00::/8', 'https://[fe00::1]', 'secure:2'],
    [', ,', 'https://api.example', 'secure:2'],
  ])('with NO_PROXY=%j, to %s: %s', (exceptions, address, way) => {
    expect(wayTo(address, exceptions)).toBe(way);
  });
});
