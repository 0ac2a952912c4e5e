import { EventEmitter } from 'node:events';
import { ClientEvent, type MatrixClient, MatrixEvent } from 'matrix-js-sdk';
import { expect, test, vi } from 'vitest';
import { waitForFreshSync } from './sync-mark.ts';

const TYPE = 'org.alertmanager-matrix-bridge.sync_mark';

function scene() {
  const written: unknown[] = [];
  const client = Object.assign(new EventEmitter(), {
    setAccountDataRaw: vi.fn(async (type: string, content: object) => {
      written.push([type, content]);
    }),
  });
  const stopping = new AbortController();
  const state = { isFresh: false };
  const waiting = waitForFreshSync(client as unknown as MatrixClient, 'new', stopping.signal).then(() => {
    state.isFresh = true;
  });
  const sync = async (type: string, content: object) => {
    client.emit(ClientEvent.AccountData, new MatrixEvent({ type, content }));
    await new Promise(setImmediate);
    return state.isFresh;
  };
  return { client, written, stopping, waiting, sync };
}

test('only the mark that was just written ends the wait, not an older one and not another event', async () => {
  const { written, waiting, sync, client } = scene();
  expect(written).toEqual([[TYPE, { mark: 'new' }]]);
  expect(await sync(TYPE, { mark: 'old' })).toBe(false);
  expect(await sync(TYPE, {})).toBe(false);
  expect(await sync('m.push_rules', { mark: 'new' })).toBe(false);
  expect(await sync(TYPE, { mark: 'new' })).toBe(true);
  await waiting;
  expect(client.listenerCount(ClientEvent.AccountData)).toBe(0);
});

test('a mark that comes back before the answer to its writing counts', async () => {
  const client = Object.assign(new EventEmitter(), {
    async setAccountDataRaw(type: string, content: object) {
      client.emit(ClientEvent.AccountData, new MatrixEvent({ type, content }));
    },
  });
  await waitForFreshSync(client as unknown as MatrixClient, 'new', new AbortController().signal);
});

test('a mark that can not be written ends the wait, and leaves nothing behind', async () => {
  const client = Object.assign(new EventEmitter(), {
    async setAccountDataRaw() {
      throw new Error('no answer');
    },
  });
  const waiting = waitForFreshSync(client as unknown as MatrixClient, 'new', new AbortController().signal);
  await expect(waiting).rejects.toThrow('no answer');
  expect(client.listenerCount(ClientEvent.AccountData)).toBe(0);
});

test.each(['while it is written', 'while it is waited for'])('an abort %s ends the wait', async (when) => {
  const stopping = new AbortController();
  const client = Object.assign(new EventEmitter(), {
    setAccountDataRaw: () => (when === 'while it is written' ? new Promise(() => {}) : Promise.resolve()),
  });
  const waiting = waitForFreshSync(client as unknown as MatrixClient, 'new', stopping.signal);
  stopping.abort(new Error('stopping'));
  await expect(waiting).rejects.toThrow('stopping');
  expect(client.listenerCount(ClientEvent.AccountData)).toBe(0);
});
