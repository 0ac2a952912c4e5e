import { Secret } from '@repo/common/secret';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { neverAskClaudeCode } from '../../test/claude-stand-in.ts';
import { API_LIMITS } from '../account/poll-policy.ts';
import { type History, openHistory } from '../history/history.ts';
import { pollWithinLimits } from './poll-turn.ts';

const NOW = Date.parse('2026-07-22T12:00:00Z');
const HOUR = 3_600_000;

let history: History;
beforeEach(() => {
  history = openHistory(':memory:', NOW);
});
afterEach(() => history[Symbol.dispose]());

/** A turn in which `meanwhile` happens right before the request. */
async function turn(meanwhile = () => {}) {
  const requests: number[] = [];
  const result = await pollWithinLimits(
    {
      name: 'work',
      credentials: { kind: 'access_token', token: Secret.of('token') },
      endpoint: 'https://api.example.org',
      polled: true,
      limits: { intervalMs: 300_000, ...API_LIMITS },
    },
    history.loadState('work', NOW),
    { userAgent: 'test', timeoutMs: 60_000 },
    {
      now: () => NOW,
      readCredentials: async () => {
        meanwhile();
        return { ok: true, token: Secret.of('token') };
      },
      askClaudeCode: neverAskClaudeCode,
      fetch: async () => {
        requests.push(NOW);
        return new Response('{"five_hour": null}');
      },
      history,
    },
    new AbortController().signal,
  );
  return { result, requests };
}

const spend = (count: number) => {
  for (let i = 0; i < count; i += 1) {
    history.claimRequest('work', NOW - HOUR + 1000 + i, { ...API_LIMITS, floorMs: 0 });
  }
};

test('the last request of the hour is sent, and the next waits for the oldest to be an hour old', async () => {
  spend(19);
  expect(await turn()).toMatchObject({ result: { outcome: 'success' }, requests: [NOW] });
  expect(await turn()).toEqual({ result: { waitUntil: NOW + 180_000 }, requests: [] });
});

test('a request that another process sends meanwhile counts for the budget', async () => {
  spend(19);
  const { result, requests } = await turn(() => history.claimRequest('work', NOW, { ...API_LIMITS, floorMs: 0 }));
  expect(requests).toEqual([]);
  expect(result).toEqual({ waitUntil: NOW + 180_000 });
});

test('a request that another process sends meanwhile counts for the floor', async () => {
  const { result, requests } = await turn(() => history.claimRequest('work', NOW - 1000, API_LIMITS));
  expect(requests).toEqual([]);
  expect(result).toEqual({ waitUntil: NOW + 179_000 });
});
