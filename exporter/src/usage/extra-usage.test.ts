import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capturedBody } from '../../test/captured-body.ts';
import { readExtraUsage } from './extra-usage.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const older = { is_enabled: true, monthly_limit: 30_000, used_credits: 10_587, currency: 'USD', decimal_places: 2 };

describe('captured and composed bodies', () => {
  test.each([
    ['february-2026', { enabled: true }],
    ['july-2026', { enabled: false, used: { amount: 0, currency: 'EUR' } }],
    ['lapsed-account', undefined],
    ['enterprise-seat', { enabled: false, used: { amount: 0, currency: 'EUR' } }],
    ['extra-usd', { enabled: true, limit: usd(300), used: usd(105.87) }],
    ['extra-eur', { enabled: true, limit: { amount: 50, currency: 'EUR' }, used: { amount: 12.34, currency: 'EUR' } }],
    ['extra-jpy', { enabled: true, limit: { amount: 5000, currency: 'JPY' }, used: { amount: 1234, currency: 'JPY' } }],
    ['extra-enterprise', { enabled: true }],
  ])('%s', (name, extraUsage) => {
    expect(readExtraUsage(capturedBody(name))).toEqual({ schemaErrors: [], ...(extraUsage ? { extraUsage } : {}) });
  });
});

describe('where the body does not say how many digits an amount has', () => {
  test.each([
    ['USD', 105.87],
    ['EUR', 105.87],
    ['JPY', 10_587],
    ['KRW', 10_587],
    ['VND', 10_587],
  ])('%s has its usual ones', (currency, amount) => {
    const { decimal_places: _, ...rest } = older;
    expect(readExtraUsage({ extra_usage: { ...rest, currency } }).extraUsage?.used).toEqual({ amount, currency });
    const spend = { enabled: true, used: { amount_minor: 10_587, currency } };
    expect(readExtraUsage({ spend }).extraUsage?.used).toEqual({ amount, currency });
  });

  test('zero digits are not a missing number of them', () => {
    const extra_usage = { ...older, decimal_places: 0 };
    expect(readExtraUsage({ extra_usage }).extraUsage?.used).toEqual(usd(10_587));
  });
});

describe('of two sections', () => {
  const used = { amount_minor: 1, currency: 'USD', exponent: 1 };

  test('spend overrides extra_usage', () => {
    const spend = { enabled: false, used, limit: { ...used, amount_minor: 20 } };
    const extraUsage = { enabled: false, used: usd(0.1), limit: usd(2) };
    expect(readExtraUsage({ extra_usage: older, spend }).extraUsage).toEqual(extraUsage);
  });

  test('a limit of null is unlimited, and so is absent, whatever extra_usage says', () => {
    const { extraUsage } = readExtraUsage({ extra_usage: older, spend: { enabled: true, used, limit: null } });
    expect(extraUsage).toEqual({ enabled: true, used: usd(0.1) });
  });

  test('extra_usage says what spend leaves out', () => {
    expect(readExtraUsage({ extra_usage: older, spend: { used } }).extraUsage).toEqual({
      enabled: true,
      used: usd(0.1),
      limit: usd(300),
    });
    expect(readExtraUsage({ extra_usage: older, spend: null }).extraUsage).toMatchObject({ used: usd(105.87) });
  });

  test('one that can not be read leaves the other', () => {
    const { extraUsage, schemaErrors } = readExtraUsage({ extra_usage: older, spend: { enabled: 'yes' } });
    expect(extraUsage).toMatchObject({ enabled: true, used: usd(105.87) });
    expect(schemaErrors.map(({ section, error }) => [section, error.issues[0]?.message])).toEqual([
      ['spend', 'must be true or false'],
    ]);
  });
});

test.each([
  [{ used_credits: '5' }, 'must be a number', { enabled: true, limit: usd(300) }],
  [{ used_credits: -1 }, 'must not be negative', { enabled: true, limit: usd(300) }],
  [{ monthly_limit: -1 }, 'must not be negative', { enabled: true, used: usd(105.87) }],
  [{ currency: 'us$\n' }, 'must be a currency like "USD"', { enabled: true }],
  [{ currency: 840 }, 'must be a currency like "USD"', { enabled: true }],
  [{ decimal_places: 1.5 }, 'must be a whole number', { enabled: true }],
  [{ decimal_places: 400 }, 'must not be above 6', { enabled: true }],
  [{ is_enabled: 'yes' }, 'must be true or false', undefined],
])('%j is an error of its section that costs its part only, and nothing is guessed', (more, message, rest) => {
  const { extraUsage, schemaErrors } = readExtraUsage({ extra_usage: { ...older, ...more } });
  expect(extraUsage).toEqual(rest);
  expect(schemaErrors.flatMap(({ error }) => error.issues.map((issue) => issue.message))).toEqual([message]);
});

test('an invalid amount of `spend` leaves its other amount', () => {
  const spend = {
    enabled: true,
    used: { amount_minor: -5, currency: 'USD', exponent: 2 },
    limit: { amount_minor: 5_000, currency: 'USD', exponent: 2 },
  };
  const { extraUsage, schemaErrors } = readExtraUsage({ spend });
  expect(extraUsage).toEqual({ enabled: true, limit: usd(50) });
  expect(schemaErrors).toHaveLength(1);
});

test('whatever comes, amounts are finite and at least 0', { timeout: 120_000 }, () => {
  const value = fc.anything();
  const money = fc.record({ amount_minor: value, currency: fc.constantFrom('USD', 'JPY', 'x'), exponent: value });
  const spend = fc.oneof(value, fc.record({ enabled: fc.boolean(), used: fc.oneof(money, value), limit: money }));
  fc.assert(
    fc.property(value, spend, (extra_usage, spend) => {
      const { extraUsage } = readExtraUsage({ extra_usage, spend });
      for (const money of [extraUsage?.used, extraUsage?.limit]) {
        if (money) expect(money.amount >= 0 && Number.isFinite(money.amount)).toBe(true);
      }
    }),
  );
});
