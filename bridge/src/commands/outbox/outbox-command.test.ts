import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alert, group } from '../../../test/alerts.ts';
import { TestStore } from '../../../test/store.ts';
import { runOutbox } from './outbox-command.ts';

const STORAGE_KEY = Buffer.alloc(32, 7);

/** A data directory with two buried messages and one that waits. */
async function scene(storageKey = STORAGE_KEY) {
  const directory = mkdtempSync(join(tmpdir(), 'outbox-command-'));
  const path = join(directory, 'outbox.db');
  writeFileSync(
    join(directory, 'config.yaml'),
    `matrix: {homeserver_url: "https://x", user_id: "@a:x", device_id: D, access_token: t, storage_key: ${storageKey.toString('base64')}}
rooms: {ops: {id: "!ops"}}
webhook: {insecure: true}
`,
  );
  const store = new TestStore(path, STORAGE_KEY);
  for (const name of ['DiskFull', 'Hostile\u001b[31m\nLine', 'Waiting']) {
    const labels = { alertname: name };
    await store.intake.accept(group([alert({ labels })], { groupKey: name, groupLabels: labels }), 'ops');
    const row = store.head();
    if (row && name !== 'Waiting') store.outbox.bury(row, { reason: 'rejected', error: 'the homeserver answered 400' });
  }
  const run = async (...args: string[]) => {
    const output = { out: '', err: '' };
    const exitCode = await runOutbox({
      args: [...args, '--config.file', join(directory, 'config.yaml'), '--storage.path', directory],
      env: {},
      signals: { once: () => {}, on: () => {} },
      nodeVersion: 'v24',
      out: (text) => (output.out += text),
      err: (text) => (output.err += text),
    });
    return { exitCode, ...output };
  };
  return { run, store };
}

test('buried messages are listed, with nothing that a terminal obeys', async () => {
  const { run } = await scene();
  const listed = await run();
  expect(listed).toMatchObject({ exitCode: 0, err: '' });
  expect(listed.out.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    'ID | ROOM | KIND | ACCEPTED | ATTEMPTS | ALERTS | ERROR',
    '1 | ops | card | 2026-11-25T12:00:00Z | 0 | DiskFull | the homeserver answered 400',
    '2 | ops | card | 2026-11-25T12:00:00Z | 0 | Hostile[31m Line | the homeserver answered 400',
    '',
  ]);
});

test('a buried message is queued again, and only that', async () => {
  const { run, store } = await scene();
  expect(await run('retry', '2')).toEqual({ exitCode: 0, out: '1 message queued again\n', err: '' });
  expect([store.outbox.buried('ops'), store.outbox.pendingCount('ops')]).toEqual([1, 2]);
  expect(store.head()).toMatchObject({ id: 2, attempts: 0, refusals: 0 });
});

test('all buried messages are deleted, and the others stay', async () => {
  const { run, store } = await scene();
  expect(await run('delete', '--all')).toMatchObject({ exitCode: 0, out: '2 messages deleted\n' });
  expect([store.outbox.buried('ops'), store.outbox.pendingCount('ops')]).toEqual([0, 1]);
  expect((await run('list')).out).toBe('There are no buried messages.\n');
});

test('a message that is not buried is neither retried nor deleted', async () => {
  const { run, store } = await scene();
  expect(await run('delete', '3')).toEqual({
    exitCode: 1,
    out: '0 messages deleted\n',
    err: 'error: no buried message has the ID 3\n',
  });
  expect(store.outbox.pendingCount('ops')).toBe(1);
});

test.each([
  [['burn'], "unknown action 'burn'; the actions are list, retry, delete"],
  [['retry'], 'name the messages to retry, or use --all'],
  [['delete', '1', '--all'], 'name the messages to delete, or use --all'],
  [['retry', 'x'], 'an ID is a number from the list'],
  [['list', '1'], 'the list takes no IDs'],
])('the arguments %j are wrong usage', async (args, problem) => {
  const { run } = await scene();
  expect(await run(...args)).toEqual({ exitCode: 2, out: '', err: `error: ${problem}\n` });
});

test('another storage key is rejected', async () => {
  const { run } = await scene(Buffer.alloc(32, 8));
  expect(await run()).toMatchObject({ exitCode: 3, out: '' });
});
