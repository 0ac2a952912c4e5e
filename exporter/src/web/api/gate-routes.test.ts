import { createLogger } from '@repo/common/logger';
import { Secret } from '@repo/common/secret';
import { createWebApp, finishWebApp, listen, type WebServer } from '@repo/common/web/web-server';
import { createWriteGuard } from '@repo/common/web/write-guard';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AccountView } from '../../account/account-view.ts';
import { type GateCaps, NO_CAPS } from '../../account/gate.ts';
import { addRoutes } from '../route.ts';
import { gateRoutes } from './gate-routes.ts';

const RESETS_AT = Date.parse('2026-05-26T05:00:00Z');

let server: WebServer;
let view: AccountView;
let stored: [string, GateCaps][];
let refusals: string[];
beforeEach(async () => {
  stored = [];
  refusals = [];
  const state = { account: 'work', failures: 0, requests: [] };
  view = { state, polled: true, gate: { caps: NO_CAPS }, tier: { stale: true }, budgetRemaining: 20, validUntil: 0 };
  const app = createWebApp({ notReadyBecause: () => undefined, metrics: () => Promise.reject(new Error('not asked')) });
  const routes = gateRoutes({
    views: () => [view],
    setCaps: (account, caps) => stored.push([account, caps]),
    onRefusal: (account, reason) => refusals.push(`${account} ${reason}`),
  });
  addRoutes(
    app,
    routes,
    createWriteGuard({
      bearerTokens: () => [Secret.of('planted')],
      writers: () => [],
      readSecret: (secret) => secret.reveal(),
      settings: { bearerTokens: 'tokens', writers: 'writers' },
    }),
  );
  const logger = createLogger({ level: 'error', format: 'json', write: () => {} });
  server = await listen(finishWebApp(app, logger), { host: '127.0.0.1', port: 0 });
});
afterEach(() => server.close());

async function call(path: string, init: RequestInit = {}) {
  const response = await fetch(`${server.url}/api/v1/accounts/${path}`, init);
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text) as unknown, text, headers: response.headers };
}

const put = (body: string, headers: Record<string, string> = { authorization: 'Bearer planted' }) =>
  call('work/gate/caps', { method: 'PUT', body, headers });

function close(): void {
  const caps = { sessionPct: 90, weekPct: null };
  const refusal = {
    reason: 'session_threshold',
    window: 'five_hour',
    utilizationPct: 92,
    thresholdPct: 90,
    resetsAt: RESETS_AT,
  } as const;
  view = { ...view, gate: { caps, refusal } };
}

describe('the gate', () => {
  test('is open when nothing is known, and says that nothing is', async () => {
    const answer = await call('work/gate');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ open: true, stale: true, thresholds: { session_pct: null, week_pct: null } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    view = {
      ...view,
      current: {
        snapshot: { fetchedAt: 0, windows: [], unknownKeys: [] },
        source: 'official_api',
        windowSources: new Map(),
      },
    };
    expect((await call('work/gate')).body).toMatchObject({ open: true, stale: false });
    expect(refusals).toEqual([]);
  });

  test('refuses with exactly the body that dispatchers know, and counts it', async () => {
    close();
    const answer = await call('work/gate');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.text).toBe(
      '{"error":"quota_threshold_reached","reason":"session_threshold","utilization_pct":92,"threshold_pct":90,"resets_at":"2026-05-26T05:00:00.000Z"}',
    );
    expect(refusals).toEqual(['work session_threshold']);
  });

  test('refuses with the status that is asked for', async () => {
    close();
    const { text } = await call('work/gate');
    for (const status of [403, 503]) {
      expect(await call(`work/gate?refuse_status=${status}`)).toMatchObject({ status, text });
    }
    for (const query of ['refuse_status=500', 'refuse_status=', 'refuse_status=403&refuse_status=503']) {
      expect(await call(`work/gate?${query}`)).toMatchObject({
        status: 400,
        body: {
          title: 'Bad query',
          detail: 'invalid query',
          errors: [{ path: 'refuse_status', message: 'must be 503 or 403' }],
        },
      });
    }
  });

  test.each(['gate', 'gate/caps'])('%s of an unknown account is a separate problem, and no refusal', async (path) => {
    expect(await call(`nobody/${path}`)).toMatchObject({
      status: 404,
      body: {
        title: 'No such account',
        detail: 'there is no account "nobody"; /api/v1/usage lists the accounts',
      },
    });
    expect((await call(`%E0%A4%A/${path}`)).status).toBe(400);
  });
});

