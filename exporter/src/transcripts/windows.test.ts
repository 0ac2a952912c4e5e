import { expect, test } from 'vitest';
import { response, SESSION, TranscriptFolder } from '../../test/transcripts.ts';

const prompt = (at: string) =>
  JSON.stringify({ parentUuid: null, sessionId: SESSION, type: 'user', message: { content: 'Go on.' }, timestamp: at });

async function windows(...lines: readonly string[]) {
  using folder = new TranscriptFolder();
  folder.write(`-home-ada-shop/${SESSION}.jsonl`, ...lines);
  const { windows: found } = await folder.scan();
  return found.map(({ start, end, output }) => [start.slice(11, 16), end.slice(11, 16), output]);
}
let id = 0;
const answer = (time: string, record = {}) => response({ id: `msg_${++id}`, at: `2026-10-12T${time}.000Z`, record });

test('a window starts with its first message, rounded down to ten minutes, and lasts five hours', async () => {
  expect(await windows(answer('10:37:42'), answer('15:29:59'), answer('15:30:00'))).toEqual([
    ['10:30', '15:30', 200],
    ['15:30', '20:30', 100],
  ]);
});

test('a window starts at the prompt of its first answer', async () => {
  expect(await windows(prompt('2026-10-12T08:59:50.000Z'), answer('09:00:01'))).toEqual([['08:50', '13:50', 100]]);
});

test('a refusal that names the reset of its window is believed', async () => {
  const resetsAt = Date.parse('2026-10-12T15:00:00Z') / 1000;
  const refusal = answer('14:00:00', { quotaLimits: { status: 'rejected', resetsAt, rateLimitType: 'five_hour' } });
  expect(await windows(answer('10:37:42'), refusal, answer('15:05:00'))).toEqual([
    ['10:00', '15:00', 200],
    ['15:00', '20:00', 100],
  ]);
});
