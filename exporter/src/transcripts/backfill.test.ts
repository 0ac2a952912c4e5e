import { expect, test } from 'vitest';
import { response, SESSION, TranscriptFolder } from '../../test/transcripts.ts';
import { backfillText } from './backfill.ts';
import { findTranscripts } from './files/transcript-files.ts';
import { Prices } from './prices/prices.ts';
import { scanOnce } from './scan-once.ts';

async function backfill(range: { since?: number; until?: number }, ...lines: readonly string[]) {
  using folder = new TranscriptFolder();
  folder.write(`-home-ada-shop/${SESSION}.jsonl`, ...lines);
  const found = findTranscripts([{ folder: folder.at(''), account: '' }]);
  const view = await scanOnce(found, { host: 'desk', mergeWorktrees: true }, () => {});
  return [...backfillText(view, new Prices(), range)].join('').split('\n');
}

const at = (time: string) => Date.parse(`2026-10-12T${time}Z`) / 1000;

test('a counter starts at 0, rises with its messages and stays without gaps in between', async () => {
  const lines = await backfill(
    {},
    response({ id: 'msg_1', at: '2026-10-12T09:01:00.000Z' }),
    response({ id: 'msg_2', at: '2026-10-12T09:12:00.000Z' }),
  );
  const name = 'claude_transcript_messages_total{host="desk",project="shop",model="claude-opus-5"}';
  expect(lines.filter((line) => line.startsWith(name)).map((line) => line.slice(name.length + 1))).toEqual([
    `0 ${at('09:00:00')}`,
    `1 ${at('09:05:00')}`,
    `1 ${at('09:10:00')}`,
    `2 ${at('09:15:00')}`,
  ]);
  expect(lines.at(-2)).toBe('# EOF');
});

test('only messages of the range are included', async () => {
  const early = response({ id: 'msg_1', at: '2026-10-11T09:00:00.000Z' });
  const lines = await backfill({ until: Date.parse('2026-10-11T00:00:00Z') }, early);
  expect(lines).toEqual(['# EOF', '']);
});
