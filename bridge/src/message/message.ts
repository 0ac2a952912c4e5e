import type { OutboxRow } from '../outbox/outbox.ts';
import type { ChartImage } from './chart/draw-alert-chart.ts';
import type { RenderedMessage } from './render.ts';

/** Key in the encrypted content that contains the transaction ID of the outbox row. */
export const DELIVERY_ID_KEY = 'org.alertmanager-matrix-bridge.delivery_id';

/** The content of an `m.room.message` event. */
export type MessageContent = Readonly<Record<string, unknown>>;

/** An encrypted file in the homeserver's media store, as a message refers to it. */
export interface EncryptedFile {
  /** The `mxc://` address. */
  readonly url: string;
  readonly v: string;
  readonly key: Readonly<Record<string, unknown>> & { readonly k: string };
  readonly iv: string;
  readonly hashes: Readonly<Record<string, string>>;
}

/** Returns the event content for a picture in the thread of a card. */
export function toPictureContent(
  { txnId, cardEventId }: { readonly txnId: string; readonly cardEventId: string },
  { png, altText, width, height }: ChartImage,
  file: EncryptedFile,
): MessageContent {
  return {
    msgtype: 'm.image',
    body: altText,
    filename: 'chart.png',
    info: { mimetype: 'image/png', w: width, h: height, size: png.length },
    file,
    'm.mentions': {},
    [DELIVERY_ID_KEY]: txnId,
    'm.relates_to': threadRelation(cardEventId),
  };
}

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
  if (row.kind === 'thread') return { ...marked, 'm.relates_to': threadRelation(root) };
  return {
    ...marked,
    body: `* ${body}`,
    formatted_body: `* ${formattedBody}`,
    'm.new_content': text,
    'm.relates_to': { rel_type: 'm.replace', event_id: root },
  };
}

function threadRelation(root: string) {
  return { rel_type: 'm.thread', event_id: root, is_falling_back: true, 'm.in_reply_to': { event_id: root } };
}
