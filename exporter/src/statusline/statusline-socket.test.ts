import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { FieldProblem } from '@repo/common/field-problem';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sendReport } from '../commands/report/send-report.ts';
import { listenForStatuslines } from './statusline-socket.ts';
import { statuslineSocket } from './statusline-wire.ts';

const LIMITS = { five_hour: { used_percentage: 40 } };

let storagePath: string;
let started: AsyncDisposableStack;
beforeEach(() => {
  storagePath = mkdtempSync(join(tmpdir(), 'statusline-'));
  started = new AsyncDisposableStack();
  started.defer(() => rmSync(storagePath, { recursive: true, force: true }));
});
afterEach(() => started.disposeAsync());

async function listen(answer: readonly FieldProblem[] = []) {
  const taken: unknown[] = [];
  const socket = await listenForStatuslines(storagePath, (body) => {
    taken.push(body);
    return answer;
  });
  started.use(socket);
  return { taken, socket };
}

async function send(data: string): Promise<string> {
  const connection = connect(statuslineSocket(storagePath));
  connection.end(data);
  return text(connection);
}

test('takes what a status line sends, on a socket that is for the owner only, and leaves nothing else behind', async () => {
  const { taken } = await listen();
  await sendReport('work', LIMITS, { storagePath });
  expect(taken).toEqual([{ account: 'work', rate_limits: LIMITS }]);
  expect(statSync(statuslineSocket(storagePath)).mode & 0o777).toBe(0o600);
  expect(readdirSync(storagePath)).toEqual(['statusline.sock']);
});

test('says what is wrong with a report, and takes the next', async () => {
  const { taken } = await listen([{ path: 'account', message: 'is not configured' }]);
  expect(await send('{"account": ')).toBe('[{"path":"account","message":"is not configured"}]\n');
  expect(await send('x'.repeat(100))).toContain('is not configured');
  expect(taken).toEqual([undefined, undefined]);
});

test('outlives those that send without end, or go away', async () => {
  const { taken } = await listen();
  const endless = connect(statuslineSocket(storagePath));
  endless.on('error', () => {});
  const closed = new Promise((resolve) => endless.once('close', resolve));
  const pump = () => {
    while (endless.writable && endless.write('x'.repeat(65_536)));
  };
  endless.on('drain', pump);
  pump();
  await closed;
  connect(statuslineSocket(storagePath)).on('connect', function (this: ReturnType<typeof connect>) {
    this.destroy();
  });
  await sendReport('work', LIMITS, { storagePath });
  expect(taken.at(-1)).toEqual({ account: 'work', rate_limits: LIMITS });
});

test('replaces the socket of an exporter that was killed, and takes away only its own', async () => {
  const { socket: first, taken: before } = await listen();
  const { socket: second, taken } = await listen();
  await sendReport('work', LIMITS, { storagePath });
  expect([before, taken]).toEqual([[], [expect.anything()]]);
  await first[Symbol.asyncDispose]();
  await sendReport('work', LIMITS, { storagePath });
  expect(taken).toHaveLength(2);
  await second[Symbol.asyncDispose]();
  expect(readdirSync(storagePath)).toEqual([]);
  await expect(sendReport('work', LIMITS, { storagePath })).rejects.toThrow(
    `no exporter listens in ${storagePath}; start it, or check --storage.path`,
  );
});

test('a directory whose path is too long for a socket is refused, and nothing of it stays', async () => {
  storagePath = mkdtempSync(join(storagePath, 'x'.repeat(100)));
  await expect(listen()).rejects.toThrow('listen EINVAL');
  expect(readdirSync(storagePath)).toEqual([]);
});
