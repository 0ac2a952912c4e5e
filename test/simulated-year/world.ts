import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger } from '@repo/common/logger';
import { OPEN_WEB_CONFIG } from '@repo/common/web/web-config';
import { startExporter } from 'claude-usage-exporter/src/app.ts';
import { pollEachOnce } from 'claude-usage-exporter/src/commands/once/once.ts';
import { loadConfig } from 'claude-usage-exporter/src/config/config.ts';
import { openCredentials } from 'claude-usage-exporter/src/credentials/read-credentials.ts';
import { openHistory } from 'claude-usage-exporter/src/history/history.ts';
import { SHAPES } from '../../deploy/local/usage-simulator/scenario.ts';
import { type AccountLife, type Api, createApi } from './api.ts';
import { DAY, HOUR, MINUTE } from './truth.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
import { createRandom, forecastEpisodes, forecastResets } from './weather.ts';

/** The login of `own` is the exporter's to refresh, that of `borrowed` is refreshed by another program, `fixed` never ends. */
export const ACCOUNTS = ['own', 'borrowed', 'fixed'] as const;
export const STALE_AFTER_MS = HOUR;

const USAGE_TIMEOUT_MS = 300;

export interface World {
  readonly clock: VirtualClock;
  readonly api: Api;
  readonly accounts: Readonly<Record<string, AccountLife>>;
  /** The time as the exporter's machine has it. */
  readonly machineNow: () => number;
  /** Sets the machine's clock, so that it is wrong by this much. */
  setClockError(ms: number): void;
  readonly clockError: () => number;
  clockWasSetWithin(ms: number): boolean;
  start(interval: string): Promise<void>;
  stop(): Promise<void>;
  once(): Promise<void>;
  readonly intervalMs: () => number;
  /** Whether the access token has expired, or was refreshed so lately that the exporter may not have seen it. */
  loginIsInDoubt(account: string): boolean;
  /** Gives the borrowed login a new access token, as another program would. */
  refreshBorrowed(): void;
  /** The series of /metrics by their names with labels. */
  readMetrics(): Promise<ReadonlyMap<string, number>>;
  readonly logged: readonly string[];
}

