import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Wakeup } from './wakeup.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function waiting(ms: number | undefined) {
  const wakeup = new Wakeup();
  const abort = new AbortController();
  const state = { isAwake: false };
  const wait = async () => {
    state.isAwake = false;
    await wakeup.wait(ms, abort.signal);
    state.isAwake = true;
  };
  void wait();
  return { wakeup, abort, state, wait };
}

test('a sleeper wakes when its time is over, and not before', async () => {
  const { state } = waiting(1000);
  await vi.advanceTimersByTimeAsync(999);
  expect(state.isAwake).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(state.isAwake).toBe(true);
});

test('a sleeper without a time sleeps until it is woken', async () => {
  const { wakeup, state } = waiting(undefined);
  await vi.advanceTimersByTimeAsync(1e9);
  expect(state.isAwake).toBe(false);
  wakeup.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.isAwake).toBe(true);
});

test('a time longer than a timer can take does not ring at once', async () => {
  const { state } = waiting(2 ** 31 + 1000);
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(state.isAwake).toBe(false);
});

test('a wake-up while nobody sleeps is not lost', async () => {
  const { wakeup, state, wait } = waiting(0);
  await vi.advanceTimersByTimeAsync(0);
  wakeup.wake();
  await wait();
  expect(state.isAwake).toBe(true);
});

test('two wake-ups while nobody sleeps are one', async () => {
  const { wakeup, state, wait } = waiting(undefined);
  wakeup.wake();
  wakeup.wake();
  await vi.advanceTimersByTimeAsync(0);
  void wait();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.isAwake).toBe(false);
});

test('an abort wakes, and after it nobody sleeps any more', async () => {
  const { abort, state, wait } = waiting(undefined);
  abort.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.isAwake).toBe(true);
  await wait();
  expect(state.isAwake).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