describe('the caps', () => {
  test('are read by anybody', async () => {
    close();
    expect(await call('work/gate/caps')).toMatchObject({ status: 200, text: '{"session_pct":90,"week_pct":null}' });
  });

  test('are set by who has the credential', async () => {
    expect(await put('{"session_pct": 100, "week_pct": null}')).toMatchObject({
      status: 200,
      body: { session_pct: 100, week_pct: null },
    });
    expect(await put('{"week_pct": 1, "session_pct": 90.0}')).toMatchObject({ status: 200 });
    expect(stored).toEqual([
      ['work', { sessionPct: 100, weekPct: null }],
      ['work', { sessionPct: 90, weekPct: 1 }],
    ]);
    expect(await put('{"session_pct": 1, "week_pct": 1}', {})).toMatchObject({ status: 401 });
    expect(stored).toHaveLength(2);
  });

  const number = 'must be a whole number from 1 to 100, or null';
  test.each([
    ['{"session_pct": 90', [{ path: '', message: 'is not JSON' }]],
    ['', [{ path: '', message: 'is not JSON' }]],
    ['[90, 80]', [{ path: '', message: 'must be an object with session_pct and week_pct' }]],
    ['{"session_pct": 90}', [{ path: 'week_pct', message: number }]],
    [
      '{"session_pct": 0, "week_pct": 101, "note": "planted"}',
      [
        { path: 'session_pct', message: number },
        { path: 'week_pct', message: number },
        { path: '', message: 'has keys besides session_pct and week_pct' },
      ],
    ],
    ['{"session_pct": "90", "week_pct": 80.5}', ['session_pct', 'week_pct'].map((path) => ({ path, message: number }))],
  ])('%s is rejected, and changes nothing', async (body, errors) => {
    expect(await put(body)).toMatchObject({
      status: 400,
      body: { title: 'Invalid caps', detail: 'invalid caps, nothing was changed', errors },
    });
    expect(stored).toEqual([]);
  });

  test('a body that is too large is refused', async () => {
    expect(await put(' '.repeat(20_000))).toMatchObject({
      status: 413,
      body: { title: 'Bad request', detail: 'the body is larger than 16 KiB' },
    });
  });

  test('whatever is sent, it is stored exactly or refused with a problem that repeats nothing', {
    timeout: 120_000,
  }, async () => {
    const percent = fc.oneof(fc.integer({ min: -1, max: 102 }), fc.double(), fc.constant(null), fc.string());
    const close = fc.record({ session_pct: percent, week_pct: percent }, { requiredKeys: [] });
    const bodies = fc.oneof(
      close.map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string(),
    );
    const isCap = (value: unknown) =>
      value === null || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 100);
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        stored = [];
        const answer = await put(body);
        if (answer.status === 200) {
          const { session_pct, week_pct, ...rest } = JSON.parse(body) as Record<string, unknown>;
          expect([isCap(session_pct), isCap(week_pct), rest]).toEqual([true, true, {}]);
          expect(stored).toEqual([['work', { sessionPct: session_pct, weekPct: week_pct }]]);
        } else {
          expect([answer.status, stored]).toEqual([400, []]);
          expect(answer.headers.get('content-type')).toContain('application/problem+json');
        }
      }),
      { numRuns: 300 },
    );
  });
});
