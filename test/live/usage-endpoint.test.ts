import { join } from 'node:path';
import process from 'node:process';
import { secretInFile } from '@repo/common/config';
import { createOutboundFetch } from '@repo/common/outbound/outbound';
import { readProxySettings } from '@repo/common/outbound/proxy';
import { expect, test } from 'vitest';
import { requestUsage } from '../../exporter/src/usage/usage-request.ts';
import { judgeUsage } from './plausible-usage.ts';

const directory = process.env.LIVE_TOKENS_DIR;

// One request with a real login, for a person who wants to know whether the endpoint is still what it was.
test.skipIf(!directory)('the real usage endpoint answers as this program expects', async () => {
  const token = secretInFile(join(directory ?? '', 'accessToken'));
  if (typeof token === 'string') throw new Error(token);
  const answer = await requestUsage({
    endpoint: process.env.LIVE_ENDPOINT ?? 'https://api.anthropic.com',
    token,
    userAgent: 'claude-usage-exporter/live-test',
    timeoutMs: 15_000,
    signal: new AbortController().signal,
    now: Date.now,
    fetch: createOutboundFetch({ ca: undefined, proxies: readProxySettings(process.env, 'the environment') }),
  });
  if (!answer.ok) throw new Error(`${answer.reason}: ${answer.detail}`);
  const { report, doubts } = judgeUsage(answer.body, Date.now());
  const unknown = report?.unknownKeys ?? [];
  console.log(unknown.length === 0 ? 'no unknown keys' : `unknown keys: ${unknown.join(', ')}`);
  expect(doubts).toEqual([]);
});
