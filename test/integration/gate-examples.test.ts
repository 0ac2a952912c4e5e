import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { pathOf } from '../../deploy/local/on-path.mjs';
import { onFreePort } from '../../deploy/local/ports.ts';
import { type Server, startServer } from '../../deploy/local/process.ts';
import { DEMO } from '../../deploy/local/usage-simulator/scenario.ts';
import { startUsageSimulator } from '../../deploy/local/usage-simulator/simulator.ts';
import { startExporterProcess, untilSeries } from './exporter-process.ts';

const EXAMPLES = fileURLToPath(new URL('../../exporter/examples/gate', import.meta.url));
const read = (name: string) => readFileSync(join(EXAMPLES, name), 'utf8');

let running: AsyncDisposableStack;
let directory: string;
let exporter: Server;
/** Answers every request with a 503 that is no refusal, as a proxy does whose upstream is gone. */
let failing: string;
/** An address without a listener. */
let silent: string;
beforeAll(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'gate-examples-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  const simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario: DEMO, speed: 1 });
  running.defer(() => simulator.close());
  const account = `{name: default, endpoint: "${simulator.url}", credentials: {access_token: token-demo}}`;
  const config = `accounts: [${account}]\npoll: {interval: 1s}\napi: {bearer_tokens: [the-token]}`;
  exporter = await startExporterProcess(directory, config);
  running.defer(() => exporter.stop());
  await untilSeries(exporter, 'claude_usage_up{account="default"}', (up) => up === 1);
  failing = await answerWith((_request, response) => response.writeHead(503).end('<h1>Service Unavailable</h1>'));
  silent = `http://127.0.0.1:${await onFreePort(async (port) => port)}`;
});
afterAll(() => running.disposeAsync());

