import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { type Control, controlSchema } from './control.ts';
import { createTokens } from './oauth-tokens.ts';
import { playWindow, type Scenario, type WindowValues } from './scenario.ts';
import { createJitter, usageBody } from './usage-answer.ts';

export interface SimulatorOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly now: () => number;
  readonly scenario: Scenario;
  /** Seconds of virtual time in one second. */
  readonly speed: number;
}

/** A request as the simulator saw it. */
export interface LoggedRequest {
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly account: string | null;
  readonly userAgent: string | null;
  /** Simulated tokens are names, not secrets: `token-work` is the one of the account `work`. */
  readonly token: string | null;
}

export interface UsageSimulator {
  readonly url: string;
  control(change: Control): void;
  log(): readonly LoggedRequest[];
  close(): Promise<void>;
}

/** Plays the API that knows the usage of Claude subscriptions, on loopback: usage, profile, and token refresh. */
export async function startUsageSimulator({ port, now, scenario, speed }: SimulatorOptions): Promise<UsageSimulator> {
  const start = now();
  const virtualNow = () => start + (now() - start) * speed;
  const accounts = new Map(Object.entries(scenario.accounts).map(([name, account]) => [name, { ...account }]));
  const controls = new Map<string, Control>();
  const tokens = createTokens([...accounts.keys()]);
  const jitter = createJitter();
  const requests: LoggedRequest[] = [];

  function control(change: Control): void {
    if (!accounts.has(change.account)) {
      throw new RangeError(`there is no account ${change.account}; there are ${[...accounts.keys()].join(', ')}`);
    }
    controls.set(change.account, { ...controls.get(change.account), ...change });
  }

  function values(account: string): Map<string, WindowValues> {
    const { utilization, reset } = controls.get(account) ?? {};
    const windows = Object.entries(accounts.get(account)?.windows ?? {});
    return new Map(
      windows.map(([name, window]) => {
        const played = playWindow(window, start, virtualNow());
        const resetsAt = instant(reset?.[name]);
        return [
          name,
          {
            percent: utilization?.[name] ?? played.percent,
            resetsAt: resetsAt === undefined ? played.resetsAt : resetsAt,
          },
        ];
      }),
    );
  }

  async function answerUsage(account: string, response: ServerResponse): Promise<void> {
    const settings = controls.get(account);
    if (settings?.delayMs) await setTimeout(settings.delayMs, undefined, { ref: false });
    const { retryAfter, status } = settings ?? {};
    if (retryAfter !== undefined && retryAfter !== null) response.setHeader('retry-after', String(retryAfter));
    if (status && status !== 200) return sendError(response, status, 'simulated_error');
    const shape = settings?.shape ?? accounts.get(account)?.shape ?? 'july';
    const body = settings?.body ?? JSON.stringify(usageBody(shape, values(account), jitter()));
    if (!settings?.truncate) return send(response, 200, body);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.write(body.slice(0, body.length / 2), () => response.destroy());
  }

  function answerProfile(account: string, response: ServerResponse): void {
    const status = controls.get(account)?.profileStatus;
    if (status && status !== 200) sendError(response, status, 'simulated_error');
    else send(response, 200, JSON.stringify(profile(account)));
  }

  async function answerRefresh(account: string | undefined, body: unknown, response: ServerResponse): Promise<void> {
    const settings = (account === undefined ? undefined : controls.get(account)?.refresh) ?? {};
    const { retryAfter, status, error } = settings;
    if (retryAfter !== undefined && retryAfter !== null) response.setHeader('retry-after', String(retryAfter));
    if (status) return send(response, status, JSON.stringify(error ? { error } : {}));
    const refreshed = tokens.refresh(body, settings.expiresIn ?? undefined);
    while (account !== undefined && controls.get(account)?.refresh?.hold && !response.destroyed) await setTimeout(10);
    send(response, refreshed.status, settings.body ?? JSON.stringify(refreshed.body));
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const token = request.headers.authorization?.replace(/^Bearer /, '');
    const account = tokens.accountOf(token);
    const route = `${method} ${url.split('?')[0]}`;
    if (route === 'GET /_log') return send(response, 200, JSON.stringify(requests));
    if (route === 'POST /_control') {
      const change = controlSchema.safeParse(parseJson(await text(request)));
      if (!change.success) return sendError(response, 400, change.error.message);
      control(change.data);
      return send(response, 200, '{}');
    }
    const isRefresh = route === 'POST /v1/oauth/token';
    const refresh = isRefresh ? parseJson(await text(request)) : undefined;
    const traded = tokens.refreshOf(refresh);
    requests.push({
      time: new Date(virtualNow()).toISOString(),
      method,
      path: url,
      account: account ?? traded.account ?? null,
      userAgent: request.headers['user-agent'] ?? null,
      token: token ?? traded.refreshToken ?? null,
    });
    if (isRefresh) return answerRefresh(traded.account, refresh, response);
    if (account === undefined) return sendError(response, 401, 'authentication_error');
    if (route === 'GET /api/oauth/usage') return answerUsage(account, response);
    if (route === 'GET /api/oauth/profile') return answerProfile(account, response);
    return sendError(response, 404, 'not_found_error');
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => sendError(response, 400, String(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    control,
    log: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function instant(text: string | null | undefined): number | null | undefined {
  return typeof text === 'string' ? Date.parse(text) : text;
}

function profile(account: string) {
  return {
    account: { uuid: `account-${account}`, full_name: account, email: `${account}@example.org`, has_claude_max: true },
    organization: { uuid: `org-${account}`, organization_type: 'claude_max', rate_limit_tier: 'default_claude_max_5x' },
  };
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

function sendError(response: ServerResponse, status: number, message: string): void {
  send(response, status, JSON.stringify({ type: 'error', error: { type: message, message } }));
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
