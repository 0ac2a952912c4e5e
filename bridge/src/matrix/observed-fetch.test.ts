import { AnswerFailure } from '@repo/common/outbound/limited-fetch';
import { expect, test } from 'vitest';
import { createObservedFetch } from './observed-fetch.ts';

async function reasonsOf(fetch: typeof globalThis.fetch, init?: RequestInit) {
  const reasons: string[] = [];
  const answer = createObservedFetch(fetch, (reason) => reasons.push(reason))('https://matrix.example', init);
  const outcome = await answer.then(
    () => 'answered',
    (error: Error) => error.message,
  );
  return { outcome, reasons };
}

const failing = (code: string) => async () => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });
};

test.each([
  ['ECONNREFUSED', 'unreachable'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted_certificate'],
])('%s is reported as %s and thrown unchanged', async (code, reason) => {
  expect(await reasonsOf(failing(code))).toEqual({ outcome: 'fetch failed', reasons: [reason] });
});

test('a response beyond a limit is reported with its reason', async () => {
  const tooLarge = async () => {
    throw new AnswerFailure('too_large', 'too large');
  };
  expect(await reasonsOf(tooLarge)).toEqual({ outcome: 'too large', reasons: ['too_large'] });
});

test('an answer is no failure, nor is what was given up', async () => {
  expect(await reasonsOf(async () => new Response('', { status: 500 }))).toEqual({ outcome: 'answered', reasons: [] });
  const signal = AbortSignal.abort();
  expect(await reasonsOf(failing('ABORT_ERR'), { signal })).toEqual({ outcome: 'fetch failed', reasons: [] });
});
