import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceId, OlmMachine, UserId } from '@matrix-org/matrix-sdk-crypto-wasm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KeyStore, type KeyStoreOptions, openKeyStore } from '../../bridge/src/key-store/key-store.ts';
import { liveAndDie } from '../crash/bot-process.ts';
import { messageKey } from '../crash/verdict.ts';
import type { Device } from '../fakes/homeserver/device-keys.ts';
import { type Homeserver, startHomeserver } from '../fakes/homeserver/homeserver.ts';
import { OlmClient } from '../fakes/homeserver/olm-client.ts';

const BOT = { userId: '@bot:test', deviceId: 'BOT' };
const READER = { userId: '@reader:test', deviceId: 'READER' };
const storeKey = randomBytes(32);

let directory: string;
let path: string;
let homeserver: Homeserver;
let reader: OlmClient;
let store: KeyStore | undefined;
let bot: OlmClient | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'key-store-'));
  path = join(directory, 'keys.sqlite');
  homeserver = await startHomeserver();
  reader = await OlmClient.open(homeserver.url, READER);
});

afterEach(async () => {
  stopBot();
  reader.close();
  await homeserver.close();
  rmSync(directory, { recursive: true });
});

async function startBot(options: Omit<KeyStoreOptions, 'path'> = {}): Promise<OlmClient> {
  store = await openKeyStore({ path, ...options });
  bot = await OlmClient.open(homeserver.url, BOT, storeKey);
  return bot;
}

function stopBot(): void {
  bot?.close();
  store?.close();
  bot = store = undefined;
}

/** Sends as many messages as named, without giving the room key to anyone who has it already. */
async function send(client: OlmClient, ...names: string[]): Promise<void> {
  await client.shareRoomKey([READER.userId]);
  for (const name of names) await client.put(name, await client.encrypt({ body: name }));
}

function sentKeys(): { session: string; index: number }[] {
  return homeserver.events.all.map(messageKey);
}

async function readAll(): Promise<unknown[]> {
  await reader.sync();
  const contents = await Promise.all(homeserver.events.all.map((event) => reader.decrypt(event)));
  return contents.map(({ body }) => body);
}

test('while commits fail nothing is encrypted, and afterwards no index is used again', async () => {
  let failing = false;
  const failures: string[] = [];
  const client = await startBot({
    onCommitFailed: (error) => failures.push(error.message),
    fault(point) {
      if (failing && point === 'uncommitted') throw new Error('the disk is full');
    },
  });
  await send(client, 'before 1', 'before 2');

  failing = true;
  const notAfterAbort = 'Expected the Transaction to be committed, but it was aborted.';
  await expect(client.encrypt({ body: 'lost 1' })).rejects.toThrow(notAfterAbort);
  await expect(client.encrypt({ body: 'lost 2' })).rejects.toThrow(notAfterAbort);
  expect(failures).toEqual(['the disk is full']);

  failing = false;
  await send(client, 'after');
  stopBot();
  await send(await startBot(), 'reopened');

  const keys = sentKeys().map(({ session, index }) => `${session} ${index}`);
  expect(new Set(keys).size).toBe(4);
  expect(await readAll()).toEqual(['before 1', 'before 2', 'after', 'reopened']);
});

test('a restored copy repeats indices, unless the session is discarded before the first message', async () => {
  await send(await startBot(), 'first');
  stopBot();
  copyFileSync(path, `${path}.copy`);
  await send(await startBot(), 'second');
  stopBot();
  const [, second] = sentKeys();

  copyFileSync(`${path}.copy`, path);
  await send(await startBot(), 'repeats');
  stopBot();
  expect(sentKeys()[2]).toEqual(second);

  copyFileSync(`${path}.copy`, path);
  const client = await startBot();
  expect(await client.rotate()).toBe(true);
  await send(client, 'fresh');
  expect(sentKeys()[3]?.session).not.toBe(second?.session);
  expect(await reader.sync().then(() => reader.decrypt(lastEvent()))).toMatchObject({ body: 'fresh' });
});

test('a key store is locked while its process lives, and free as soon as it is killed', async () => {
  const config = {
    url: homeserver.url,
    directory,
    device: BOT,
    storeKey: storeKey.toString('base64'),
    recipients: [READER.userId],
    lateCommit: false,
  };
  let refusal: unknown;
  await liveAndDie(config, (kill) => (report) => {
    if (!('ready' in report)) return;
    openKeyStore({ path }).then(
      (opened) => opened.close(),
      (error) => {
        refusal = error;
        kill();
      },
    );
  });
  expect(refusal).toMatchObject({ reason: 'locked' });
  await startBot();
});

const notThisAccount =
  "the account in the store doesn't match the account in the constructor: expected @bot:test:BOT, got";

test.each<{ what: string; device: Device; key: Uint8Array; message: string }>([
  {
    what: 'storage key',
    device: BOT,
    key: randomBytes(32),
    message: 'An object failed to be decrypted while unpickling',
  },
  {
    what: 'device',
    device: { ...BOT, deviceId: 'OTHER' },
    key: storeKey,
    message: `${notThisAccount} @bot:test:OTHER`,
  },
  {
    what: 'user',
    device: { ...BOT, userId: '@other:test' },
    key: storeKey,
    message: `${notThisAccount} @other:test:BOT`,
  },
])('another $what is refused, and spoils nothing', async ({ device, key, message }) => {
  await startBot();
  const identity = bot?.machine.identityKeys.ed25519.toBase64();
  stopBot();
  store = await openKeyStore({ path });
  await expect(OlmClient.open(homeserver.url, device, key)).rejects.toThrow(message);
  store.close();
  expect((await startBot()).machine.identityKeys.ed25519.toBase64()).toBe(identity);
});

test('only without a storage key does the file hold the account in the clear', async () => {
  const account = Buffer.from('{"user_id":"@bot:test","device_id":"BOT","pickle"').toString('base64').slice(0, 60);
  await startBot();
  stopBot();
  expect(readFileSync(path).includes(account)).toBe(false);

  store = await openKeyStore({ path });
  const unprotected = await OlmMachine.initialize(new UserId('@bot:test'), new DeviceId('BOT'), 'unprotected');
  unprotected.close();
  stopBot();
  expect(readFileSync(path).includes(account)).toBe(true);
});

test('known gap of the crypto library: a crash inside the first message of an Olm session loses the room key in it', async () => {
  let commitsLeft = Number.POSITIVE_INFINITY;
  const client = await startBot({
    fault(point) {
      if (point === 'before' && commitsLeft-- === 0) throw new Error('crashed');
    },
  });
  await reader.shareRoomKey([BOT.userId]);
  await reader.put('message', await reader.encrypt({ body: 'message' }));
  commitsLeft = 1;
  await expect(client.sync()).rejects.toThrow();
  stopBot();

  const restarted = await startBot();
  await restarted.sync();
  await expect(restarted.decrypt(lastEvent())).rejects.toMatchObject({
    description: "Can't find the room key to decrypt the event, withheld code: None",
  });
});

function lastEvent() {
  const event = homeserver.events.all.at(-1);
  if (!event) throw new Error('No event has been sent');
  return event;
}