export function createWorld(directory: string, start: number, end: number): World {
  const clock = createVirtualClock(start);
  const random = createRandom(20_260_101);
  let [clockError, clockSetAt] = [0, Number.NEGATIVE_INFINITY];
  let asking = 'exporter';
  let borrowedRefreshToken = 'refresh-borrowed';
  let borrowedRefreshedAt = start;
  let service: Awaited<ReturnType<typeof startExporter>> | undefined;
  const logged: string[] = [];
  const machineNow = () => clock.now() + clockError;
  const storagePath = join(directory, 'storage');
  const loginOf = (account: string) => join(directory, account);
  for (const path of [storagePath, loginOf('own'), loginOf('borrowed')]) mkdirSync(path, { recursive: true });
  writeFileSync(join(loginOf('own'), 'accessToken'), 'token-own');
  writeFileSync(join(loginOf('own'), 'refreshToken'), 'refresh-own');

  const lives = ACCOUNTS.map((account, index): [string, AccountLife] => {
    const life = (firstReset: number, durationMs: number, idleHours: readonly number[] = []) => ({
      ...{ firstReset: start + firstReset, durationMs, idleHours },
      events: forecastResets(start, end, random),
    });
    const windows = {
      five_hour: life((index + 1) * 70 * MINUTE, 5 * HOUR, [1, 2, 3, 4]),
      seven_day: life((index + 1) * 31 * HOUR, 7 * DAY),
      seven_day_opus: life((index + 1) * 31 * HOUR, 7 * DAY),
      seven_day_sonnet: life((index + 1) * 31 * HOUR, 7 * DAY),
      seven_day_fable: life((index + 1) * 33 * HOUR, 7 * DAY),
      seven_day_cowork: life((index + 1) * 35 * HOUR, 7 * DAY),
    };
    const season = (end - start) / SHAPES.length;
    // One account after the other meets the new shape.
    const shapeAt = (now: number) => SHAPES[Math.floor((now - start - index * 5 * DAY) / season)] ?? 'february';
    return [account, { windows, shapeAt, episodes: forecastEpisodes(start, end, random) }];
  });
  const accounts = Object.fromEntries(lives);
  const api = createApi({ clock, machineNow, accounts, random, asking: () => asking });

  const configAt = (interval: string) =>
    loadConfig(
      `accounts:
  - {name: own, credentials: {oauth_tokens_dir: ${loginOf('own')}}}
  - {name: borrowed, credentials: {oauth_tokens_dir: ${loginOf('borrowed')}}}
  - {name: fixed, credentials: {access_token: token-fixed}}
poll: {interval: ${interval}}
stale_after: ${STALE_AFTER_MS / MINUTE}m`,
      'the year',
      { directory, env: {}, exists: () => false, platform: 'linux', version: '1.2.3' },
    );
  const logger = createLogger({ level: 'warn', format: 'json', write: (line) => logged.push(line) });
  const ports = { now: machineNow, random, fetch: api.fetch, sleep: clock.sleep, env: {}, platform: 'linux' } as const;
  let config = configAt('5m');

  return {
    clock,
    api,
    accounts,
    machineNow,
    logged,
    setClockError: (ms) => {
      clockError = ms;
      clockSetAt = clock.now();
    },
    clockWasSetWithin: (ms) => clock.now() - clockSetAt < ms,
    clockError: () => clockError,
    intervalMs: () => config.accounts[0]?.limits.intervalMs ?? 0,
    loginIsInDoubt: (account) =>
      hasExpired(loginOf(account), machineNow()) ||
      (account === 'borrowed' && clock.now() - borrowedRefreshedAt < 2 * MINUTE),
    async start(interval) {
      config = configAt(interval);
      const web = { addresses: [{ host: '127.0.0.1', port: 0 }], config: () => OPEN_WEB_CONFIG };
      service = await startExporter(
        config,
        { web, storagePath, requestTimeoutMs: USAGE_TIMEOUT_MS, runbookDirectory: '/none' },
        {
          ...ports,
          createFetch: () => Object.assign(api.fetch, { async [Symbol.asyncDispose]() {} }),
          readConfig: () => config,
          nodeVersion: 'v24.0.0',
          logger,
        },
      );
      await clock.settle();
    },
    async stop() {
      await service?.stop();
      service = undefined;
    },
    async once() {
      using history = openHistory(join(storagePath, 'history.sqlite'), machineNow());
      using credentials = openCredentials(
        { ...config.oauth, storagePath, timeoutMs: USAGE_TIMEOUT_MS },
        { ...ports, refreshed() {}, refreshTrouble() {}, stopping: new AbortController().signal },
      );
      asking = 'once';
      const settings = { userAgent: config.userAgent, timeoutMs: USAGE_TIMEOUT_MS };
      await clock.during(
        pollEachOnce(config, settings, {
          ...ports,
          history,
          readCredentials: credentials.read,
          askClaudeCode: () => Promise.reject(new Error('no account asks Claude Code')),
        }),
      );
      asking = 'exporter';
    },
    refreshBorrowed() {
      const { access_token, refresh_token, expires_in } = api.refresh(borrowedRefreshToken);
      borrowedRefreshToken = refresh_token;
      borrowedRefreshedAt = clock.now();
      writeFileSync(join(loginOf('borrowed'), 'accessToken'), access_token);
      writeFileSync(join(loginOf('borrowed'), 'expiresAt'), String(machineNow() + expires_in * 1000));
    },
    async readMetrics() {
      const text = await clock.during(fetch(`${service?.url}/metrics`).then((response) => response.text()));
      return new Map(
        text
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#'))
          .map((line) => {
            const at = line.lastIndexOf(' ');
            return [line.slice(0, at), Number(line.slice(at + 1))];
          }),
      );
    },
  };
}

function hasExpired(directory: string, now: number): boolean {
  const file = join(directory, 'expiresAt');
  return existsSync(file) && Number(readFileSync(file, 'utf8')) <= now;
}
