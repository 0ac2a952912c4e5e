import { expect, test } from 'vitest';
import { toMessageContent } from '../message/message.ts';
import { createTerminalRoom } from './terminal-room.ts';

const message = (body: string) => ({ body, formattedBody: body });

test('each message is shown as the room would show it, and says that it was not sent', async () => {
  let shown = '';
  const room = createTerminalRoom('ops', (text) => {
    shown += text;
  });
  const card = await room.send(
    toMessageContent({ kind: 'card', txnId: 'a', cardEventId: undefined }, message('one\ntwo')),
    'a',
  );
  const edit = toMessageContent({ kind: 'edit', txnId: 'b', cardEventId: card }, message('three'));
  const thread = toMessageContent({ kind: 'thread', txnId: 'c', cardEventId: card }, message('four'));
  expect([card, await room.send(edit, 'b'), await room.send(thread, 'c')]).toEqual([
    'message 1',
    'message 2',
    'message 3',
  ]);
  expect(shown).toBe(`┌── message 1 in room ops (not sent: no Matrix account is configured)
│ one
│ two
└──
┌── message 1 in room ops now reads (not sent: no Matrix account is configured)
│ three
└──
┌── message 3 in the thread of message 1 in room ops (not sent: no Matrix account is configured)
│ four
└──
`);
});

test('nothing is ever found in a terminal', async () => {
  expect(await createTerminalRoom('ops', () => {}).find('txn', 0)).toBeUndefined();
});
