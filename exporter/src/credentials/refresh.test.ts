import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LoginJournal, openLoginJournal } from './login-journal.ts';
import { keepFresh, type RefreshOutcome } from './refresh.ts';
import { tryLock } from './refresh-lock.ts';
import { tokenDirectory } from './token-directory.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const GOOD = { access_token: 'planted-access-1', refresh_token: 'planted-refresh-1', expires_in: 28_800 };

let directory: string;
let storage: string;
let journal: LoginJournal;
let now: number;
let outcomes: RefreshOutcome[];
let requests: { refresh_token: string; headers: Headers }[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'login-'));
  storage = mkdtempSync(join(tmpdir(), 'storage-'));
  journal = openLoginJournal(storage);
  now = NOW;
  outcomes = [];
  requests = [];
});
afterEach(() => {
  journal[Symbol.dispose]();
  rmSync(directory, { recursive: true });
  rmSync(storage, { recursive: true });
});

const put = (part: string, text: string) => writeFileSync(join(directory, part), text);
const parts = () =>
  ['accessToken', 'refreshToken', 'expiresAt'].map((part) => readFileSync(join(directory, part), 'utf8'));

/** A login whose access token ends in `minutes`. */
function login(minutes: number): void {
  put('accessToken', 'planted-access');
  put('refreshToken', 'planted-refresh');
  put('expiresAt', String(NOW + minutes * MINUTE));
}

function keep(answer: () => Response | Promise<Response> = () => Response.json(GOOD)) {
  return keepFresh(
    'work',
    tokenDirectory(directory),
    { tokenEndpoint: 'https://token.example.org/', userAgent: 'test/1', leewayMs: 10 * MINUTE, timeoutMs: 1000 },
    {
      now: () => now,
      journal,
      refreshed: (_account, outcome) => outcomes.push(outcome),
      fetch: async (_url, init) => {
        const { refresh_token } = JSON.parse(String(init?.body)) as { refresh_token: string };
        requests.push({ refresh_token, headers: new Headers(init?.headers) });
        return answer();
      },
    },
    new AbortController().signal,
  );
}

const refusal = (status: number, error: unknown, headers = {}) => Response.json({ error }, { status, headers });

describe('a login of our own', () => {
  test('is left alone until its access token ends within the leeway', async () => {
    login(10.001);
    expect((await keep()).login.accessToken.reveal()).toBe('planted-access');
    expect(requests).toEqual([]);
    now += 60;
    expect((await keep()).login.accessToken.reveal()).toBe('planted-access-1');
    expect(outcomes).toEqual(['success']);
  });

  test('is renewed once, its three files are private, and nothing waits any more', async () => {
    login(5);
    const { login: renewed, trouble } = await keep();
    expect(trouble).toBeUndefined();
    expect(renewed).toMatchObject({ expiresAt: NOW + 8 * HOUR });
    expect(parts()).toEqual(['planted-access-1', 'planted-refresh-1', String(NOW + 8 * HOUR)]);
    for (const part of ['accessToken', 'refreshToken', 'expiresAt']) {
      expect(statSync(join(directory, part)).mode & 0o777).toBe(0o600);
    }
    expect(journal.pendingAnswer('work')).toBeUndefined();
    await keep();
    expect(requests.map(({ refresh_token }) => refresh_token)).toEqual(['planted-refresh']);
    expect(requests[0]?.headers.get('user-agent')).toBe('test/1');
    expect(readdirSync(directory).sort()).toEqual(['.refresh-lock', 'accessToken', 'expiresAt', 'refreshToken']);
  });

  test('whose end is not known is renewed, which tells it', async () => {
    put('accessToken', 'planted-access');
    put('refreshToken', 'planted-refresh');
    expect((await keep()).login).toMatchObject({ expiresAt: NOW + 8 * HOUR });
  });

  test('keeps its refresh token where the answer brings no other, and counts an hour where it tells no life', async () => {
    login(5);
    await keep(() => Response.json({ access_token: 'planted-access-1' }));
    expect(parts()).toEqual(['planted-access-1', 'planted-refresh', String(NOW + HOUR)]);
  });

  test.each<[unknown, number]>([
    ['28800', 8 * HOUR],
    ['soon', HOUR],
    [-5, HOUR],
    [null, HOUR],
  ])('is not lost for a life of %j', async (expires_in, life) => {
    login(5);
    await keep(() => Response.json({ ...GOOD, expires_in }));
    expect(parts()).toEqual(['planted-access-1', 'planted-refresh-1', String(NOW + life)]);
  });

  test('is never renewed without a refresh token', async () => {
    put('accessToken', 'planted-access');
    put('expiresAt', String(NOW - HOUR));
    expect((await keep()).login.accessToken.reveal()).toBe('planted-access');
    expect(requests).toEqual([]);
  });

  test('is left to another one who is renewing it, and what that one brought is adopted', async () => {
    login(5);
    const other = tryLock(join(directory, '.refresh-lock'));
    expect((await keep()).trouble).toBe('another exporter is renewing it');
    put('refreshToken', 'planted-refresh-2');
    put('accessToken', 'planted-access-2');
    put('expiresAt', String(NOW + 8 * HOUR));
    other?.[Symbol.dispose]();
    expect((await keep()).login.accessToken.reveal()).toBe('planted-access-2');
    expect(requests).toEqual([]);
  });

  test('is renewed by one process of the same storage at a time', async () => {
    login(5);
    using _other = journal.tryLock('work');
    expect((await keep()).trouble).toBe('another process is renewing it');
    expect(requests).toEqual([]);
  });

  test('that was put there anew while the request was under way stays', async () => {
    login(5);
    const { login: present } = await keep(() => {
      put('refreshToken', 'planted-other');
      put('accessToken', 'planted-other-access');
      put('expiresAt', String(NOW + HOUR));
      return Response.json(GOOD);
    });
    expect(present.accessToken.reveal()).toBe('planted-other-access');
    expect(parts()).toEqual(['planted-other-access', 'planted-other', String(NOW + HOUR)]);
    expect(journal.pendingAnswer('work')).toBeUndefined();
  });
});

