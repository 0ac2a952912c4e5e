import { CredentialError } from '../credentials.ts';
import type { LoginJournal, TokenAnswer } from './login-journal.ts';
import type { ClaimedLogin, LoginStore, RefreshedTokens, StoredLogin } from './login-store.ts';
import { awaits, fingerprint, isDue, isHeldBack, type RefreshFailure, retryAt } from './refresh-policy.ts';
import { parseTokens, requestTokens, TOKEN_REQUEST_FAILURES } from './token-request.ts';

/** Everything that can come of a renewal; the values of the `outcome` label. */
export const REFRESH_OUTCOMES = ['success', ...TOKEN_REQUEST_FAILURES, 'malformed_answer', 'not_stored'] as const;
export type RefreshOutcome = (typeof REFRESH_OUTCOMES)[number];

export interface RefreshSettings {
  readonly tokenEndpoint: string;
  readonly userAgent: string;
  /** An access token is renewed when it ends within this time. */
  readonly leewayMs: number;
  readonly timeoutMs: number;
}

export interface RefreshPorts {
  readonly now: () => number;
  readonly fetch: typeof fetch;
  readonly journal: LoginJournal;
  readonly refreshed: (account: string, outcome: RefreshOutcome) => void;
}

/** A login, renewed where that was due and possible. */
export interface KeptLogin {
  readonly login: StoredLogin;
  /** Why it was due and is not renewed; what to do about it. */
  readonly trouble?: string;
}

/** Writing back is tried again when the login was changed in between, which nobody does all the time. */
const MOST_WRITES = 5;

/**
 * Reads a login, and renews it if it is the exporter's own and ends soon. In this order, so that a crash at any point
 * costs at most what can be had again: claim it, send the request, store the raw answer, write the tokens back, use
 * them.
 * @throws CredentialError when there is no login to read
 */
export async function keepFresh(
  account: string,
  store: LoginStore,
  settings: RefreshSettings,
  ports: RefreshPorts,
  signal: AbortSignal,
): Promise<KeptLogin> {
  const login = await store.read();
  if (!login.refreshToken) return { login };
  const held = heldBack(account, login, ports);
  const isPending = ports.journal.pendingAnswer(account) !== undefined;
  if (!isPending && !isDue(login, settings.leewayMs, ports.now())) return { login };
  if (!isPending && held) return { login, trouble: held.detail };
  using mine = ports.journal.tryLock(account);
  if (!mine) return { login, trouble: 'another process is renewing it' };
  try {
    await using claimed = await store.claim();
    if (!claimed) return { login, trouble: 'another exporter is renewing it' };
    return await renew({ account, place: store.place, claimed, settings, ports, signal });
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    ports.refreshed(account, 'not_stored');
    return { login, trouble: error.message };
  }
}

interface Renewal {
  readonly account: string;
  readonly place: string;
  readonly claimed: ClaimedLogin;
  readonly settings: RefreshSettings;
  readonly ports: RefreshPorts;
  readonly signal: AbortSignal;
}

async function renew(renewal: Renewal): Promise<KeptLogin> {
  const { account, claimed, settings, ports, signal } = renewal;
  const pending = ports.journal.pendingAnswer(account);
  const login = pending ? await putInPlace(renewal, pending) : await claimed.read();
  // Another one may have renewed it before the claim, or the operator taken it away.
  if (!login.refreshToken || !isDue(login, settings.leewayMs, ports.now())) return { login };

  const { refreshToken } = login;
  const response = await requestTokens({
    ...settings,
    ...ports,
    endpoint: settings.tokenEndpoint,
    refreshToken,
    signal,
  });
  const tradedIn = fingerprint(refreshToken);
  if (!response.ok) return { login, trouble: failed(renewal, tradedIn, response) };
  const answer = { tradedIn, receivedAt: ports.now(), text: response.text };
  try {
    ports.journal.recordAnswer(account, answer);
  } catch (error) {
    // The disk is full, say. The tokens exist only here, and there may be room where they belong.
    await putInPlace(renewal, answer);
    throw error;
  }
  if (!parseTokens(answer.text, answer.receivedAt)) {
    const detail = "the token endpoint's answer has no tokens in it";
    return { login, trouble: failed(renewal, tradedIn, { reason: 'malformed_answer', detail }) };
  }
  return { login: await putInPlace(renewal, answer) };
}

/** Writes the tokens of an answer where the login is kept, unless somebody has put newer ones there. */
async function putInPlace({ account, place, claimed, ports }: Renewal, answer: TokenAnswer): Promise<StoredLogin> {
  const tokens = parseTokens(answer.text, answer.receivedAt);
  for (let writes = 0; writes < MOST_WRITES; writes += 1) {
    const login = await claimed.read();
    if (!tokens || !awaits(login, answer.tradedIn, tokens)) {
      ports.journal.settle(account);
      return login;
    }
    if (await claimed.write(tokens)) {
      ports.journal.settle(account);
      ports.refreshed(account, 'success');
      return combine(login, tokens);
    }
  }
  throw new CredentialError('unreadable_credentials', `${place} was changed at every attempt to write to it`);
}

function combine(login: StoredLogin, tokens: RefreshedTokens): StoredLogin {
  return { ...login, ...tokens };
}

function heldBack(account: string, { refreshToken }: StoredLogin, { journal, now }: RefreshPorts) {
  const failure = journal.failure(account);
  return failure && refreshToken && isHeldBack(failure, fingerprint(refreshToken), now()) ? failure : undefined;
}

/** Remembers a failure and returns it as a sentence. */
function failed(
  { account, place, ports }: Renewal,
  refreshToken: string,
  { reason, detail, retryAfterMs }: { reason: RefreshOutcome; detail: string; retryAfterMs?: number },
): string {
  const { journal, now } = ports;
  const before = journal.failure(account);
  const count = before?.refreshToken === refreshToken ? before.count + 1 : 1;
  const next = reason === 'invalid_grant' ? undefined : retryAt(count, retryAfterMs, now());
  const failure: RefreshFailure = {
    refreshToken,
    count,
    ...(next === undefined ? {} : { retryAt: next }),
    detail:
      next === undefined
        ? `${detail}: log in again, and put the new login into ${place}`
        : `renewing it failed: ${detail}; the next attempt is at ${new Date(next).toISOString()}`,
  };
  journal.recordFailure(account, failure);
  ports.refreshed(account, reason);
  return failure.detail;
}
