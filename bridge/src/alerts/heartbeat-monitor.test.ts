import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOON } from '../../test/alerts.ts';
import type { AlertGroup } from './alert-group.ts';
import { HeartbeatMonitor } from './heartbeat-monitor.ts';

const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers({ now: NOON }));
afterEach(() => void vi.useRealTimers());

/** A heartbeat that must arrive every ten minutes. */
function scene({ announce = async () => {} }: { announce?: () => Promise<void> } = {}) {
  const announced: string[] = [];
  const log: string[] = [];
  const monitor = new HeartbeatMonitor([{ name: 'prod', timeoutMs: 10 * MINUTE, room: 'ops', severity: 'critical' }], {
    now: Date.now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        setTimeout(resolve, ms);
        signal.addEventListener('abort', reject);
      }),
    async announce({ alerts: [alert] }: AlertGroup, room) {
      await announce();
      announced.push(`${room}: ${alert?.status} ${alert?.annotations.summary}`);
    },
    onSignal: (name, at) => log.push(`${name} at ${(at - NOON) / MINUTE}`),
    onMissing: (name) => log.push(`${name} missing`),
    onAnnounceFailed: (name, error) => log.push(`${name} ${error}`),
  });
  const stopping = new AbortController();
  const running = monitor.run(stopping.signal);
  const pass = (minutes: number) => vi.advanceTimersByTimeAsync(minutes * MINUTE);
  return { monitor, announced, log, stopping, running, pass };
}

test('a heartbeat that stops is announced once, and again when it is back', async () => {
  const { monitor, announced, pass } = scene();
  await monitor.signal('prod');
  announced.length = 0;
  await pass(9);
  await monitor.signal('prod');
  await pass(9.9);
  expect(announced).toEqual([]);
  await pass(60);
  expect(announced).toEqual(['ops: firing No heartbeat from prod since 2026-11-25T12:09:00.000Z']);
  await monitor.signal('prod');
  await monitor.signal('prod');
  expect(announced.slice(1)).toEqual(['ops: resolved No heartbeat from prod since 2026-11-25T12:09:00.000Z']);
});

test('a heartbeat that never arrives is announced after its timeout', async () => {
  const { announced, pass } = scene();
  await pass(11);
  expect(announced).toEqual(['ops: firing No heartbeat from prod since 2026-11-25T12:00:00.000Z']);
});

test('the first signal after a start ends what an earlier process announced', async () => {
  const { monitor, announced } = scene();
  await monitor.signal('prod');
  await monitor.signal('prod');
  expect(announced).toEqual(['ops: resolved No heartbeat from prod']);
});

test('an announcement that cannot be stored is repeated until it is', async () => {
  let isFull = true;
  const announce = async () => {
    if (isFull) throw new Error('disk full');
  };
  const { monitor, announced, log, pass } = scene({ announce });
  await pass(10.1);
  expect(log).toEqual(['prod Error: disk full']);
  isFull = false;
  await pass(1);
  expect(announced).toEqual(['ops: firing No heartbeat from prod since 2026-11-25T12:00:00.000Z']);
  isFull = true;
  await expect(monitor.signal('prod')).rejects.toThrow('disk full');
  isFull = false;
  await monitor.signal('prod');
  expect(announced).toHaveLength(2);
});

test('a clock that is set back by hours postpones the announcement by no more than the timeout', async () => {
  const { announced, pass } = scene();
  await pass(1);
  vi.setSystemTime(NOON - 5 * 60 * MINUTE);
  await pass(5 * 60 + 11);
  expect(announced).toHaveLength(1);
});

test('an unknown name is reported as such', async () => {
  expect(await scene().monitor.signal('other')).toBe(false);
});

test('it ends with its signal', async () => {
  const { stopping, running } = scene();
  stopping.abort();
  await running;
});
