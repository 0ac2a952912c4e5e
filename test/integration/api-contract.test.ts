import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { DEMO } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator, type UsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { startExporterProcess, untilSeries } from './exporter-process.ts';

type Json = Record<string, unknown>;
interface Document {
  readonly openapi: string;
  readonly paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: Json }> }> }>
  >;
  readonly components: { readonly schemas: Json };
}

const METHODS = ['get', 'put', 'post', 'delete'];
const CAPS = '/api/v1/accounts/{account}/gate/caps';
const GATE = '/api/v1/accounts/{account}/gate';
const writing = (body: string, token = 'the-token') => ({
  method: 'PUT',
  body,
  headers: { authorization: `Bearer ${token}` },
});

let running: AsyncDisposableStack;
let simulator: UsageSimulator;
let exporter: Server;
let readOnly: Server;
let document: Document;
let ajv: Ajv2020;
beforeAll(async () => {
  running = new AsyncDisposableStack();
  const demo = DEMO.accounts.demo;
  if (!demo) throw new Error('the demo scenario has no account demo');
  simulator = await startUsageSimulator({
    port: 0,
    now: Date.now,
    scenario: { accounts: { demo, full: demo } },
    speed: 1,
  });
  running.defer(() => simulator.close());
  simulator.control({ account: 'full', utilization: { five_hour: 95 } });
  exporter = await start(
    'api: {bearer_tokens: [the-token]}\ntranscripts: {enabled: false, agents: [{host: laptop, token: agent-token}]}',
  );
  readOnly = await start('transcripts: {enabled: false}');
  document = (await (await fetch(`${exporter.url}/api/v1/openapi.json`)).json()) as Document;
  ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(exact(document) as Json, 'openapi');
});
afterAll(() => running.disposeAsync());

async function start(more: string): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'api-contract-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  const accounts = ['demo', 'full', 'unknown'].map(
    (name) => `{name: ${name}, endpoint: "${simulator.url}", credentials: {access_token: token-${name}}}`,
  );
  const server = await startExporterProcess(
    directory,
    `accounts: [${accounts.join(', ')}]\npoll: {interval: 1s}\n${more}`,
  );
  running.defer(() => server.stop());
  for (const name of ['demo', 'full'])
    await untilSeries(server, `claude_usage_up{account="${name}"}`, (up) => up === 1);
  await untilSeries(server, 'claude_usage_up{account="unknown"}', (up) => up === 0);
  return server;
}

/** The document with every object closed, so that a key which is not documented is an error here. */
function exact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, exact(inner)]);
  const closed = 'properties' in value ? [['additionalProperties', false]] : [];
  return Object.fromEntries([...entries, ...closed]);
}

/** Asks, and holds the answer against what the document says of that path, method and status. */
async function hold(path: string, call: string, init: RequestInit = {}, server = exporter) {
  const response = await fetch(server.url + call, init);
  const method = (init.method ?? 'GET').toLowerCase();
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const answer = document.paths[path]?.[method]?.responses[response.status];
  const documented = type === '' ? answer : answer?.content?.[type];
  expect(documented, `${method} ${path} ${response.status} ${type} is documented`).toBeDefined();
  if (response.status === 204) return { key: `${method} ${path} 204`, body: undefined };
  const body: unknown = await response.json();
  const { $ref } = (answer?.content?.[type]?.schema ?? {}) as { $ref?: string };
  if ($ref !== undefined) {
    ajv.validate(`openapi${$ref}`, body);
    expect(ajv.errors, JSON.stringify(body)).toBeNull();
  }
  return { key: `${method} ${path} ${response.status}`, body };
}

