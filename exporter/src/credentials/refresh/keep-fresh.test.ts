import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@repo/common/secret';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GOOD, HOUR, MINUTE, NOW, RefreshFixture } from '../../../test/refresh-fixture.ts';
import { tryLock } from './refresh-lock.ts';
import { fingerprint } from './refresh-policy.ts';

let fixture: RefreshFixture;
beforeEach(() => {
  fixture = new RefreshFixture();
});
afterEach(() => fixture[Symbol.dispose]());

describe('a dedicated login', () => {
  test('is not refreshed until its access token expires within the leeway', async () => {
    fixture.login(10.001);
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access');
    expect(fixture.requests).toEqual([]);
    fixture.now += 60;
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access-1');
    expect(fixture.outcomes).toEqual(['success']);
  });

  test('is refreshed once, its three files are private, and nothing is pending', async () => {
    fixture.login(5);
    const { login: refreshed, trouble } = await fixture.keep();
    expect(trouble).toBeUndefined();
    expect(refreshed).toMatchObject({ expiresAt: NOW + 8 * HOUR });
    expect(fixture.parts()).toEqual(['planted-access-1', 'planted-refresh-1', String(NOW + 8 * HOUR)]);
    for (const part of ['accessToken', 'refreshToken', 'expiresAt']) {
      expect(statSync(join(fixture.directory, part)).mode & 0o777).toBe(0o600);
    }
    expect(fixture.journal.pendingAnswer('work')).toBeUndefined();
    await fixture.keep();
    expect(fixture.requests.map(({ refresh_token }) => refresh_token)).toEqual(['planted-refresh']);
    expect(fixture.requests[0]?.headers.get('user-agent')).toBe('test/1');
    expect(readdirSync(fixture.directory).sort()).toEqual([
      '.refresh-lock',
      'accessToken',
      'expiresAt',
      'refreshToken',
    ]);
  });

  test('with an unknown expiry is refreshed, which reveals it', async () => {
    fixture.put('accessToken', 'planted-access');
    fixture.put('refreshToken', 'planted-refresh');
    expect((await fixture.keep()).login).toMatchObject({ expiresAt: NOW + 8 * HOUR });
  });

  test('keeps its refresh token if the answer has none, and is used for an hour if the answer has no lifetime', async () => {
    fixture.login(5);
    await fixture.keep(() => Response.json({ access_token: 'planted-access-1' }));
    expect(fixture.parts()).toEqual(['planted-access-1', 'planted-refresh', String(NOW + HOUR)]);
  });

  test.each<[unknown, number]>([
    ['28800', 8 * HOUR],
    ['soon', HOUR],
    [-5, HOUR],
    [null, HOUR],
  ])('is not lost for a life of %j', async (expires_in, life) => {
    fixture.login(5);
    await fixture.keep(() => Response.json({ ...GOOD, expires_in }));
    expect(fixture.parts()).toEqual(['planted-access-1', 'planted-refresh-1', String(NOW + life)]);
  });

  test('is never refreshed without a refresh token', async () => {
    fixture.put('accessToken', 'planted-access');
    fixture.put('expiresAt', String(NOW - HOUR));
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access');
    expect(fixture.requests).toEqual([]);
  });

  test('is left to another exporter that is refreshing it, and its tokens are used', async () => {
    fixture.login(5);
    const other = tryLock(join(fixture.directory, '.refresh-lock'));
    expect((await fixture.keep()).trouble).toBe('another exporter is refreshing it');
    fixture.put('refreshToken', 'planted-refresh-2');
    fixture.put('accessToken', 'planted-access-2');
    fixture.put('expiresAt', String(NOW + 8 * HOUR));
    other?.[Symbol.dispose]();
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access-2');
    expect(fixture.requests).toEqual([]);
  });

  test('is refreshed by one process of the same storage at a time', async () => {
    fixture.login(5);
    using _other = fixture.journal.tryLock('work');
    expect((await fixture.keep()).trouble).toBe('another process is refreshing it');
    expect(fixture.requests).toEqual([]);
  });

  test('that was replaced during the request stays', async () => {
    fixture.login(5);
    const { login: present } = await fixture.keep(() => {
      fixture.put('refreshToken', 'planted-other');
      fixture.put('accessToken', 'planted-other-access');
      fixture.put('expiresAt', String(NOW + HOUR));
      return Response.json(GOOD);
    });
    expect(present.accessToken.reveal()).toBe('planted-other-access');
    expect(fixture.parts()).toEqual(['planted-other-access', 'planted-other', String(NOW + HOUR)]);
    expect(fixture.journal.pendingAnswer('work')).toBeUndefined();
  });
});

describe('an access token that the API has rejected', () => {
  const rejected = fingerprint(Secret.of('planted-access'));

  test('is refreshed once, long before it expires', async () => {
    fixture.login(6 * 60);
    expect((await fixture.keep(undefined, undefined, rejected)).login.accessToken.reveal()).toBe('planted-access-1');
    await fixture.keep(undefined, undefined, rejected);
    expect(fixture.requests).toHaveLength(1);
  });

  test('is left alone if another one is there by now', async () => {
    fixture.login(6 * 60);
    fixture.put('accessToken', 'planted-newer');
    expect((await fixture.keep(undefined, undefined, rejected)).login.accessToken.reveal()).toBe('planted-newer');
    expect(fixture.requests).toEqual([]);
  });

  test('without an end is refreshed too, if the answer has no other refresh token', async () => {
    fixture.login(0);
    fixture.put('expiresAt', '0');
    const answer = () => Response.json({ access_token: 'planted-access-1', expires_in: 3600 });
    await fixture.keep(answer);
    expect(fixture.requests).toEqual([]);
    await fixture.keep(answer, undefined, rejected);
    expect(fixture.parts()).toEqual(['planted-access-1', 'planted-refresh', String(NOW + HOUR)]);
  });
});

describe('new tokens that cannot be written back', () => {
  test('are not requested if that is known before', async () => {
    fixture.login(5);
    mkdirSync(join(fixture.directory, '.refresh-lock'));
    const { trouble } = await fixture.keep();
    expect(trouble).toContain(`cannot write to ${fixture.directory} (ERR_SQLITE_ERROR)`);
    expect(fixture.outcomes).toEqual(['not_stored']);
    expect(fixture.requests).toEqual([]);
  });

  test('are not used, and are written back as soon as possible', async () => {
    fixture.login(5);
    const { login: used, trouble } = await fixture.keep(() => {
      fixture.isFull = true;
      return Response.json(GOOD);
    });
    expect(used.accessToken.reveal()).toBe('planted-access');
    expect(trouble).toBe(
      `cannot write to ${fixture.directory} (ENOSPC), so its login cannot be refreshed; make it writable, or remove refreshToken from it`,
    );
    expect(fixture.outcomes).toEqual(['not_stored']);
    fixture.isFull = false;
    fixture.now += MINUTE;
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access-1');
    expect(fixture.parts()).toEqual(['planted-access-1', 'planted-refresh-1', String(NOW + 8 * HOUR)]);
    expect(fixture.requests).toHaveLength(1);
    expect(fixture.outcomes).toEqual(['not_stored', 'success']);
  });

  test('are written back even if the journal cannot be written', async () => {
    fixture.login(5);
    const full = {
      ...fixture.journal,
      recordAnswer: () => {
        throw new Error('database or disk is full');
      },
    };
    fixture.journal = full;
    await expect(fixture.keep()).rejects.toThrow('database or disk is full');
    expect(fixture.parts()).toEqual(['planted-access-1', 'planted-refresh-1', String(NOW + 8 * HOUR)]);
  });
});
