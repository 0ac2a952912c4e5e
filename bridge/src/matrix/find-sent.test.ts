import type { IRoomEvent, MatrixClient, MatrixEvent } from 'matrix-js-sdk';
import type { CryptoBackend } from 'matrix-js-sdk/lib/common-crypto/CryptoBackend.js';
import { logger } from 'matrix-js-sdk/lib/logger.js';
import { beforeAll, expect, test, vi } from 'vitest';
import { NOON } from '../../test/alerts.ts';
import { findSent } from './find-sent.ts';

const ME = '@alerts:example.org';
const HOUR = 3_600_000;

interface Sent {
  txnId?: string;
  sender?: string;
  type?: string;
  at?: number;
}

// The SDK logs each event that it cannot decrypt.
beforeAll(() => {
  vi.spyOn(logger, 'warn').mockImplementation(() => {});
});

let count = 0;
function raw({ txnId = 'other', sender = ME, type = 'm.room.encrypted', at = NOON }: Sent = {}): IRoomEvent {
  count += 1;
  return {
    event_id: `$${txnId}-${count}`,
    type,
    sender,
    origin_server_ts: at,
    content: { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: txnId },
    unsigned: {},
  } as unknown as IRoomEvent;
}

/** A room whose history comes in pages, the newest first, and whose encryption is none. */
function scene(pages: IRoomEvent[][]) {
  const queries: unknown[] = [];
  const client = {
    getUserId: () => ME,
    http: {
      authedRequest: async (method: string, path: string, query: { from?: string }) => {
        queries.push([method, path, query]);
        const page = Number(query.from ?? 0);
        return { chunk: pages[page] ?? [], ...(page + 1 < pages.length ? { end: String(page + 1) } : {}) };
      },
    },
  };
  const crypto = {
    decryptEvent: async (event: MatrixEvent) => {
      if (event.getWireContent().ciphertext === 'undecryptable') throw new Error('unknown session');
      return {
        clearEvent: {
          type: 'm.room.message',
          content: { body: 'x', 'org.alertmanager-matrix-bridge.delivery_id': event.getWireContent().ciphertext },
        },
      };
    },
  };
  const find = (since = NOON) =>
    findSent(client as unknown as MatrixClient, crypto as unknown as CryptoBackend, {
      roomId: '!room:example.org',
      txnId: 'mine',
      since,
    });
  return { find, queries };
}

test('our message is found by the id inside it, on whatever page it stands', async () => {
  const mine = raw({ txnId: 'mine' });
  const { find, queries } = scene([[raw(), raw()], [raw()], [raw(), mine, raw()], [raw()]]);
  expect(await find()).toBe(mine.event_id);
  const path = '/rooms/!room%3Aexample.org/messages';
  expect(queries).toEqual([
    ['GET', path, { dir: 'b', limit: '100' }],
    ['GET', path, { dir: 'b', limit: '100', from: '1' }],
    ['GET', path, { dir: 'b', limit: '100', from: '2' }],
  ]);
});

test('in a room that does not have it, the search ends with the history', async () => {
  const { find, queries } = scene([[raw()], [raw()]]);
  expect(await find()).toBeUndefined();
  expect(queries).toHaveLength(2);
  expect(await scene([[]]).find()).toBeUndefined();
});

test('the search goes back to an hour before the message was in flight, for clocks differ, and no further', async () => {
  const inTime = raw({ txnId: 'mine', at: NOON - HOUR });
  expect(await scene([[inTime]]).find()).toBe(inTime.event_id);
  const { find, queries } = scene([[raw({ at: NOON - HOUR - 1 })], [raw({ txnId: 'mine' })]]);
  expect(await find()).toBeUndefined();
  expect(queries).toHaveLength(1);
});

test("neither another member's message with our id nor an unencrypted one is ours", async () => {
  const { find } = scene([
    [
      raw({ txnId: 'mine', sender: '@mallory:example.org' }),
      raw({ txnId: 'mine', type: 'm.room.message' }),
      raw({ txnId: 'undecryptable' }),
    ],
  ]);
  expect(await find()).toBeUndefined();
});

test('a message that can not be read does not end the search', async () => {
  const mine = raw({ txnId: 'mine' });
  expect(await scene([[raw({ txnId: 'undecryptable' }), mine]]).find()).toBe(mine.event_id);
});
