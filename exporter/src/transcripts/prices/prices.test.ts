import { describe, expect, test } from 'vitest';
import { type Charge, costOf, Prices } from './prices.ts';

const NONE: Charge = {
  time: Date.parse('2026-10-12T09:00:00Z'),
  isFast: false,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  write5m: 0,
  write1h: 0,
  webSearches: 0,
};
const cost = (model: string, charge: Partial<Charge>, prices = new Prices()) =>
  costOf(prices.rows(model), { ...NONE, ...charge });

test('cache writes cost by their lifetime; those without one cost what five minutes cost', () => {
  expect(cost('claude-opus-5', { cacheWrite: 1e6, write5m: 1e6 })).toBe(6.25);
  expect(cost('claude-opus-5', { cacheWrite: 1e6, write1h: 1e6 })).toBe(10);
  expect(cost('claude-opus-5', { cacheWrite: 1e6 })).toBe(6.25);
});

test('a price holds from its day on, in UTC', () => {
  const reads = (time: string) => cost('claude-sonnet-5-5', { cacheRead: 1e6, time: Date.parse(time) });
  expect(reads('2026-10-06T23:59:59Z')).toBe(0.2);
  expect(reads('2026-10-07T00:00:00Z')).toBe(0.1);
  expect(cost('claude-sonnet-5-5', { cacheRead: 1e6, time: Number.NaN })).toBe(0.1);
});

test('the whole prompt decides whether it is a long one', () => {
  expect(cost('claude-haiku-5-5', { input: 100_000 })).toBeCloseTo(0.01);
  expect(cost('claude-haiku-5-5', { input: 1, cacheRead: 100_000 })).toBeCloseTo((0.5 + 0.05 * 100_000) / 1e6);
});

test('fast mode costs a multiple, and nothing is guessed where that is unknown', () => {
  expect(cost('claude-opus-4-8', { output: 1e6, isFast: true })).toBe(50);
  expect(cost('claude-opus-4-6', { output: 1e6, isFast: true })).toBe(150);
  expect(cost('claude-sonnet-5', { output: 1e6, isFast: true })).toBeUndefined();
});

test('web searches are part of the cost', () => {
  expect(cost('claude-opus-5', { webSearches: 3 })).toBeCloseTo(0.03);
});

describe('the model', () => {
  test.each([
    'claude-opus-4-5-20251101',
    'claude-opus-4-5@20251101',
    'claude-opus-4-5[1m]',
    'us.anthropic.claude-opus-4-5-20251101-v1:0',
    'anthropic.claude-opus-4-5-20251101-v1:0',
    'arn:aws:bedrock:eu-west-1:123:inference-profile/eu.anthropic.claude-opus-4-5-20251101-v1:0',
    'publishers/anthropic/models/claude-opus-4-5@20251101',
    'anthropic/claude-opus-4.5',
  ])('%s has the price of its base', (model) => {
    expect(cost(model, { input: 1e6 })).toBe(5);
  });

  test.each(['kimi-k2.5', 'claude-opus-9', 'claude-opus', 'my-claude-opus-4-5-tuned', ''])(
    '%j is unpriced',
    (model) => {
      expect(cost(model, { input: 1e6 })).toBeUndefined();
    },
  );
});

test('an override replaces all prices of its model', () => {
  const prices = new Prices([{ models: ['claude-sonnet-5-5', 'own'], input: 1, output: 2, cacheRead: 3 }]);
  expect(cost('claude-sonnet-5-5', { cacheRead: 1e6 }, prices)).toBe(3);
  expect(cost('own', { output: 1e6 }, prices)).toBe(2);
});
