import type { OutboxRow } from '../outbox/outbox.ts';
import type { RenderedMessage } from './render.ts';

/** Key in the encrypted content that contains the transaction ID of the outbox row. */
export const DELIVERY_ID_KEY = 'org.alertmanager-matrix-bridge.delivery_id';

/** The content of an `m.room.message` event. */
export type MessageContent = Readonly<Record<string, unknown>>;

/**
 * Returns the event content for a row. An edit or thread message without a card in the room becomes a new message.
 * Clients do not notify for `m.notice`, so the type is `m.text`. `m.mentions` is always set, so that clients do not
 * search the text for mentions.
 */
export function toMessageContent(
  row: Pick<OutboxRow, 'kind' | 'txnId' | 'cardEventId'>,
  { body, formattedBody }: RenderedMessage,
): MessageContent {
  const text = {
    msgtype: 'm.text',
    body,
    format: 'org.matrix.custom.html',
    formatted_body: formattedBody,
    'm.mentions': {},
  };
  const marked = { ...text, [DELIVERY_ID_KEY]: row.txnId };
  const root = row.cardEventId;
  if (row.kind === 'card' || root === undefined) return marked;
  if (row.kind === 'thread') {
    const relation = {
      rel_type: 'm.thread',
      event_id: root,
      is_falling_back: true,
      'm.in_reply_to': { event_id: root },
    };
    return { ...marked, 'm.relates_to': relation };
  }
  return {
    ...marked,
    body: `* ${body}`,
    formatted_body: `* ${formattedBody}`,
    'm.new_content': text,
    'm.relates_to': { rel_type: 'm.replace', event_id: root },
  };
}
