import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '@repo/common/replace-file';
import { type KeptLogin, keepFresh, type RefreshOutcome } from '../src/credentials/refresh/keep-fresh.ts';
import { type LoginJournal, openLoginJournal } from '../src/credentials/refresh/login-journal.ts';
import { tokenDirectory } from '../src/credentials/token-directory.ts';

export const NOW = Date.parse('2026-07-22T12:00:00Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const GOOD = { access_token: 'planted-access-1', refresh_token: 'planted-refresh-1', expires_in: 28_800 };

type Answer = (init?: RequestInit) => Response | Promise<Response>;

/** A login in a directory, and an exporter that keeps it fresh with a token endpoint that a test plays. */
export class RefreshFixture implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'login-'));
  readonly storage = mkdtempSync(join(tmpdir(), 'storage-'));
  readonly outcomes: RefreshOutcome[] = [];
  readonly requests: { refresh_token: string; headers: Headers }[] = [];
  journal: LoginJournal = openLoginJournal(this.storage);
  now = NOW;
  /** Makes writes to the login's directory fail. */
  isFull = false;

  put(part: string, text: string): void {
    writeFileSync(join(this.directory, part), text);
  }

  /** Puts a login there whose access token ends in `minutes`. */
  login(minutes: number): void {
    this.put('accessToken', 'planted-access');
    this.put('refreshToken', 'planted-refresh');
    this.put('expiresAt', String(NOW + minutes * MINUTE));
  }

  parts(): string[] {
    const read = (part: string) => readFileSync(join(this.directory, part), 'utf8');
    return ['accessToken', 'refreshToken', 'expiresAt'].map(read);
  }

  keep(answer: Answer = () => Response.json(GOOD), timeoutMs = 60_000, rejected?: string): Promise<KeptLogin> {
    return keepFresh(
      {
        account: 'work',
        store: tokenDirectory(this.directory, (...file) => {
          if (this.isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          replaceFile(...file);
        }),
        rejected,
      },
      { tokenEndpoint: 'https://token.example.org/', userAgent: 'test/1', refreshLeewayMs: 10 * MINUTE, timeoutMs },
      {
        now: () => this.now,
        journal: this.journal,
        refreshed: (_account, outcome) => this.outcomes.push(outcome),
        fetch: async (_url, init) => {
          const { refresh_token } = JSON.parse(String(init?.body)) as { refresh_token: string };
          this.requests.push({ refresh_token, headers: new Headers(init?.headers) });
          return answer(init);
        },
      },
      new AbortController().signal,
    );
  }

  restart(): void {
    this.journal[Symbol.dispose]();
    this.journal = openLoginJournal(this.storage);
  }

  [Symbol.dispose](): void {
    this.journal[Symbol.dispose]();
    rmSync(this.directory, { recursive: true });
    rmSync(this.storage, { recursive: true });
  }
}
