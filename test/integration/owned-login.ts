import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { DEMO, type Scenario } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator, type UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { EXPORTER_MAIN } from './exporter-process.ts';
import type { KillPoint } from './kill-at.ts';

const KILL_AT = new URL('./kill-at.ts', import.meta.url).href;

/** A simulator of the account `work`, whose first tokens are `token-work` and `refresh-work`. */
export function startSimulator(): Promise<UsageSimulator> {
  const demo = DEMO.accounts.demo;
  if (!demo) throw new Error('the demo scenario has no account demo');
  const scenario: Scenario = { accounts: { work: demo } };
  return startUsageSimulator({ port: 0, now: Date.now, scenario, speed: 1 });
}

/** The configuration of an exporter that refreshes the login of `work`, which is due. */
export function refreshingConfig(url: string, credentials: string, userAgent = 'test'): string {
  return `
accounts: [{name: work, endpoint: "${url}", credentials: ${credentials}}]
oauth: {token_endpoint: "${url}/v1/oauth/token", user_agent: refresher/1}
poll: {interval: 1s, user_agent: "${userAgent}"}
`;
}

/** A login in a directory; its access token works for another minute, which is within the leeway. */
export function createLogin(directory: string) {
  mkdirSync(directory, { recursive: true });
  const put = (part: string, text: string) => writeFileSync(join(directory, part), text);
  put('accessToken', 'token-work');
  put('refreshToken', 'refresh-work');
  put('expiresAt', String(Date.now() + 60_000));
  const read = (part: string) => readFileSync(join(directory, part), 'utf8');
  return { directory, put, read, tokens: () => [read('accessToken'), read('refreshToken')] };
}

/** Runs the exporter in `directory` until it kills itself at a point of the refresh. */
export async function runUntilKilled(
  directory: string,
  config: string,
  point: KillPoint,
  nodeOptions = '',
): Promise<string> {
  const env = { KILL_AT: point, NODE_OPTIONS: `${nodeOptions} --import=${KILL_AT}` };
  const exporter = spawnExporter(directory, config, env);
  expect(await once(exporter.child, 'close')).toEqual([null, 'SIGKILL']);
  return exporter.output();
}

export function spawnExporter(directory: string, config: string, env: Record<string, string> = {}) {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'config.yaml');
  writeFileSync(file, config);
  const child = spawn(
    process.execPath,
    [
      EXPORTER_MAIN,
      ...['--config.file', file, '--storage.path', join(directory, 'data'), '--log.level', 'debug'],
      ...['--web.listen-address', '127.0.0.1:0'],
    ],
    // One that is not killed as planned must not outlive the test.
    { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 },
  );
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return { child, output: () => output };
}

/** Which refresh tokens were traded in, in order. */
export function tradedIn(simulator: UsageSimulator): (string | null)[] {
  return simulator
    .log()
    .filter(({ path }) => path === '/v1/oauth/token')
    .map(({ token }) => token);
}

/** Whether usage was asked for with an access token. */
export function wasUsed(simulator: UsageSimulator, token: string): boolean {
  return simulator.log().some((request) => request.path === '/api/oauth/usage' && request.token === token);
}

/** Everything that an exporter shows to anybody; no token may be in it. */
export async function expectNoTokens(exporter: Server, more = ''): Promise<void> {
  const paths = ['/metrics', '/', '/api/v1/usage', '/-/ready', '/nowhere'];
  const pages = await Promise.all(paths.map(async (path) => (await fetch(exporter.url + path)).text()));
  expect([exporter.log(), more, ...pages].join('\n')).not.toMatch(/(token|refresh)-work/);
}
