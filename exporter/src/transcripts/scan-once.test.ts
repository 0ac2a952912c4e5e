import { describe, expect, test } from 'vitest';
import { OPUS, response, SESSION, TranscriptFolder } from '../../test/transcripts.ts';

const OTHER_SESSION = '0e5e5510-0002-4000-8000-00000000cafe';

async function scanLines(...lines: readonly string[]) {
  using folder = new TranscriptFolder();
  folder.write(`-home-ada-shop/${SESSION}.jsonl`, ...lines);
  return await folder.scan();
}

describe('a message counts once', () => {
  test('with its largest line, wherever that stands', async () => {
    const lines = [1, 412, 3].map((output) => response({ usage: { output_tokens: output } }));
    expect((await scanLines(...lines)).total).toMatchObject({ input: 10, output: 412, messages: 1, sessions: 1 });
  });

  test('over sessions, if it has a request id', async () => {
    const { total } = await scanLines(response(), response({ session: OTHER_SESSION }));
    expect(total).toMatchObject({ output: 100, messages: 1 });
  });

  test('within its session only, if it has none', async () => {
    const without = { requestId: null };
    const { total } = await scanLines(
      response(without),
      response(without),
      response({ ...without, session: OTHER_SESSION }),
    );
    expect(total).toMatchObject({ output: 200, messages: 2, sessions: 2 });
  });

  test('in its session, if only some of its lines have the request id', async () => {
    const partial = response({ requestId: null, usage: { output_tokens: 1 } });
    expect((await scanLines(partial, response())).total).toMatchObject({ output: 100, messages: 1 });
    expect((await scanLines(response(), partial)).total).toMatchObject({ output: 100, messages: 1 });
  });

  test('but answers of a gateway that gives one id to all of them count each', async () => {
    const answers = [7, 8, 9].map((input) => response({ id: 'chat', requestId: null, usage: { input_tokens: input } }));
    expect((await scanLines(...answers)).total).toMatchObject({ input: 24, messages: 3 });
  });

  test('in a copy that names the session it was forked from, even without request id', async () => {
    const copy = response({ requestId: null, session: OTHER_SESSION, record: { forkedFrom: { sessionId: SESSION } } });
    expect((await scanLines(copy, response({ requestId: null }))).total).toMatchObject({ messages: 1, sessions: 1 });
  });

  test('when a side question replays it under another request id, read before or after', async () => {
    const replay = response({ requestId: 'req_replay', record: { isSidechain: true } });
    const answer = response({ id: 'msg_2', record: { isSidechain: true } });
    for (const lines of [
      [response(), replay, answer],
      [replay, answer, response()],
    ]) {
      expect((await scanLines(...lines)).total).toMatchObject({ output: 200, messages: 2 });
    }
  });

  test('with the model of its largest line', async () => {
    const { byModel } = await scanLines(
      response({ model: 'claude-opus-5', usage: { output_tokens: 1 } }),
      response({ model: 'claude-sonnet-5', usage: { output_tokens: 50 } }),
    );
    expect(byModel).toMatchObject({ 'claude-sonnet-5': { output: 50 } });
    expect(byModel).not.toHaveProperty(OPUS);
  });
});

describe('what another model was asked for a response', () => {
  const parts = (...iterations: readonly object[]) => response({ usage: { iterations } });
  const tokens = { input_tokens: 1000, output_tokens: 20 };

  test('counts under its own model, and is no message', async () => {
    const advised = parts(
      { type: 'message', model: null },
      { type: 'advisor_message', model: 'claude-fable-5', ...tokens },
    );
    const copied = advised.replaceAll(SESSION, OTHER_SESSION);
    const { total, byModel } = await scanLines(advised, advised, copied);
    expect(byModel['claude-fable-5']).toMatchObject({ input: 1000, output: 20, messages: 0 });
    expect(total).toMatchObject({ input: 1010, output: 120, messages: 1 });
  });

  test('is counted once in a replay by a side question', async () => {
    const advised = parts({ type: 'advisor_message', model: 'claude-fable-5', ...tokens });
    const replay = JSON.stringify({ ...JSON.parse(advised), requestId: 'req_replay', isSidechain: true });
    expect((await scanLines(advised, replay)).total).toMatchObject({ input: 1010, messages: 1 });
  });

  test('counts as an attempt only if it wrote something', async () => {
    const { byModel } = await scanLines(
      parts(
        { type: 'message', model: 'claude-fable-5', ...tokens },
        { type: 'message', model: 'claude-haiku-4-5', input_tokens: 5 },
      ),
    );
    expect(Object.keys(byModel).toSorted()).toEqual(['claude-fable-5', OPUS]);
  });

  test('is not counted as a fallback, which the response itself already has', async () => {
    const { total } = await scanLines(parts({ type: 'fallback_message', model: 'claude-sonnet-5', ...tokens }));
    expect(total).toMatchObject({ input: 10, output: 100 });
  });

  test('is counted as a compaction', async () => {
    expect((await scanLines(parts({ type: 'compaction', ...tokens }))).total).toMatchObject({
      input: 1010,
      output: 120,
    });
  });
});