async function answerWith(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  running.defer(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function setCaps(session: number | null): Promise<void> {
  const response = await fetch(`${exporter.url}/api/v1/accounts/default/gate/caps`, {
    method: 'PUT',
    headers: { authorization: 'Bearer the-token' },
    body: JSON.stringify({ session_pct: session, week_pct: null }),
  });
  expect(response.status).toBe(200);
}

const close = () => setCaps(40);
const reopen = () => setCaps(null);

/** Runs a program with its own environment and returns how it ended. */
async function run(command: readonly string[], env: Record<string, string>) {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  // It may end without having read this.
  child.stdin.on('error', () => {}).end('{}');
  const [out, err, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode, out, err };
}

const REFUSAL =
  '{"error":"quota_threshold_reached","reason":"session_threshold","utilization_pct":42,"threshold_pct":40,"resets_at":"';

describe('the shell script', () => {
  const ask = (url: string, ...command: string[]) =>
    run([join(EXAMPLES, 'gate.sh'), ...command], { GATE_URL: url, GATE_ACCOUNT: 'default' });

  test('runs the command while the gate is open, with its arguments and exit code', async () => {
    await reopen();
    expect(await ask(exporter.url, 'printf', '%s|', 'two words', 'more')).toEqual({
      exitCode: 0,
      out: 'two words|more|',
      err: '',
    });
    expect((await ask(exporter.url, 'sh', '-c', 'exit 3')).exitCode).toBe(3);
    expect(await ask(exporter.url)).toEqual({ exitCode: 0, out: '', err: '' });
  });

  test('refuses with exit code 75 and what the gate says', async () => {
    await close();
    for (const command of [['echo', 'run'], []]) {
      const { exitCode, out, err } = await ask(exporter.url, ...command);
      expect([exitCode, out]).toEqual([75, '']);
      expect(err).toContain(`New Claude work is refused for now: ${REFUSAL}`);
    }
  });

  test('takes everything else for an open gate, and says what to fix', async () => {
    await close();
    const open = (fault: string) => ({ exitCode: 0, out: 'run\n', err: `gate.sh: ${fault}\n` });
    expect(await ask(failing, 'echo', 'run')).toEqual(
      open(`${failing} answers with status 503, so the gate counts as open.`),
    );
    expect(await ask(silent, 'echo', 'run')).toEqual(
      open(`no exporter answers at ${silent}, so the gate counts as open. Check GATE_URL.`),
    );
    const gate = { GATE_URL: exporter.url, GATE_ACCOUNT: 'nobody' };
    expect(await run([join(EXAMPLES, 'gate.sh'), 'echo', 'run'], gate)).toEqual(
      open(`${exporter.url} knows no account 'nobody', so the gate counts as open. Check GATE_ACCOUNT.`),
    );
  });
});

test('a token is sent where one is given, and what is not let in is an open gate', async () => {
  const guarded = await answerWith(({ headers }, response) => {
    if (headers.authorization === 'Bearer the-token')
      response.writeHead(503).end(`${REFUSAL}2026-05-26T05:00:00.000Z"}`);
    else response.writeHead(401).end('{"title":"Unauthorized"}');
  });
  const ask = async (token: object) => {
    const { exitCode, err } = await run([join(EXAMPLES, 'gate.sh')], { GATE_URL: guarded, ...token });
    return [exitCode, /Check \w+/.exec(err)?.[0]];
  };
  expect([await ask({ GATE_TOKEN: 'the-token' }), await ask({ GATE_TOKEN: 'another' }), await ask({})]).toEqual([
    [75, undefined],
    [0, 'Check GATE_TOKEN'],
    [0, 'Check GATE_TOKEN'],
  ]);
});

describe('the hook of Claude Code', () => {
  interface Settings {
    readonly hooks: Record<
      string,
      readonly { readonly hooks: readonly { readonly type: string; readonly command: string }[] }[]
    >;
  }
  const { hooks } = JSON.parse(read('claude-code-settings.json')) as Settings;
  const command = hooks.UserPromptSubmit?.[0]?.hooks[0]?.command ?? '';
  const submit = (url: string) => run(['sh', '-c', command], { HOME: join(directory, 'home'), GATE_URL: url });

  test('lets a prompt pass, or refuses it with exit code 2 and the reason', async () => {
    mkdirSync(join(directory, 'home', '.claude'), { recursive: true });
    writeFileSync(join(directory, 'home', '.claude', 'gate.sh'), read('gate.sh'), { mode: 0o755 });
    await reopen();
    expect(await submit(exporter.url)).toEqual({ exitCode: 0, out: '', err: '' });
    await close();
    const refused = await submit(exporter.url);
    expect([refused.exitCode, refused.out]).toEqual([2, '']);
    expect(refused.err).toContain(REFUSAL);
    expect((await submit(failing)).exitCode).toBe(0);
    expect((await submit(silent)).exitCode).toBe(0);
  });
});

describe('the init container', () => {
  interface Container {
    readonly command: string[];
    readonly args: string[];
    readonly env: { readonly name: string; readonly value?: string }[];
  }
  const job = parse(read('kubernetes-job.yaml')) as { spec: { template: { spec: { initContainers: Container[] } } } };
  const [container] = job.spec.template.spec.initContainers;
  const { command = [], args = [], env = [] } = container ?? {};
  const wait = (url: string) => {
    const configured = Object.fromEntries(env.map(({ name, value = 'the-token' }) => [name, value]));
    const gate = configured.GATE?.replace('http://claude-usage-exporter:10085', url) ?? '';
    return run([...command, ...args], { ...configured, GATE: gate, ASK_AGAIN_SECONDS: '0.1' });
  };

  test('ends at once while the gate is open, and when nobody can say', async () => {
    await reopen();
    for (const url of [exporter.url, failing, silent])
      expect(await wait(url)).toEqual({ exitCode: 0, out: '', err: '' });
  });

  test('waits until the gate opens', async () => {
    await close();
    const waiting = wait(exporter.url);
    const refusals = 'claude_usage_gate_refusals_total{account="default",reason="session_threshold"}';
    const before = (await untilSeries(exporter, refusals, (count) => count !== undefined)) ?? 0;
    await untilSeries(exporter, refusals, (count = 0) => count > before + 2);
    await reopen();
    const { exitCode, out } = await waiting;
    expect(exitCode).toBe(0);
    expect(out).toContain(`waiting: ${REFUSAL}`);
  });
});

describe.skipIf(pathOf('nginx') === undefined)('nginx', () => {
  let dispatched: string[];
  let dispatcher: string;
  beforeAll(async () => {
    dispatcher = await answerWith(async (request, response) => {
      dispatched.push(`${request.method} ${request.url} ${await text(request)}`);
      response.writeHead(request.url === '/dispatch/forbidden' ? 403 : 202).end('dispatched');
    });
  });

  async function startNginx(exporterUrl: string): Promise<Server> {
    dispatched = [];
    const nginx = await onFreePort((port) => {
      const home = mkdtempSync(join(directory, 'nginx-'));
      const example = read('nginx.conf')
        .replace('127.0.0.1:10085', new URL(exporterUrl).host)
        .replace('127.0.0.1:8000', new URL(dispatcher).host)
        .replace('listen 127.0.0.1:8080;', `listen 127.0.0.1:${port};\n  location = /ready { return 204; }`);
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `${name}_temp_path ${home}/${name};`)
        .join(' ');
      const config = `daemon off; master_process off; pid ${home}/pid; error_log stderr;
        events {} http { access_log off; ${temporary}\n${example} }`;
      writeFileSync(join(home, 'nginx.conf'), config);
      return startServer({
        name: 'nginx',
        commands: ['nginx'],
        args: ['-p', home, '-c', join(home, 'nginx.conf'), '-e', 'stderr'],
        workingDirectory: home,
        port,
        readyPath: '/ready',
      });
    });
    running.defer(() => nginx.stop());
    return nginx;
  }

  const dispatch = async ({ url }: Server, path = 'now') => {
    const response = await fetch(`${url}/dispatch/${path}`, { method: 'POST', body: 'the work' });
    return { status: response.status, body: await response.text() };
  };

  test('lets work pass while the gate is open, and answers with the refusal while it is not', async () => {
    const nginx = await startNginx(exporter.url);
    await reopen();
    expect(await dispatch(nginx)).toEqual({ status: 202, body: 'dispatched' });
    expect(await dispatch(nginx, 'forbidden')).toEqual({ status: 403, body: 'dispatched' });
    await close();
    const refused = await dispatch(nginx);
    expect(refused.status).toBe(503);
    expect(refused.body).toContain(REFUSAL);
    expect(dispatched).toEqual(['POST /dispatch/now the work', 'POST /dispatch/forbidden the work']);
  });

  test.each(['failing', 'silent'] as const)('lets work pass when the exporter is %s', async (how) => {
    const nginx = await startNginx(how === 'failing' ? failing : silent);
    expect(await dispatch(nginx)).toEqual({ status: 202, body: 'dispatched' });
    expect(dispatched).toEqual(['POST /dispatch/now the work']);
  });
});
