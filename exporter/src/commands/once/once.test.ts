import { readFileSync } from 'node:fs';
import { Secret } from '@repo/common/secret';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { neverAskClaudeCode } from '../../../test/claude-stand-in.ts';
import { API_LIMITS } from '../../account/poll-policy.ts';
import { loadConfig } from '../../config/config.ts';
import type { CredentialReader } from '../../credentials/read-credentials.ts';
import { type History, openHistory } from '../../history/history.ts';
import { onceExitCode, pollEachOnce } from './once.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const HOUR = 3_600_000;
const BODY = readFileSync(
  new URL('../../../../deploy/local/usage-simulator/bodies/july-2026.json', import.meta.url),
  'utf8',
);
const readCredentials: CredentialReader = async ({ name }) => ({ ok: true, token: Secret.of(`token-${name}`) });
const config = loadConfig(
  'accounts: [{name: work, credentials: {access_token: token-work}}, {name: home, credentials: {access_token: token-home}}]',
  'test',
  { directory: '/', env: {}, exists: () => false, platform: 'linux', version: '1' },
);

let now: number;
let history: History;
beforeEach(() => {
  now = NOW;
  history = openHistory(':memory:', NOW);
});
afterEach(() => history[Symbol.dispose]());

/** Runs `once` with a server that `answer` plays; returns the results and the requested tokens. */
async function once(answer: (token: string) => Response) {
  const asked: string[] = [];
  const fetch = async (_url: unknown, init?: RequestInit) => {
    const token = new Headers(init?.headers).get('authorization')?.replace('Bearer token-', '') ?? '';
    asked.push(token);
    return answer(token);
  };
  const settings = { userAgent: 'test', timeoutMs: 60_000 };
  const reports = await pollEachOnce(config, settings, {
    now: () => now,
    fetch,
    history,
    readCredentials,
    askClaudeCode: neverAskClaudeCode,
  });
  const told = reports.map(({ view, notBefore }) => ({
    source: view.current?.source,
    outcome: view.state.lastPoll?.outcome,
    notBefore: notBefore === undefined ? undefined : notBefore - NOW,
  }));
  return { asked, told, exitCode: onceExitCode(reports) };
}

test('polls each account once; fresh usage of one account is exit code 0', async () => {
  const answer = (token: string) => (token === 'work' ? new Response(BODY) : new Response('', { status: 401 }));
  expect(await once(answer)).toEqual({
    asked: ['work', 'home'],
    told: [
      { source: 'official_api', outcome: 'success' },
      { source: undefined, outcome: 'unauthorized' },
    ],
    exitCode: 0,
  });
});

test('within the floor after a poll it asks nobody and has what that poll brought', async () => {
  await once(() => new Response(BODY));
  now += 179_999;
  expect(await once(() => new Response(BODY))).toMatchObject({
    asked: [],
    told: [
      { source: 'official_api', notBefore: 180_000 },
      { source: 'official_api', notBefore: 180_000 },
    ],
    exitCode: 0,
  });
  now += 1;
  expect((await once(() => new Response(BODY))).asked).toEqual(['work', 'home']);
});

test('an hour that is spent is waited out, whoever has spent it', async () => {
  for (let i = 0; i < 20; i += 1) history.claimRequest('work', NOW - HOUR + 1000 + i, { ...API_LIMITS, floorMs: 0 });
  const { asked, told } = await once(() => new Response(BODY));
  expect(asked).toEqual(['home']);
  expect(told[0]).toMatchObject({ notBefore: 1000 });
});

test('when polls fail, the last usage is stale: exit code 4; and a block is kept', async () => {
  await once(() => new Response(BODY));
  now += 300_000;
  const limited = () => new Response('', { status: 429, headers: { 'retry-after': '600' } });
  expect(await once(limited)).toMatchObject({ asked: ['work', 'home'], exitCode: 4 });
  now += 1_499_999;
  expect(await once(limited)).toMatchObject({
    asked: [],
    told: [{ source: 'official_api_stale', notBefore: 1_800_000 }, {}],
    exitCode: 4,
  });
});

test('without any usage the exit code is 1', async () => {
  expect(await once(() => new Response('', { status: 503 }))).toMatchObject({ exitCode: 1 });
});
