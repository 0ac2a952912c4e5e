import { expect, test } from 'vitest';
import { abortable } from './abortable.ts';

test('without an abort it settles like the promise', async () => {
  const { signal } = new AbortController();
  expect(await abortable(Promise.resolve(1), signal)).toBe(1);
  await expect(abortable(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
});

test('an abort ends the wait with its reason, also one that came before', async () => {
  const controller = new AbortController();
  const waiting = abortable(new Promise(() => {}), controller.signal);
  controller.abort(new Error('stopping'));
  await expect(waiting).rejects.toThrow('stopping');
  await expect(abortable(new Promise(() => {}), controller.signal)).rejects.toThrow('stopping');
});

test('what the promise does after an abort is ignored', async () => {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const waiting = abortable(late.promise, controller.signal);
  controller.abort(new Error('stopping'));
  await expect(waiting).rejects.toThrow('stopping');
  late.reject(new Error('too late'));
  await new Promise((resolve) => setImmediate(resolve));
});
