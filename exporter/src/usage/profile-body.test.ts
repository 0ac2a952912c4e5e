import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseProfile } from './profile-body.ts';

const organization = { uuid: 'o', organization_type: 'claude_max', rate_limit_tier: 'default_claude_max_20x' };

test('the plan and its tier are taken as they are, and nothing about the person', () => {
  const account = { uuid: 'a', full_name: 'Planted Name', email: 'planted@example.org', has_claude_max: true };
  expect(parseProfile({ account, organization })).toEqual({
    plan: 'claude_max',
    rateLimitTier: 'default_claude_max_20x',
  });
});

test.each([
  [{ ...organization, organization_type: null }, { rateLimitTier: 'default_claude_max_20x' }],
  [{ ...organization, rate_limit_tier: 'x'.repeat(65) }, { plan: 'claude_max' }],
  [{ ...organization, rate_limit_tier: 'planted@example.org' }, { plan: 'claude_max' }],
  [{ uuid: 'o' }, undefined],
  [null, undefined],
])('of %j is taken what can be a label', (given, plan) => {
  expect(parseProfile({ organization: given })).toEqual(plan);
});

test('whatever comes, labels are short words', { timeout: 120_000 }, () => {
  const body = fc.oneof(fc.anything(), fc.record({ organization: fc.dictionary(fc.string(), fc.anything()) }));
  fc.assert(
    fc.property(body, (given) => {
      for (const label of Object.values(parseProfile(given) ?? {})) expect(label).toMatch(/^[\w.:+-]{1,64}$/);
    }),
  );
});
