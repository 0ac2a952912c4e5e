import { CredentialError } from '../credentials.ts';
import type { LoginJournal, TokenAnswer } from './login-journal.ts';
import type { ClaimedLogin, LoginStore, RefreshedTokens, StoredLogin } from './login-store.ts';
import { fingerprint, isDue, isHeldBack, type RefreshFailure, retryAt, stillNeedsTokens } from './refresh-policy.ts';
import { parseTokens, requestTokens, TOKEN_REQUEST_FAILURES } from './token-request.ts';

/** All outcomes of a refresh; the values of the `outcome` label. */
export const REFRESH_OUTCOMES = ['success', ...TOKEN_REQUEST_FAILURES, 'malformed_answer', 'not_stored'] as const;
export type RefreshOutcome = (typeof REFRESH_OUTCOMES)[number];

export interface RefreshSettings {
  readonly tokenEndpoint: string;
  readonly userAgent: string;
  /** An access token that expires within this time is refreshed. */
  readonly refreshLeewayMs: number;
  readonly timeoutMs: number;
}

export interface RefreshPorts {
  readonly now: () => number;
  readonly fetch: typeof fetch;
  readonly journal: LoginJournal;
  readonly refreshed: (account: string, outcome: RefreshOutcome) => void;
}

export interface LoginToKeep {
  readonly account: string;
  readonly store: LoginStore;
  /** Fingerprint of an access token that the API has rejected, so that it is due whatever its expiry says. */
  readonly rejected: string | undefined;
}

/** A login, refreshed if that was due and possible. */
export interface KeptLogin {
  readonly login: StoredLogin;
  /** Why it was due and is not refreshed, and what to do about it. */
  readonly trouble?: string;
}

/** Writing back is retried if the login was changed in between, which nobody does all the time. */
const MAX_WRITES = 5;

/**
 * Reads a login, and refreshes it if it is the exporter's and due. A crash at any point costs at most what can be
 * replaced, thanks to this order: claim the login, send the request, store the raw answer, write the tokens back, use
 * them.
 * @throws CredentialError if there is no login to read
 */
export async function keepFresh(
  { account, store, rejected }: LoginToKeep,
  settings: RefreshSettings,
  ports: RefreshPorts,
  signal: AbortSignal,
): Promise<KeptLogin> {
  const login = await store.read();
  if (!login.refreshToken) return { login };
  const held = heldBack(account, login, ports);
  const isPending = ports.journal.pendingAnswer(account) !== undefined;
  const needsRefresh = (read: StoredLogin) =>
    isDue(read, settings.refreshLeewayMs, ports.now()) || fingerprint(read.accessToken) === rejected;
  if (!isPending && !needsRefresh(login)) return { login };
  if (!isPending && held) return { login, trouble: held.detail };
  using lock = ports.journal.tryLock(account);
  if (!lock) return { login, trouble: 'another process is refreshing it' };
  try {
    await using claimed = await store.claim();
    if (!claimed) return { login, trouble: 'another exporter is refreshing it' };
    return await refresh({ account, place: store.place, claimed, needsRefresh, settings, ports, signal });
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    ports.refreshed(account, 'not_stored');
    return { login, trouble: error.detail };
  }
}

interface Refresh {
  readonly account: string;
  readonly place: string;
  readonly claimed: ClaimedLogin;
  readonly needsRefresh: (login: StoredLogin) => boolean;
  readonly settings: RefreshSettings;
  readonly ports: RefreshPorts;
  readonly signal: AbortSignal;
}

async function refresh(task: Refresh): Promise<KeptLogin> {
  const { account, claimed, needsRefresh, settings, ports, signal } = task;
  const pending = ports.journal.pendingAnswer(account);
  const login = pending ? await putInPlace(task, pending) : await claimed.read();
  // Before the claim, another exporter may have refreshed it, or the operator removed it.
  if (!login.refreshToken || !needsRefresh(login)) return { login };

  const { refreshToken } = login;
  const response = await requestTokens({
    ...settings,
    ...ports,
    endpoint: settings.tokenEndpoint,
    refreshToken,
    signal,
  });
  const tradedIn = fingerprint(refreshToken);
  if (!response.ok) return { login, trouble: failed(task, tradedIn, response) };
  const answer = { tradedIn, receivedAt: ports.now(), text: response.text };
  try {
    ports.journal.recordAnswer(account, answer);
  } catch (error) {
    // On a full disk, for example. The tokens exist only here, and the login's place may have room.
    await putInPlace(task, answer);
    throw error;
  }
  if (!parseTokens(answer.text, answer.receivedAt)) {
    const detail = 'the answer of the token endpoint contains no tokens';
    return { login, trouble: failed(task, tradedIn, { reason: 'malformed_answer', detail }) };
  }
  return { login: await putInPlace(task, answer) };
}

/** Writes the tokens of an answer to the login's place, unless newer ones are there already. */
async function putInPlace({ account, place, claimed, ports }: Refresh, answer: TokenAnswer): Promise<StoredLogin> {
  const tokens = parseTokens(answer.text, answer.receivedAt);
  for (let writes = 0; writes < MAX_WRITES; writes += 1) {
    const login = await claimed.read();
    if (!tokens || !stillNeedsTokens(login, answer.tradedIn, tokens)) {
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

/** Records a failure and returns its description. */
function failed(
  { account, place, ports }: Refresh,
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
        ? `${detail}; log in again, and put the new login into ${place}`
        : `the refresh failed: ${detail}; the next attempt is at ${new Date(next).toISOString()}`,
  };
  journal.recordFailure(account, failure);
  ports.refreshed(account, reason);
  return failure.detail;
}
