import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createEpisodes } from './episodes.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('an episode begins with the first occurrence and ends after a quiet time, with their number', () => {
  const ends: string[] = [];
  const occurs = createEpisodes({ quietMs: 1000, ended: (key, count) => ends.push(`${key} ${count}`) });
  const begins: string[] = [];
  for (let i = 0; i < 500; i++) {
    if (occurs('unauthorized')) begins.push(`unauthorized ${i}`);
    vi.advanceTimersByTime(999);
  }
  expect(begins).toEqual(['unauthorized 0']);
  if (occurs('unavailable')) begins.push('unavailable');
  expect(ends).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ends).toEqual(['unauthorized 500']);
  vi.advanceTimersByTime(999);
  expect(ends).toEqual(['unauthorized 500', 'unavailable 1']);
  expect(occurs('unauthorized')).toBe(true);
});