describe('damaged lines', () => {
  const first = response({ id: 'msg_1' });
  const second = response({ id: 'msg_2' });

  test.each([
    ['a record cut within a text', first.slice(0, first.indexOf('Done') + 2) + second],
    ['a record cut between fields', first.slice(0, first.indexOf(',"stop_reason"')) + second],
    ['a record cut within a number', first.slice(0, first.indexOf('100') + 2) + second],
    ['a prompt that was cut', first.replace('assistant', 'user').slice(0, 200) + second],
    ['a run of NUL before a record', `\0\0\0\0${second}`],
    ['a run of NUL within a text', second.replace('Done', 'Do\0\0ne')],
    ['spaces between the tokens', JSON.stringify(JSON.parse(second), undefined, 1).replaceAll('\n', ' ')],
    ['a line separator within a text', second.replace('Done', 'Do\u2028ne')],
    ['half of a surrogate pair', second.replace('Done', '\\ud83d')],
    ['a carriage return at the end', `${second}\r`],
  ])('%s does not hide a whole record', async (_, line) => {
    expect((await scanLines(line)).total).toMatchObject({ input: 10, output: 100, messages: 1 });
  });

  test('two whole records on one line count both', async () => {
    expect((await scanLines(first + second)).total).toMatchObject({ messages: 2 });
    expect((await scanLines(first + second + first.slice(0, 90))).total).toMatchObject({ messages: 2 });
  });

  test('a byte order mark and bytes that are no UTF-8 are passed over', async () => {
    using folder = new TranscriptFolder();
    const bytes = Buffer.from(`\ufeff${first}\n${second.replace('Done', '\u0001')}\n`);
    bytes[bytes.indexOf(1)] = 0xff;
    folder.writeText(`-home-ada-shop/${SESSION}.jsonl`, bytes);
    expect((await folder.scan()).total).toMatchObject({ messages: 2 });
  });

  test('a record inside the text of another one is none', async () => {
    const quoting = second.replace('Done.', JSON.stringify(first).slice(1, -1));
    expect((await scanLines(quoting)).total).toMatchObject({ messages: 1 });
  });

  test('lines longer than the buffer count, the last one without a newline too', async () => {
    using folder = new TranscriptFolder();
    const long = [3_000_000, 1_048_576, 262_144].map((length, at) =>
      response({ id: `msg_long_${at}` }).replace('Done.', 'x'.repeat(length)),
    );
    folder.writeText(`-home-ada-shop/${SESSION}.jsonl`, [...long, second].join('\n'));
    expect((await folder.scan()).total).toMatchObject({ messages: 4 });
  });
});

describe('odd fields', () => {
  test('count as nothing, and the others of their line count', async () => {
    const { total } = await scanLines(
      response({ id: 'msg_1', usage: { input_tokens: -5, output_tokens: 12.5, cache_read_input_tokens: 7 } }),
      response({ id: 'msg_2', usage: { input_tokens: null, output_tokens: '9', cache_creation_input_tokens: 3 } }),
    );
    expect(total).toMatchObject({ input: 0, output: 0, cacheRead: 7, cacheCreate: 3, messages: 2 });
  });

  test('nested cache writes count where the sum is missing', async () => {
    const { total } = await scanLines(
      response({ usage: { cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 6 } } }),
    );
    expect(total).toMatchObject({ cacheCreate: 10, cc5m: 4, cc1h: 6 });
  });

  test('a message without id, model or time is counted', async () => {
    const { total, byDayUTC, byModel } = await scanLines(
      response({
        model: null,
        record: { timestamp: undefined, message: { usage: { input_tokens: 3, output_tokens: 4 } } },
      }),
    );
    expect(total).toMatchObject({ input: 3, output: 4, messages: 1 });
    expect(byDayUTC).toEqual({});
    expect(byModel).toHaveProperty('unknown');
  });

  test('messages that Claude Code wrote itself are not counted', async () => {
    expect((await scanLines(response({ model: '<synthetic>' }))).total).toMatchObject({ messages: 0, output: 0 });
  });
});

test('a refusal counts once for its window, and an empty or other state does not', async () => {
  const refusal = (uuid: string, status: string) =>
    response({
      id: uuid,
      model: '<synthetic>',
      record: { uuid, quotaLimits: { status, resetsAt: 1_791_813_600, rateLimitType: 'five_hour' } },
    });
  const { limitHits, total } = await scanLines(
    refusal('a', 'rejected'),
    refusal('a', 'rejected'),
    refusal('b', 'rejected'),
    refusal('c', 'allowed'),
    response({ record: { quotaLimits: {} } }),
  );
  expect(limitHits).toEqual({ five_hour: 2 });
  expect(total.messages).toBe(1);
});
