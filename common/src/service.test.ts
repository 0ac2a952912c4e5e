import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from './logger.ts';
import { runUntilSignal, type Service } from './service.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function scene(service: Partial<Service> = {}) {
  const signals = new EventEmitter();
  const log: string[] = [];
  const logger = createLogger({
    level: 'info',
    format: 'logfmt',
    write: (line) => log.push(line.replace(/^ts=\S+ /, '')),
  });
  const stop = vi.fn(service.stop ?? (async () => {}));
  const failed = service.failed ?? new Promise<never>(() => {});
  return {
    signals,
    log,
    stop,
    running: runUntilSignal(Promise.resolve({ ...service, failed, stop }), signals, logger),
  };
}

test.each(['SIGTERM', 'SIGINT'])('%s stops the service, which is then waited for', async (signal) => {
  const stopped = Promise.withResolvers<void>();
  const { signals, log, stop, running } = scene({ stop: () => stopped.promise });
  expect(stop).not.toHaveBeenCalled();
  signals.emit(signal);
  await vi.waitFor(() => expect(stop).toHaveBeenCalledOnce());
  expect(log).toEqual([`level=info msg=stopping signal=${signal}\n`]);
  stopped.resolve();
  await running;
  expect(log[1]).toBe('level=info msg=stopped\n');
});

test('a signal during the start stops the service as soon as it has started', async () => {
  const signals = new EventEmitter();
  const logger = createLogger({ level: 'error', format: 'logfmt', write: () => {} });
  const starting = Promise.withResolvers<Service>();
  const running = runUntilSignal(starting.promise, signals, logger);
  signals.emit('SIGHUP');
  signals.emit('SIGTERM');
  const stop = vi.fn(async () => {});
  starting.resolve({ failed: new Promise<never>(() => {}), stop });
  await running;
  expect(stop).toHaveBeenCalledOnce();
});

test('a service that does not stop is left after nine seconds, and no earlier', async () => {
  const { signals, running } = scene({ stop: () => new Promise(() => {}) });
  let isDone = false;
  const done = running.then(() => {
    isDone = true;
  });
  signals.emit('SIGTERM');
  await vi.advanceTimersByTimeAsync(8_999);
  expect(isDone).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await done;
});

test('a service that fails is stopped, and its failure is passed on', async () => {
  const { stop, running } = scene({ failed: Promise.reject(new Error('the disk is full')) });
  await expect(running).rejects.toThrow('the disk is full');
  expect(stop).toHaveBeenCalledOnce();
});

test('SIGHUP lets the service read its configuration again, as often as it comes; a bad one changes nothing', async () => {
  const reload = vi.fn(async () => {
    throw new Error('reported by the service itself');
  });
  const { signals, log, running } = scene({ reload });
  for (let i = 0; i < 2; i += 1) signals.emit('SIGHUP');
  await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(2));
  signals.emit('SIGTERM');
  await running;
  expect(log).toEqual(['level=info msg=stopping signal=SIGTERM\n', 'level=info msg=stopped\n']);
});

test('SIGHUP does not end a service that has nothing to reload', async () => {
  const { signals, log, running } = scene();
  signals.emit('SIGHUP');
  signals.emit('SIGTERM');
  await running;
  expect(log[0]).toBe(
    'level=info msg="nothing to reload: changes of secrets and of the web configuration apply at once, all others after a restart"\n',
  );
});
