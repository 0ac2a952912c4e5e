import { appendFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { response, SESSION, TranscriptFolder } from '../../../test/transcripts.ts';
import { Prices } from '../prices/prices.ts';
import { summarize } from '../summary.ts';
import { answerQuery } from './queries.ts';
import { createTranscriptService, type TranscriptService } from './transcript-service.ts';

const NOW = Date.parse('2026-10-12T12:00:00Z');
const FILE = `-home-ada-shop/${SESSION}.jsonl`;

function open(folder: TranscriptFolder): TranscriptService {
  return createTranscriptService(
    {
      databasePath: join(folder.path, 'transcripts.sqlite'),
      host: 'desk',
      roots: [{ folder: join(folder.path, 'projects'), account: '' }],
      mergeWorktrees: true,
      prices: [],
    },
    { now: () => NOW, progressed() {} },
  );
}

/** Output tokens and messages by model, as the metrics have them. */
async function counted(folder: TranscriptFolder) {
  using service = open(folder);
  await service.rescan();
  const { series } = service.snapshot();
  const { total } = summarize(service.view(), new Prices());
  const sum = series.reduce((all, { output }) => all + output, 0);
  expect(total.output).toBe(sum);
  return Object.fromEntries(series.map(({ model, output, messages }) => [model, { output, messages }]));
}

test('counters stay when transcripts shrink, are renamed or deleted, and nothing counts twice', async () => {
  using folder = new TranscriptFolder();
  folder.write(FILE, response({ id: 'msg_1' }), response({ id: 'msg_2' }));
  expect(await counted(folder)).toEqual({ 'claude-opus-5': { output: 200, messages: 2 } });
  folder.write(FILE, response({ id: 'msg_2' }));
  expect(await counted(folder)).toEqual({ 'claude-opus-5': { output: 200, messages: 2 } });
  appendFileSync(folder.at(FILE), `${response({ id: 'msg_3' })}\n`);
  renameSync(folder.at(FILE), folder.at('-home-ada-shop/renamed.jsonl'));
  expect(await counted(folder)).toEqual({ 'claude-opus-5': { output: 300, messages: 3 } });
  rmSync(folder.at('-home-ada-shop/renamed.jsonl'));
  expect(await counted(folder)).toEqual({ 'claude-opus-5': { output: 300, messages: 3 } });
});

test('a file that was rewritten with its old size and time of modification is re-read', async () => {
  using folder = new TranscriptFolder();
  folder.write(FILE, response({ id: 'msg_1' }));
  await counted(folder);
  const { atime, mtime } = statSync(folder.at(FILE));
  folder.write(FILE, response({ id: 'msg_2' }));
  utimesSync(folder.at(FILE), atime, mtime);
  expect(await counted(folder)).toEqual({ 'claude-opus-5': { output: 200, messages: 2 } });
});

test('a line that was read in half counts when it is whole, and grows by its corrections', async () => {
  using folder = new TranscriptFolder();
  const line = response({ id: 'msg_1', usage: { output_tokens: 7 } });
  folder.writeText(FILE, line.slice(0, -20));
  expect(await counted(folder)).toEqual({});
  appendFileSync(folder.at(FILE), `${line.slice(-20)}\n`);
  expect(await counted(folder)).toEqual({ 'claude-opus-5': { output: 7, messages: 1 } });
  appendFileSync(folder.at(FILE), `${response({ id: 'msg_1', usage: { output_tokens: 50 } })}\n`);
  expect(await counted(folder)).toEqual({ 'claude-opus-5': { output: 50, messages: 1 } });
});

test('growth counts under the model that the correction names, and what was counted stays', async () => {
  using folder = new TranscriptFolder();
  folder.write(FILE, response({ model: 'claude-opus-5', usage: { output_tokens: 7 } }));
  await counted(folder);
  const corrections = [20, 30].map((output) =>
    response({ model: 'claude-sonnet-5', usage: { output_tokens: output } }),
  );
  for (const line of corrections) {
    appendFileSync(folder.at(FILE), `${line}\n`);
    await counted(folder);
  }
  expect(await counted(folder)).toEqual({
    'claude-opus-5': { output: 7, messages: 1 },
    'claude-sonnet-5': { output: 23, messages: 0 },
  });
});

test('what an agent sends counts once, and only upward', () => {
  using folder = new TranscriptFolder();
  using service = open(folder);
  const body = (output: number) => ({
    projects: [
      {
        name: 'shop',
        sessions: [
          { session_id: 's', messages: [{ requestId: 'r', message: { id: 'm', usage: { output_tokens: output } } }] },
        ],
      },
    ],
  });
  expect(service.ingest('laptop', body(5))).toEqual({ projects: 1, sessions: 1, messages: 1, new_messages: 1 });
  expect(service.ingest('laptop', body(9)).new_messages).toBe(0);
  expect(service.ingest('other', body(9)).new_messages).toBe(0);
  expect(service.snapshot().series).toMatchObject([{ host: 'laptop', project: 'shop', output: 9, messages: 1 }]);
});

test('two projects of one name have different labels, which never change', async () => {
  using folder = new TranscriptFolder();
  folder.write(`-a-shop/${SESSION}.jsonl`, response({ id: 'msg_1', cwd: '/a/shop' }));
  await counted(folder);
  folder.write(`-b-shop/other.jsonl`, response({ id: 'msg_2', cwd: '/b/shop' }));
  using service = open(folder);
  await service.rescan();
  expect(service.snapshot().series.map(({ project }) => project)).toEqual(['shop', 'b/shop']);
});

test('another program cannot open the counters at the same time', () => {
  using folder = new TranscriptFolder();
  using _service = open(folder);
  using database = new DatabaseSync(join(folder.path, 'transcripts.sqlite'), { timeout: 1 });
  expect(() => database.exec('BEGIN IMMEDIATE')).toThrow('database is locked');
});

test('the statistics have the fields of the original agent', async () => {
  using folder = new TranscriptFolder();
  folder.write(FILE, response({ at: '2026-10-12T10:37:42.000Z', usage: { cache_creation_input_tokens: 3 } }));
  using service = open(folder);
  await service.rescan();
  expect(answerQuery({ kind: 'stats' }, service.view(), NOW)).toMatchObject({
    total_tokens: 110,
    total_cache_creation_tokens: 3,
    total_sessions: 1,
    projects: 1,
    current_window_tokens: 110,
    current_window_start: '2026-10-12T10:30:00.000Z',
    next_reset_at: '2026-10-12T15:30:00.000Z',
    time_until_reset_seconds: 12_600,
    time_until_reset_human: '3h 30m remaining',
    is_within_active_window: true,
  });
  expect(answerQuery({ kind: 'project', name: 'shop' }, service.view(), NOW)).toMatchObject({ name: '/home/ada/shop' });
  expect(answerQuery({ kind: 'session', name: 'unknown' }, service.view(), NOW)).toBeUndefined();
});
