import { parseConfig } from '@repo/common/config';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adviceFor, DEFAULT_POLICY, PRIMARY, policySchema } from './routing-policy.ts';
import { TIERS } from './tier.ts';

const FALLBACKS = ['flash', 'glm', 'pro'];
const parse = (text: string) => parseConfig(policySchema, text, 'policy.yaml');
const first = (tier: (typeof TIERS)[number]) =>
  Object.fromEntries(Object.entries(adviceFor(DEFAULT_POLICY, tier)).map(([task, models]) => [task, models[0]]));

describe('the policy without a file', () => {
  test('green: the primary model for everything', () => {
    expect(new Set(Object.values(first('green')))).toEqual(new Set([PRIMARY]));
  });

  test('yellow: simple tasks and spawns that are not critical go elsewhere', () => {
    const { user_request, complex_judgment, critical_spawn, spawn, simple_task } = first('yellow');
    expect([user_request, complex_judgment, critical_spawn]).toEqual([PRIMARY, PRIMARY, PRIMARY]);
    expect([spawn, simple_task]).toEqual(['flash', 'flash']);
  });

  test('orange: the primary model for user requests and complex judgment only', () => {
    expect(first('orange')).toEqual({
      user_request: PRIMARY,
      complex_judgment: PRIMARY,
      critical_spawn: 'flash',
      spawn: 'flash',
      simple_task: 'flash',
    });
  });

  test('red: the primary model as little as can be, all spawns to pro or flash', () => {
    expect(first('red')).toEqual({
      user_request: PRIMARY,
      complex_judgment: 'pro',
      critical_spawn: 'pro',
      spawn: 'pro',
      simple_task: 'flash',
    });
  });

  test('an unknown tier is advised like green', () => {
    expect(adviceFor(DEFAULT_POLICY, undefined)).toEqual(adviceFor(DEFAULT_POLICY, 'green'));
    expect(adviceFor(DEFAULT_POLICY, undefined).spawn).toEqual([PRIMARY, ...FALLBACKS]);
  });
});

describe('work never stops', () => {
  const model = fc.constantFrom(PRIMARY, 'flash', 'local');
  const models = fc.array(model, { maxLength: 4 });
  const classes = fc.dictionary(
    fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/),
    fc.record({ green: models, yellow: models, orange: models, red: models }),
  );

  test('whatever a policy says, every advice has a model that is not the primary one', { timeout: 120_000 }, () => {
    const policies = fc.record({ fallbacks: fc.array(model, { maxLength: 3 }), task_classes: classes });
    fc.assert(
      fc.property(policies, fc.constantFrom(...TIERS), (policy, tier) => {
        const { success, data } = policySchema.safeParse(policy);
        if (!success) return policy.fallbacks.length === 0 || policy.fallbacks.includes(PRIMARY);
        return Object.values(adviceFor(data, tier)).every((advice) => advice.some((name) => name !== PRIMARY));
      }),
    );
  });

  test('a class that lists nothing goes to the fallbacks', () => {
    const policy = parse('{fallbacks: [local], task_classes: {chat: {green: [], yellow: [], orange: [], red: []}}}');
    expect(adviceFor(policy, 'red')).toEqual({ chat: ['local'] });
  });

  test.each([
    ['fallbacks: []', 'fallbacks: must not be empty, because work would stop without a fallback'],
    [
      'fallbacks: [primary]',
      `fallbacks[0]: "primary" must not be primary, because fallbacks are used when primary is used up`,
    ],
  ])('%s is refused', (text, message) => {
    expect(() => parse(`{${text}, task_classes: {}}`)).toThrow(message);
  });
});

test('a policy file is strict', () => {
  const text = `
fallbacks: [flash]
task_classes:
  Chat: {green: [], yellow: [], orange: [], red: []}
  chat: {green: [primary], yellow: primary, orange: [two words], blue: []}
`;
  expect(() => parse(text)).toThrow(
    [
      'policy.yaml: 5 problems',
      '  task_classes.Chat: as a name must be 1 to 40 of a-z, 0-9 and _, beginning with a letter',
      '  task_classes.chat.yellow: must be a list of models',
      '  task_classes.chat.orange[0]: "two words" must be a name of at most 80 characters without spaces',
      '  task_classes.chat.red: is missing; it must be a list of models',
      '  task_classes.chat.blue: is an unknown key; known here: green, yellow, orange, red',
    ].join('\n'),
  );
});
