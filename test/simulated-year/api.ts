import { createTokens } from '../../deploy/local/usage-simulator/oauth-tokens.ts';
import type { Shape } from '../../deploy/local/usage-simulator/scenario.ts';
import { createJitter, usageBody } from '../../deploy/local/usage-simulator/usage-answer.ts';
import { TOLD, type WindowLife, windowAt } from './truth.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { Episode, Trouble } from './weather.ts';

export interface AccountLife {
  readonly windows: Readonly<Record<string, WindowLife>>;
  readonly shapeAt: (now: number) => Shape;
  readonly episodes: readonly Episode[];
}

/** One request, as the API saw it. */
export interface Asked {
  readonly what: 'usage' | 'profile';
  readonly at: number;
  readonly account: string;
  /** Sender of the request: the exporter, or `once`. */
  readonly by: string;
  /** When it was answered, as the exporter's machine has the time. */
  machineTime: number;
  /** Absent while it is in hand, and when it was given up. */
  answer?: 'told' | 'unauthorized' | Trouble;
}

/** One window of a response. */
export interface ToldWindow {
  readonly ratio: number;
  readonly resetsAt: number | null;
}

export interface Api {
  readonly fetch: typeof fetch;
  /** Everything that was asked about an account, in order. */
  log(account: string): readonly Asked[];
  /** Last response about an account. */
  told(
    account: string,
  ): { readonly machineTime: number; readonly windows: ReadonlyMap<string, ToldWindow> } | undefined;
  /** Trades a refresh token in, as another program would. */
  refresh(refreshToken: string): Refreshed;
  readonly refreshes: () => number;
}

export interface Refreshed {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

interface ApiOptions {
  readonly clock: VirtualClock;
  readonly machineNow: () => number;
  readonly accounts: Readonly<Record<string, AccountLife>>;
  readonly random: () => number;
  readonly asking: () => string;
}

const RETRY_AFTER_MS = 1_800_000;
/** Pause of the exporter after a 429, by its policy: max(Retry-After, 300 s) + 900 s. */
export function blockMs(answer: Asked['answer']): number | undefined {
  if (answer === 'limited') return 1_200_000;
  return answer?.startsWith('limited') ? RETRY_AFTER_MS + 900_000 : undefined;
}

/** Most responses come at once; some take a while. */
const SLOW_SHARE = 0.1;
const SLOWEST_MS = 9_000;

/** The API as it is over a year: its accounts' windows, its troubles, and logins that end. */
export function createApi({ clock, machineNow, accounts, random, asking }: ApiOptions): Api {
  const logs = new Map(Object.keys(accounts).map((account): [string, Asked[]] => [account, []]));
  const told = new Map<string, { machineTime: number; windows: Map<string, ToldWindow> }>();
  const tokens = createTokens(Object.keys(accounts));
  const expiries = new Map<string, number>();
  const jitter = createJitter();
  let refreshes = 0;

  function refresh(request: unknown): { status: number; body: unknown } {
    const answer = tokens.refresh(request);
    if (answer.status !== 200) return answer;
    refreshes += 1;
    const { access_token, expires_in } = answer.body as Refreshed;
    expiries.set(access_token, clock.now() + expires_in * 1000);
    return answer;
  }

  function tell(account: string, { windows, shapeAt }: AccountLife): Response {
    const now = clock.now();
    const [shape, jitterMs] = [shapeAt(now), jitter()];
    const values = new Map(Object.entries(windows).map(([window, life]) => [window, windowAt(life, now)]));
    const inBody = Object.entries(TOLD[shape]).map(([window, decimals]): [string, ToldWindow] => {
      const { percent = 0, resetsAt = null } = values.get(window) ?? {};
      const rounded = Math.round(percent * 10 ** decimals) / 10 ** decimals;
      return [window, { ratio: rounded / 100, resetsAt: resetsAt === null ? null : resetsAt + jitterMs }];
    });
    told.set(account, { machineTime: machineNow(), windows: new Map(inBody) });
    return Response.json(usageBody(shape, values, jitterMs), { headers: dated(now) });
  }

  async function answerUsage(asked: Asked, life: AccountLife, signal: AbortSignal): Promise<Response> {
    const now = clock.now();
    const trouble = life.episodes.find(({ from, to }) => from <= now && now < to)?.trouble;
    asked.answer = trouble ?? 'told';
    asked.machineTime = machineNow();
    return trouble === undefined ? tell(asked.account, life) : troubled(trouble, now, signal, clock);
  }

  function answerProfile(asked: Asked): Response {
    asked.answer = 'told';
    const organization = { organization_type: 'claude_max', rate_limit_tier: `tier_of_${asked.account}` };
    return Response.json({ organization });
  }

  return {
    log: (account) => logs.get(account) ?? [],
    told: (account) => told.get(account),
    refresh: (refresh_token) => refresh({ grant_type: 'refresh_token', refresh_token }).body as Refreshed,
    refreshes: () => refreshes,
    async fetch(input, init) {
      const [url, signal] = [new URL(String(input)), init?.signal ?? new AbortController().signal];
      if (url.pathname === '/v1/oauth/token') {
        if (random() < 0.05) return new Response('', { status: 503 });
        const { status, body } = refresh(JSON.parse(String(init?.body)));
        return Response.json(body, { status });
      }
      const what = url.pathname === '/api/oauth/profile' ? 'profile' : 'usage';
      const token = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '') ?? '';
      const account = tokens.accountOf(token) ?? '';
      const asked: Asked = { what, at: clock.now(), account, by: asking(), machineTime: machineNow() };
      logs.get(account)?.push(asked);
      if (asked.by === 'exporter' && random() < SLOW_SHARE) await clock.sleep(random() * SLOWEST_MS, signal);
      const life = accounts[account];
      if (life && clock.now() < (expiries.get(token) ?? Number.POSITIVE_INFINITY)) {
        return what === 'usage' ? answerUsage(asked, life, signal) : answerProfile(asked);
      }
      asked.answer = 'unauthorized';
      return new Response('', { status: 401, headers: dated(clock.now()) });
    },
  };
}

function troubled(
  trouble: Trouble,
  now: number,
  signal: AbortSignal,
  clock: VirtualClock,
): Response | Promise<Response> {
  const refusal = (status: number, headers = {}) =>
    new Response('', { status, headers: { ...dated(now), ...headers } });
  switch (trouble) {
    case 'limited':
      return refusal(429);
    case 'limited for seconds':
      return refusal(429, { 'retry-after': String(RETRY_AFTER_MS / 1000) });
    case 'limited until a date':
      return refusal(429, { 'retry-after': new Date(now + RETRY_AFTER_MS).toUTCString() });
    case 'server error':
      return refusal(503);
    case 'forbidden':
      return refusal(403);
    case 'unreachable':
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
    case 'timeout':
      return clock.during(
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      );
    case 'truncated':
      return new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('{"five_hour": {"utiliz'));
          },
          pull: (controller) => controller.error(Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' })),
        }),
      );
    case 'not JSON':
      return new Response('<html><title>Sorry</title></html>');
    case 'wrong shape':
      return Response.json({ five_hour: { utilization: '57', resets_at: null } });
  }
}

function dated(now: number): Record<string, string> {
  return { date: new Date(now).toUTCString() };
}
