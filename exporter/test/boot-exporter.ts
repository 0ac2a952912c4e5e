import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { createLogger } from '@repo/common/logger';
import { OPEN_WEB_CONFIG, type WebConfig } from '@repo/common/web/web-config';
import { startExporter } from '../src/app.ts';
import { loadConfig } from '../src/config/config.ts';

/** A token that must show up nowhere. */
export const TOKEN = 'sk-ant-oat01-planted';
export const BODY = readFileSync(
  new URL('../../deploy/local/usage-simulator/bodies/july-2026.json', import.meta.url),
  'utf8',
);

/** Within the windows of the captured body. */
const STARTED_AT = Date.parse('2026-07-22T12:00:00Z');

export interface BootOptions {
  readonly storagePath: string;
  /** Plays the API. */
  readonly answer: () => Response | Promise<Response>;
  readonly config?: string;
  readonly webConfig?: WebConfig;
}

/** An exporter of one account, with a server that `answer` plays; everything it logs and requests is kept. */
export async function bootExporter({
  storagePath,
  answer,
  config:
    initial = `accounts: [{name: work, credentials: {access_token: ${TOKEN}}}]\napi: {bearer_tokens: [write-token]}`,
  webConfig = OPEN_WEB_CONFIG,
}: BootOptions) {
  let text = initial;
  const startedAt = performance.now();
  const readConfig = () =>
    loadConfig(text, 'test', { directory: '/', env: {}, exists: () => false, platform: 'linux', version: '1.2.3' });
  const log: string[] = [];
  const requests: string[] = [];
  const aborted: string[] = [];
  let nextStartFails: Error | undefined;
  const service = await startExporter(
    readConfig(),
    {
      web: { addresses: [{ host: '127.0.0.1', port: 0 }], config: () => webConfig },
      storagePath,
      requestTimeoutMs: 5_000,
      runbookDirectory: '/none',
    },
    {
      now: () => STARTED_AT + Math.round(performance.now() - startedAt),
      random: () => 0.5,
      readConfig,
      createFetch: () => {
        const failure = nextStartFails;
        nextStartFails = undefined;
        if (failure) throw failure;
        const fetch: typeof globalThis.fetch = async (input, init) => {
          requests.push(String(input));
          const stopped = new Promise<never>((_, reject) => {
            init?.signal?.addEventListener('abort', () => {
              aborted.push(String(input));
              reject(new Error('aborted'));
            });
          });
          return Promise.race([answer(), stopped]);
        };
        return Object.assign(fetch, { async [Symbol.asyncDispose]() {} });
      },
      sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
      nodeVersion: 'v24.0.0',
      platform: 'linux',
      env: {},
      logger: createLogger({ level: 'debug', format: 'json', write: (line) => log.push(line) }),
    },
  );
  const get = async (path: string, accept = '*/*', authorization?: string) => {
    const response = await fetch(service.url + path, {
      headers: { accept, ...(authorization ? { authorization } : {}) },
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      headers: response.headers,
      text: await response.text(),
    };
  };
  const ready = async () => {
    while ((await get('/-/ready')).status !== 200) await setTimeout(5);
  };
  const rewrite = (next: string) => {
    text = next;
  };
  const failNextStart = (error: Error) => {
    nextStartFails = error;
  };
  const postReload = async (headers: Record<string, string> = { authorization: 'Bearer write-token' }) => {
    const response = await fetch(`${service.url}/-/reload`, { method: 'POST', headers });
    return { status: response.status, text: await response.text() };
  };
  return { ...service, get, ready, log, requests, aborted, rewrite, failNextStart, postReload };
}
