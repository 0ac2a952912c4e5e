import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@repo/common/test/certificates';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CredentialReader } from '../../exporter/src/credentials/read-credentials.ts';
import { openCredentials } from '../../exporter/src/credentials/read-credentials.ts';
import type { RefreshOutcome } from '../../exporter/src/credentials/refresh/keep-fresh.ts';
import { type FakeKubernetes, SECRET_NAME, startFakeKubernetes } from '../fakes/kubernetes/kubernetes-api.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const HOUR = 3_600_000;
const CLAIM = 'claude-usage-exporter/refreshing';
const PLACE = `the Secret ${SECRET_NAME}`;
const LOGIN = {
  accessToken: 'planted-access',
  refreshToken: 'planted-refresh',
  expiresAt: String(NOW + 60_000),
  unrelated: 'kept as it is',
};
const REFRESHED = {
  ...LOGIN,
  accessToken: 'planted-access-1',
  refreshToken: 'planted-refresh-1',
  expiresAt: String(NOW + 8 * HOUR),
};

let directory: string;
let kubernetes: FakeKubernetes;
let running: AsyncDisposableStack;
let now: number;
let outcomes: RefreshOutcome[];
let troubles: (string | undefined)[];
let requests: string[];
beforeEach(async () => {
  running = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), 'kubernetes-'));
  running.defer(() => rmSync(directory, { recursive: true }));
  kubernetes = await startFakeKubernetes(directory, LOGIN);
  running.defer(() => kubernetes.close());
  now = NOW;
  [outcomes, troubles, requests] = [[], [], []];
});
afterEach(() => running.disposeAsync());

const good = () =>
  Response.json({ access_token: 'planted-access-1', refresh_token: 'planted-refresh-1', expires_in: 28_800 });

/** An exporter with its own storage. `answer` plays the token endpoint. */
function exporter(name: string, answer: () => Response | Promise<Response> = good): () => ReturnType<CredentialReader> {
  const oauth = { tokenEndpoint: 'https://token.example.org/', userAgent: 'test', refreshLeewayMs: 600_000 };
  const { serviceAccountDirectory } = kubernetes;
  const reader = running.use(
    openCredentials(
      { ...oauth, storagePath: join(directory, name), timeoutMs: 60_000, serviceAccountDirectory },
      {
        now: () => now,
        fetch: async (_url, init) => {
          requests.push(JSON.parse(String(init?.body)).refresh_token);
          return answer();
        },
        env: {},
        platform: 'linux',
        refreshed: (_account, outcome) => outcomes.push(outcome),
        refreshTrouble: (_account, trouble) => troubles.push(trouble),
        stopping: new AbortController().signal,
      },
    ),
  );
  const cluster = { apiServer: `https://${kubernetes.host}:${kubernetes.port}` };
  const credentials = { kind: 'kubernetes_secret', name: SECRET_NAME, cluster } as const;
  return () => reader.read({ name: 'work', credentials });
}

async function tokenOf(read: () => ReturnType<CredentialReader>): Promise<string | undefined> {
  return (await read()).token?.reveal();
}

describe('a login in a Secret', () => {
  test('is claimed, refreshed, and put back with everything else in the Secret as it was', async () => {
    let claimed: string | undefined;
    const read = exporter('one', () => {
      claimed = kubernetes.annotations()[CLAIM];
      return good();
    });
    expect(await tokenOf(read)).toBe('planted-access-1');
    expect(claimed).toMatch(new RegExp(`^[0-9a-f-]{36} ${NOW + 120_000}$`));
    expect(kubernetes.values()).toEqual(REFRESHED);
    expect(kubernetes.annotations()).toEqual({});
    expect(kubernetes.log()).toEqual(['GET 200', 'GET 200', 'PATCH 200', 'GET 200', 'GET 200', 'PATCH 200']);
    expect(await tokenOf(read)).toBe('planted-access-1');
    expect(requests).toEqual(['planted-refresh']);
    expect(outcomes).toEqual(['success']);
  });

  test('without a refresh token is only read, for which the verb get is enough', async () => {
    await kubernetes.close();
    const { refreshToken: _none, ...readOnly } = LOGIN;
    kubernetes = await startFakeKubernetes(directory, readOnly);
    kubernetes.allow('get');
    expect(await tokenOf(exporter('one'))).toBe('planted-access');
    expect(kubernetes.log()).toEqual(['GET 200']);
  });

  test("is asked for with the ServiceAccount's token of the moment", async () => {
    kubernetes.edit({ expiresAt: String(NOW + HOUR) });
    const read = exporter('one');
    await read();
    kubernetes.rotateToken();
    await read();
    expect(kubernetes.log()).toEqual(['GET 200', 'GET 200']);
  });

  test('is not refreshed while another exporter has claimed it, until that claim ends', async () => {
    const { promise: asked, resolve: reached } = Promise.withResolvers<void>();
    const { promise: answer, resolve: release } = Promise.withResolvers<void>();
    const first = exporter('one', async () => {
      reached();
      await answer;
      return good();
    })();
    await asked;
    const second = exporter('two');
    expect(await tokenOf(second)).toBe('planted-access');
    expect(troubles).toEqual(['another exporter is refreshing it']);
    release();
    await first;
    expect(await tokenOf(second)).toBe('planted-access-1');
    expect(requests).toEqual(['planted-refresh']);
  });

  test('that a dead exporter had claimed is refreshed when the claim ends', async () => {
    kubernetes.edit({}, { [CLAIM]: `somebody ${NOW + 30_000}` });
    const read = exporter('one');
    expect(await tokenOf(read)).toBe('planted-access');
    now += 30_000;
    expect(await tokenOf(read)).toBe('planted-access-1');
  });

  test('two exporters that claim at the same time refresh it once', async () => {
    const tokens = await Promise.all([tokenOf(exporter('one')), tokenOf(exporter('two'))]);
    expect(tokens).toContain('planted-access-1');
    expect(requests).toEqual(['planted-refresh']);
    expect(kubernetes.values()).toEqual(REFRESHED);
  });
});