describe('a renewal that fails', () => {
  test('for good says to log in again, and is not tried again, not even after a restart', async () => {
    login(5);
    const sentence = `the refresh token is not valid any more (invalid_grant): log in again, and put the new login into ${directory}`;
    expect((await keep(() => refusal(400, 'invalid_grant'))).trouble).toBe(sentence);
    now += 30 * 24 * HOUR;
    journal[Symbol.dispose]();
    journal = openLoginJournal(storage);
    expect(await keep()).toMatchObject({ trouble: sentence });
    expect(requests).toHaveLength(1);
    expect(outcomes).toEqual(['invalid_grant']);

    put('refreshToken', 'planted-new-login');
    expect((await keep()).trouble).toBeUndefined();
    expect(requests.map(({ refresh_token }) => refresh_token)).toEqual(['planted-refresh', 'planted-new-login']);
  });

  test('backs off from five minutes to six hours, doubling', async () => {
    login(5);
    const waits: number[] = [];
    for (let failures = 0; failures < 9; failures += 1) {
      const { trouble } = await keep(() => refusal(503, 'overloaded'));
      const until = Date.parse(/the next attempt is at (\S+)$/.exec(trouble ?? '')?.[1] ?? '');
      waits.push((until - now) / MINUTE);
      now = until - 1;
      expect((await keep()).trouble).toBe(trouble);
      expect(requests).toHaveLength(failures + 1);
      now = until;
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 360, 360]);
    expect((await keep()).login.accessToken.reveal()).toBe('planted-access-1');
  });

  test('begins to back off anew after one that succeeded', async () => {
    login(5);
    await keep(() => refusal(503, 'overloaded'));
    now += 5 * MINUTE;
    await keep();
    now += 8 * HOUR;
    const { trouble } = await keep(() => refusal(503, 'overloaded'));
    expect(trouble).toContain(`the next attempt is at ${new Date(now + 5 * MINUTE).toISOString()}`);
  });

  test('long ago by a clock that was wrong holds nothing back', async () => {
    login(5);
    now += 365 * 24 * HOUR;
    await keep(() => refusal(503, 'overloaded'));
    now = NOW;
    await keep();
    expect(outcomes).toEqual(['server_error', 'success']);
  });

  test.each<[string, () => Response | Promise<Response>, RefreshOutcome, string]>([
    ['429', () => refusal(429, 'rate_limited'), 'rate_limited', 'the token endpoint asks for fewer requests (429)'],
    ['500', () => refusal(500, 'planted-access'), 'server_error', 'the token endpoint has a problem (500)'],
    [
      '401',
      () => refusal(401, 'invalid_client'),
      'rejected',
      'the token endpoint answers with status 401 (invalid_client)',
    ],
    ['a redirect', () => new Response('', { status: 302 }), 'rejected', 'the token endpoint answers with status 302'],
    [
      'a text that only speaks of invalid_grant',
      () => refusal(400, 'The planted-refresh made invalid_grant'),
      'rejected',
      'the token endpoint answers with status 400',
    ],
    [
      'nobody there',
      () => Promise.reject(new TypeError('fetch failed')),
      'network',
      "the server can't be reached (TypeError)",
    ],
    [
      'no JSON',
      () => new Response('planted-refresh'),
      'malformed_answer',
      "the token endpoint's answer has no tokens in it",
    ],
    ['too much', () => new Response('x'.repeat(65_537)), 'too_large', 'the answer has more than 65536 bytes'],
    [
      'a token of two lines',
      () => Response.json({ ...GOOD, access_token: 'planted\nline' }),
      'malformed_answer',
      "the token endpoint's answer has no tokens in it",
    ],
  ])('%s', async (_name, answer, outcome, detail) => {
    login(5);
    const kept = await keep(answer);
    expect(kept.trouble).toBe(`renewing it failed: ${detail}; the next attempt is at 2026-07-22T12:05:00.000Z`);
    expect(outcomes).toEqual([outcome]);
    expect(`${kept.trouble} ${inspect(kept, { depth: 9 })} ${JSON.stringify(kept)}`).not.toContain('planted');
    expect(parts()).toEqual(['planted-access', 'planted-refresh', String(NOW + 5 * MINUTE)]);
    now += 5 * MINUTE - 1;
    await keep();
    expect(requests).toHaveLength(1);
  });

  test('by the clock gives up after the time it has', async () => {
    login(5);
    const never = (_: unknown, init?: RequestInit) =>
      new Promise<Response>((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error())));
    const { trouble } = await keepFresh(
      'work',
      tokenDirectory(directory),
      { tokenEndpoint: 'https://token.example.org/', userAgent: 'test/1', leewayMs: 10 * MINUTE, timeoutMs: 20 },
      { now: () => now, journal, refreshed: (_account, outcome) => outcomes.push(outcome), fetch: never },
      new AbortController().signal,
    );
    expect(outcomes).toEqual(['timeout']);
    expect(trouble).toContain('no complete answer within 0.02 s');
  });

  test('waits as long as it is asked to, within six hours', async () => {
    login(5);
    expect((await keep(() => refusal(429, 'slow_down', { 'retry-after': '3600' }))).trouble).toContain('13:00:00.000Z');
    put('refreshToken', 'planted-new-login');
    expect((await keep(() => refusal(429, 'slow_down', { 'retry-after': '99999' }))).trouble).toContain(
      '18:00:00.000Z',
    );
  });
});

