import { expect, test } from 'vitest';
import { toMessageContent } from './message.ts';
import { MAX_BYTES } from './render.ts';

const rendered = { body: 'text', formattedBody: '<b>text</b>' };
const MARK = 'org.alertmanager-matrix-bridge.delivery_id';

test('a card is a message that notifies, mentions nobody and can be found again', () => {
  expect(toMessageContent({ kind: 'card', txnId: 't', cardEventId: undefined }, rendered)).toEqual({
    msgtype: 'm.text',
    body: 'text',
    format: 'org.matrix.custom.html',
    formatted_body: '<b>text</b>',
    'm.mentions': {},
    [MARK]: 't',
  });
});

test('an edit replaces the card, with a fallback for clients that know no edits', () => {
  expect(toMessageContent({ kind: 'edit', txnId: 't', cardEventId: '$card' }, rendered)).toEqual({
    msgtype: 'm.text',
    body: '* text',
    format: 'org.matrix.custom.html',
    formatted_body: '* <b>text</b>',
    'm.mentions': {},
    [MARK]: 't',
    'm.new_content': {
      msgtype: 'm.text',
      body: 'text',
      format: 'org.matrix.custom.html',
      formatted_body: '<b>text</b>',
      'm.mentions': {},
    },
    'm.relates_to': { rel_type: 'm.replace', event_id: '$card' },
  });
});

test('a thread message hangs below the card, and is a reply to it for clients that know no threads', () => {
  const content = toMessageContent({ kind: 'thread', txnId: 't', cardEventId: '$card' }, rendered);
  expect(content).toMatchObject({ msgtype: 'm.text', body: 'text', 'm.mentions': {} });
  expect(content['m.relates_to']).toEqual({
    rel_type: 'm.thread',
    event_id: '$card',
    is_falling_back: true,
    'm.in_reply_to': { event_id: '$card' },
  });
});

test.each(['edit', 'thread'] as const)('an %s whose card never reached the room becomes a new message', (kind) => {
  const content = toMessageContent({ kind, txnId: 't', cardEventId: undefined }, rendered);
  expect(content).toEqual(toMessageContent({ kind: 'card', txnId: 't', cardEventId: undefined }, rendered));
});

test('the largest edit fits into an event after encryption', () => {
  const largest = { body: 'x'.repeat(MAX_BYTES / 2 - 20), formattedBody: 'x'.repeat(MAX_BYTES / 2 - 20) };
  const content = toMessageContent({ kind: 'edit', txnId: 't'.repeat(36), cardEventId: '$'.repeat(255) }, largest);
  const encryptedBytes = Buffer.byteLength(JSON.stringify(content)) * 1.35;
  expect(encryptedBytes).toBeLessThan(65_536 - 2_000);
});