describe('a Secret that changes during the refresh', () => {
  /** Another client changes the Secret right before the new tokens are written to it. */
  function meanwhile(change: () => void): void {
    kubernetes.onPatch(({ data }) => {
      if (!data) return;
      kubernetes.onPatch(() => {});
      change();
    });
  }

  test('in something else, is re-read and written to', async () => {
    meanwhile(() => kubernetes.edit({ unrelated: 'changed', more: 'added' }));
    expect(await tokenOf(exporter('one'))).toBe('planted-access-1');
    expect(kubernetes.values()).toEqual({ ...REFRESHED, unrelated: 'changed', more: 'added' });
    expect(kubernetes.log().slice(-3)).toEqual(['PATCH 409', 'GET 200', 'PATCH 200']);
  });

  test('in its tokens, keeps those that are newer, which are used', async () => {
    const other = { accessToken: 'planted-2', refreshToken: 'planted-refresh-2', expiresAt: String(NOW + 9 * HOUR) };
    meanwhile(() => kubernetes.edit(other));
    expect(await tokenOf(exporter('one'))).toBe('planted-2');
    expect(kubernetes.values()).toEqual({ ...LOGIN, ...other });
    expect(kubernetes.annotations()).toEqual({});
  });

  test('at every attempt, is left, and the tokens are put there later', async () => {
    let edits = 0;
    kubernetes.onPatch(({ data }) => {
      edits += 1;
      if (data) kubernetes.edit({ unrelated: String(edits) });
    });
    const read = exporter('one');
    expect(await tokenOf(read)).toBe('planted-access');
    expect(troubles).toEqual([`${PLACE} was changed at every attempt to write to it`]);
    expect(outcomes).toEqual(['not_stored']);
    kubernetes.onPatch(() => {});
    expect(await tokenOf(read)).toBe('planted-access-1');
    expect(requests).toEqual(['planted-refresh']);
  });
});

describe('what the cluster refuses is told', () => {
  test('a Role without patch, before the refresh token is spent', async () => {
    kubernetes.allow('get');
    const read = exporter('one');
    expect(await tokenOf(read)).toBe('planted-access');
    const sentence = `${PLACE} cannot be changed: the ServiceAccount is not allowed to patch it (403); its Role needs the verbs get and patch for this Secret`;
    expect(troubles).toEqual([sentence]);
    expect(requests).toEqual([]);
    now += 60_000;
    expect(await read()).toMatchObject({
      ok: false,
      reason: 'token_expired',
      detail: `the access token in ${PLACE} expired at 2026-07-22T12:01:00.000Z; ${sentence}`,
    });
  });

  test('a Role without patch after the claim: the answer waits on disk, over a restart', async () => {
    const answer = () => {
      kubernetes.allow('get');
      return good();
    };
    expect(await tokenOf(exporter('one', answer))).toBe('planted-access');
    expect(outcomes).toEqual(['not_stored']);
    kubernetes.allow('get', 'patch');
    const restarted = exporter('one');
    expect(await tokenOf(restarted)).toBe('planted-access-1');
    expect(kubernetes.values()).toEqual(REFRESHED);
    expect(requests).toEqual(['planted-refresh']);
  });

  test.each<[string, () => void, string, string]>([
    [
      'a Role without get',
      () => kubernetes.allow(),
      'unreadable_credentials',
      `${PLACE} cannot be read: the ServiceAccount is not allowed to get it (403); its Role needs the verbs get and patch for this Secret`,
    ],
    [
      'a token that is not known',
      () => writeFileSync(join(kubernetes.serviceAccountDirectory, 'token'), 'planted-token'),
      'unreadable_credentials',
      `${PLACE} cannot be read: the Kubernetes API rejects the ServiceAccount's token (401)`,
    ],
    [
      'another namespace',
      () => writeFileSync(join(kubernetes.serviceAccountDirectory, 'namespace'), 'other'),
      'no_credentials',
      `${PLACE} does not exist`,
    ],
    [
      'an authority that is not the projected one',
      () => {
        const other = mkdtempSync(join(directory, 'other-'));
        writeFileSync(
          join(kubernetes.serviceAccountDirectory, 'ca.crt'),
          readFileSync(createAuthority(other).certFile),
        );
      },
      'unreadable_credentials',
      "no answer from the Kubernetes API at https://127.0.0.1:PORT: the server's certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
    ],
    [
      'a Secret that lacks the token',
      () => kubernetes.edit({ accessToken: 'two\nlines' }),
      'malformed_credentials',
      `accessToken of ${PLACE} is not one line of printable characters`,
    ],
  ])('%s', async (_name, arrange, reason, detail) => {
    arrange();
    const result = await exporter('one')();
    expect(result).toEqual({ ok: false, reason, detail: detail.replace('PORT', String(kubernetes.port)) });
    expect(JSON.stringify(result)).not.toContain('planted');
  });
});