/** The routes of transcripts, of an exporter that receives them and of one that has none. */
async function holdTranscripts() {
  const message = { id: 'msg_1', model: 'claude-opus-5', usage: { input_tokens: 3, output_tokens: 4 } };
  const sessions = [{ session_id: 'the-session', messages: [{ requestId: 'req_1', message }] }];
  const sync = (body: unknown, token: string) => ({ ...writing(JSON.stringify(body), token), method: 'POST' });
  const projects = [{ name: 'shop', sessions }];
  const routes = [
    ['stats', 'stats'],
    ['today', 'today'],
    ['health', 'health'],
    ['projects', 'projects'],
    ['projects/{project}', 'projects/shop'],
    ['projects/{project}/sessions', 'projects/shop/sessions'],
    ['sessions/{session}', 'sessions/the-session'],
  ] as const;
  const base = '/api/v1/transcripts/';
  const answers = [
    await hold('/api/v1/agent-sync', '/api/v1/agent-sync', sync({ projects }, 'agent-token')),
    await hold('/api/v1/agent-sync', '/api/v1/agent-sync', sync({}, 'agent-token')),
    await hold('/api/v1/agent-sync', '/api/v1/agent-sync', sync({ projects }, 'the-token')),
    await hold(`${base}rescan`, `${base}rescan`, sync({}, 'the-token')),
    await hold(`${base}rescan`, `${base}rescan`, sync({}, 'another')),
    await hold(`${base}rescan`, `${base}rescan`, sync({}, 'the-token'), readOnly),
  ];
  for (const [path, call] of routes) {
    answers.push(await hold(base + path, base + call), await hold(base + path, base + call, {}, readOnly));
    if (call !== path) answers.push(await hold(base + path, (base + call).replace(/shop|the-session/, 'unknown')));
  }
  return answers;
}

test('every answer that is documented is given, and is as documented', async () => {
  const both = '{"session_pct": 90, "week_pct": null}';
  const report = JSON.stringify({ account: 'unknown', rate_limits: { five_hour: { used_percentage: 12 } } });
  const reporting = (body: string, token?: string) => ({ ...writing(body, token), method: 'POST' });
  const answers = [
    ...(await holdTranscripts()),
    await hold('/api/v1/statusline', '/api/v1/statusline', reporting('{}')),
    await hold('/api/v1/statusline', '/api/v1/statusline', reporting(report, 'another')),
    await hold('/api/v1/statusline', '/api/v1/statusline', reporting(report), readOnly),
    await hold('/api/v1/openapi.json', '/api/v1/openapi.json'),
    await hold(CAPS, '/api/v1/accounts/full/gate/caps', writing(both)),
    await hold(CAPS, '/api/v1/accounts/full/gate/caps', writing('{"session_pct": 0}')),
    await hold(CAPS, '/api/v1/accounts/full/gate/caps', writing(both, 'another')),
    await hold(CAPS, '/api/v1/accounts/full/gate/caps', writing(both), readOnly),
    await hold(CAPS, '/api/v1/accounts/nobody/gate/caps', writing(both)),
    await hold(CAPS, '/api/v1/accounts/full/gate/caps', writing(' '.repeat(20_000))),
    await hold(CAPS, '/api/v1/accounts/full/gate/caps'),
    await hold(CAPS, '/api/v1/accounts/nobody/gate/caps'),
    await hold(GATE, '/api/v1/accounts/demo/gate'),
    await hold(GATE, '/api/v1/accounts/full/gate'),
    await hold(GATE, '/api/v1/accounts/full/gate?refuse_status=403'),
    await hold(GATE, '/api/v1/accounts/full/gate?refuse_status=500'),
    await hold(GATE, '/api/v1/accounts/nobody/gate'),
    await hold('/api/v1/usage', '/api/v1/usage'),
    await hold('/api/v1/tier', '/api/v1/tier'),
    await hold('/api/v1/forecast', '/api/v1/forecast'),
    await hold('/api/v1/statusline', '/api/v1/statusline', reporting(report)),
  ];
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method) =>
      Object.keys(methods[method]?.responses ?? {}).map((status) => `${method} ${path} ${status}`),
    ),
  );
  expect(new Set(answers.map(({ key }) => key))).toEqual(new Set(documented));
  expect(answers.find(({ key }) => key === 'get /api/v1/usage 200')?.body).toMatchObject({
    accounts: [
      { account: 'demo', paused: false, reason: null, usage: { five_hour: { utilization: 42 } } },
      { account: 'full', paused: true, reason: 'session_threshold', thresholds: { session_pct: 90, week_pct: null } },
      { account: 'unknown', paused: false, usage: null, poll_reason: 'unauthorized' },
    ],
  });
});

test('the schemas are closed enough to notice a key that is not documented', () => {
  const refusal = {
    error: 'quota_threshold_reached',
    reason: 'week_threshold',
    utilization_pct: 92,
    threshold_pct: 90,
  };
  const validate = (body: object) => ajv.validate('openapi#/components/schemas/GateRefusal', body);
  expect(validate({ ...refusal, resets_at: null })).toBe(true);
  expect(validate(refusal)).toBe(false);
  expect(validate({ ...refusal, resets_at: null, more: 1 })).toBe(false);
});
