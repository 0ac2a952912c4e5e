import { type IRoomEvent, type MatrixClient, MatrixEvent, Method } from 'matrix-js-sdk';
import type { CryptoBackend } from 'matrix-js-sdk/lib/common-crypto/CryptoBackend.js';
import { DELIVERY_ID_KEY } from '../message/message.ts';

const REQUEST_TIMEOUT_MS = 60_000;

/** Allowed difference between the clocks of the homeserver and this machine. */
const CLOCK_DIFFERENCE_MS = 3_600_000;

interface MessagesPage {
  readonly chunk: readonly IRoomEvent[];
  readonly end?: string;
}

/**
 * Searches the room, newest message first, for the bridge's message with this transaction ID.
 * @param since start of the search range, in Unix milliseconds
 * @returns the event ID, or `undefined` if there is no such message
 */
export async function findSent(
  client: MatrixClient,
  crypto: CryptoBackend,
  { roomId, txnId, since }: { roomId: string; txnId: string; since: number },
): Promise<string | undefined> {
  const oldest = since - CLOCK_DIFFERENCE_MS;
  let from: string | undefined;
  do {
    const query = { dir: 'b', limit: '100', ...(from === undefined ? {} : { from }) };
    const path = `/rooms/${encodeURIComponent(roomId)}/messages`;
    const page: MessagesPage = await client.http.authedRequest(Method.Get, path, query, undefined, {
      localTimeoutMs: REQUEST_TIMEOUT_MS,
      priority: 'auto',
    });
    for (const raw of page.chunk) {
      if (raw.origin_server_ts < oldest) return undefined;
      if (raw.sender === client.getUserId() && (await isDelivery(raw, roomId, txnId, crypto))) return raw.event_id;
    }
    from = page.chunk.length === 0 ? undefined : page.end;
  } while (from !== undefined);
  return undefined;
}

async function isDelivery(raw: IRoomEvent, roomId: string, txnId: string, crypto: CryptoBackend): Promise<boolean> {
  if (raw.type !== 'm.room.encrypted') return false;
  const event = new MatrixEvent({ ...raw, room_id: roomId });
  await event.attemptDecryption(crypto);
  return event.getContent()[DELIVERY_ID_KEY] === txnId;
}