describe('new tokens that can not be put back', () => {
  test('are not asked for, if that is seen before', async () => {
    login(5);
    mkdirSync(join(directory, '.refresh-lock'));
    const { trouble } = await keep();
    expect(trouble).toContain(`${directory} can't be written to (ERR_SQLITE_ERROR)`);
    expect(outcomes).toEqual(['not_stored']);
    expect(requests).toEqual([]);
  });

  test('are not used, and put back as soon as they can be', async () => {
    login(5);
    const { login: used, trouble } = await keep(() => {
      mkdirSync(join(directory, 'refreshToken.new'));
      return Response.json(GOOD);
    });
    expect(used.accessToken.reveal()).toBe('planted-access');
    expect(trouble).toBe(
      `${directory} can't be written to (EISDIR), so its login can't be renewed; make it writable, or take refreshToken out of it`,
    );
    expect(outcomes).toEqual(['not_stored']);
    rmdirSync(join(directory, 'refreshToken.new'));
    now += MINUTE;
    expect((await keep()).login.accessToken.reveal()).toBe('planted-access-1');
    expect(parts()).toEqual(['planted-access-1', 'planted-refresh-1', String(NOW + 8 * HOUR)]);
    expect(requests).toHaveLength(1);
    expect(outcomes).toEqual(['not_stored', 'success']);
  });

  test('are in their place at least, when the journal can not be written', async () => {
    login(5);
    const full = {
      ...journal,
      recordAnswer: () => {
        throw new Error('database or disk is full');
      },
    };
    journal = full;
    await expect(keep()).rejects.toThrow('database or disk is full');
    expect(parts()).toEqual(['planted-access-1', 'planted-refresh-1', String(NOW + 8 * HOUR)]);
  });
});
