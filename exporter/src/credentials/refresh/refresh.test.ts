import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GOOD, HOUR, MINUTE, NOW, RefreshFixture } from '../../../test/refresh-fixture.ts';
import { tryLock } from './refresh-lock.ts';

let fixture: RefreshFixture;
beforeEach(() => {
  fixture = new RefreshFixture();
});
afterEach(() => fixture[Symbol.dispose]());

describe('a login of our own', () => {
  test('is left alone until its access token ends within the leeway', async () => {
    fixture.login(10.001);
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access');
    expect(fixture.requests).toEqual([]);
    fixture.now += 60;
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access-1');
    expect(fixture.outcomes).toEqual(['success']);
  });

  test('is renewed once, its three files are private, and nothing waits any more', async () => {
    fixture.login(5);
    const { login: renewed, trouble } = await fixture.keep();
    expect(trouble).toBeUndefined();
    expect(renewed).toMatchObject({ expiresAt: NOW + 8 * HOUR });
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

  test('whose end is not known is renewed, which tells it', async () => {
    fixture.put('accessToken', 'planted-access');
    fixture.put('refreshToken', 'planted-refresh');
    expect((await fixture.keep()).login).toMatchObject({ expiresAt: NOW + 8 * HOUR });
  });

  test('keeps its refresh token where the answer brings no other, and counts an hour where it tells no life', async () => {
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

  test('is never renewed without a refresh token', async () => {
    fixture.put('accessToken', 'planted-access');
    fixture.put('expiresAt', String(NOW - HOUR));
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access');
    expect(fixture.requests).toEqual([]);
  });

  test('is left to another one who is renewing it, and what that one brought is adopted', async () => {
    fixture.login(5);
    const other = tryLock(join(fixture.directory, '.refresh-lock'));
    expect((await fixture.keep()).trouble).toBe('another exporter is renewing it');
    fixture.put('refreshToken', 'planted-refresh-2');
    fixture.put('accessToken', 'planted-access-2');
    fixture.put('expiresAt', String(NOW + 8 * HOUR));
    other?.[Symbol.dispose]();
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access-2');
    expect(fixture.requests).toEqual([]);
  });

  test('is renewed by one process of the same fixture.storage at a time', async () => {
    fixture.login(5);
    using _other = fixture.journal.tryLock('work');
    expect((await fixture.keep()).trouble).toBe('another process is renewing it');
    expect(fixture.requests).toEqual([]);
  });

  test('that was put there anew while the request was under way stays', async () => {
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

describe('new tokens that can not be put back', () => {
  test('are not asked for, if that is seen before', async () => {
    fixture.login(5);
    mkdirSync(join(fixture.directory, '.refresh-lock'));
    const { trouble } = await fixture.keep();
    expect(trouble).toContain(`${fixture.directory} can't be written to (ERR_SQLITE_ERROR)`);
    expect(fixture.outcomes).toEqual(['not_stored']);
    expect(fixture.requests).toEqual([]);
  });

  test('are not used, and put back as soon as they can be', async () => {
    fixture.login(5);
    const { login: used, trouble } = await fixture.keep(() => {
      fixture.isFull = true;
      return Response.json(GOOD);
    });
    expect(used.accessToken.reveal()).toBe('planted-access');
    expect(trouble).toBe(
      `${fixture.directory} can't be written to (ENOSPC), so its login can't be renewed; make it writable, or take refreshToken out of it`,
    );
    expect(fixture.outcomes).toEqual(['not_stored']);
    fixture.isFull = false;
    fixture.now += MINUTE;
    expect((await fixture.keep()).login.accessToken.reveal()).toBe('planted-access-1');
    expect(fixture.parts()).toEqual(['planted-access-1', 'planted-refresh-1', String(NOW + 8 * HOUR)]);
    expect(fixture.requests).toHaveLength(1);
    expect(fixture.outcomes).toEqual(['not_stored', 'success']);
  });

  test('are in their place at least, when the journal can not be written', async () => {
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
