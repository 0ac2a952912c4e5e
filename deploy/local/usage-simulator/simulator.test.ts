import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEMO } from './scenario.ts';
import { startUsageSimulator, type UsageSimulator } from './simulator.ts';

const START = Date.parse('2026-07-22T12:00:00Z');

let now: number;
let simulator: UsageSimulator;
beforeEach(async () => {
  now = START;
  simulator = await startUsageSimulator({ port: 0, now: () => now, scenario: DEMO, speed: 60 });
});
afterEach(() => simulator.close());

const headers = { authorization: 'Bearer token-demo', 'user-agent': 'a-test' };
const get = (path: string, init: RequestInit = { headers }) => fetch(simulator.url + path, init);
const usage = async () => (await get('/api/oauth/usage')).json() as Promise<Record<string, unknown>>;
const control = (change: object) =>
  get('/_control', { method: 'POST', body: JSON.stringify({ account: 'demo', ...change }) });
const refresh = (refresh_token: string) =>
  get('/v1/oauth/token', { method: 'POST', body: JSON.stringify({ grant_type: 'refresh_token', refresh_token }) });

test('speaks the shape of July with the numbers of the scenario, in its own time', async () => {
  expect(await usage()).toMatchObject({
    five_hour: { utilization: 42, limit_dollars: null },
    seven_day: { utilization: 57 },
    seven_day_opus: null,
    limits: [{ kind: 'session', percent: 42 }, { kind: 'weekly_all', percent: 57 }, { percent: 36 }],
  });
  now += 3_000;
  expect(await usage()).toMatchObject({ seven_day: { utilization: 81 } });
});

test('names one reset up to two seconds apart, the same way at each start', async () => {
  const resets = async () => {
    const bodies = [await usage(), await usage(), await usage()];
    return bodies.map((body) => (body.seven_day as { resets_at: string }).resets_at);
  };
  const first = await resets();
  const times = first.map((text) => Date.parse(text) - START - 62 * 3_600_000);
  expect(first[0]).toMatch(/^2026-07-2\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  expect(new Set(times).size).toBe(3);
  expect(Math.max(...times.map(Math.abs))).toBeLessThanOrEqual(1000);
  await simulator.close();
  simulator = await startUsageSimulator({ port: 0, now: () => START, scenario: DEMO, speed: 1 });
  expect(await resets()).toEqual(first);
});

test('does as it is told, until it is told otherwise', async () => {
  await control({ utilization: { seven_day: 99 }, reset: { seven_day: null }, shape: 'may' });
  expect(await usage()).toMatchObject({
    five_hour: { utilization: 42 },
    seven_day: { utilization: 99, resets_at: null },
  });
  expect(await usage()).not.toHaveProperty('limits');
  await control({ status: 429, retryAfter: 77 });
  const refused = await get('/api/oauth/usage');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '77']);
  await control({ status: null, body: 'nonsense' });
  expect(await (await get('/api/oauth/usage')).text()).toBe('nonsense');
  await control({ body: null, truncate: true });
  await expect(get('/api/oauth/usage').then((response) => response.text())).rejects.toThrow('terminated');
});

test('refuses what it does not understand', async () => {
  const answers = [await control({ colour: 'red' }), await control({ account: 'nobody' }), await get('/elsewhere')];
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 404]);
  expect(await answers[1]?.text()).toContain('there is no account nobody; there are demo');
  expect((await get('/api/oauth/usage', { headers: { authorization: 'Bearer other' } })).status).toBe(401);
});

test('refuses the profile as told, and the usage not with it', async () => {
  await control({ profileStatus: 403 });
  expect((await get('/api/oauth/profile')).status).toBe(403);
  expect((await get('/api/oauth/usage')).status).toBe(200);
  await control({ profileStatus: null });
  expect((await get('/api/oauth/profile')).status).toBe(200);
});

test('knows who is who, refreshes a token once, and lists what it was asked', async () => {
  expect(await (await get('/api/oauth/profile')).json()).toMatchObject({
    organization: { rate_limit_tier: 'default_claude_max_5x' },
  });
  const refreshed = (await (await refresh('refresh-demo')).json()) as { access_token: string };
  expect(
    (await get('/api/oauth/usage', { headers: { authorization: `Bearer ${refreshed.access_token}` } })).status,
  ).toBe(200);
  expect(await (await refresh('refresh-demo')).json()).toEqual({ error: 'invalid_grant' });
  expect(await (await get('/_log')).json()).toEqual(simulator.log());
  expect(simulator.log().map(({ method, path, account, token }) => [method, path, account, token])).toEqual([
    ['GET', '/api/oauth/profile', 'demo', 'token-demo'],
    ['POST', '/v1/oauth/token', 'demo', 'refresh-demo'],
    ['GET', '/api/oauth/usage', 'demo', 'token-demo-1'],
    ['POST', '/v1/oauth/token', 'demo', 'refresh-demo'],
  ]);
  expect(simulator.log()[0]).toMatchObject({ time: '2026-07-22T12:00:00.000Z', userAgent: 'a-test' });
});

test('the token endpoint fails as it is told, and only a good answer spends the refresh token', async () => {
  await control({ refresh: { status: 429, error: 'rate_limited', retryAfter: 30 } });
  const limited = await refresh('refresh-demo');
  expect([limited.status, limited.headers.get('retry-after'), await limited.json()]).toEqual([
    429,
    '30',
    { error: 'rate_limited' },
  ]);
  await control({ refresh: { expiresIn: 5 } });
  expect(await (await refresh('refresh-demo')).json()).toEqual({
    access_token: 'token-demo-1',
    refresh_token: 'refresh-demo-1',
    expires_in: 5,
  });
  await control({ refresh: { body: 'nonsense' } });
  expect(await (await refresh('refresh-demo-1')).text()).toBe('nonsense');
  await control({ refresh: null });
  expect((await refresh('refresh-demo-1')).status).toBe(400);
});
