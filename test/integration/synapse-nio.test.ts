import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NioClient, startNioClient } from '../components/nio-client.ts';
import { type Synapse, startSynapse } from '../components/synapse.ts';

let directory: string;
let synapse: Synapse;
let alice: NioClient;
let bob: NioClient;
let roomId: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synapse-nio-'));
  synapse = await startSynapse({ directory: join(directory, 'synapse') });
  alice = await startClient('alice');
  bob = await startClient('bob');
  roomId = await alice.createEncryptedRoom({ invite: [bob.userId], name: 'Ops', rotationPeriodMsgs: 3 });
  await bob.joinRoom(roomId);
});

afterAll(async () => {
  await alice?.stop();
  await bob?.stop();
  await synapse?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function startClient(name: string): Promise<NioClient> {
  await synapse.registerUser(name, 'password');
  return startNioClient({
    homeserver: synapse.url,
    user: name,
    password: 'password',
    storeDirectory: join(directory, name),
  });
}

test('a message, its edit and a reply in its thread are read decrypted, with session and index', async () => {
  const original = await alice.send(roomId, {
    msgtype: 'm.text',
    body: 'half used',
    format: 'org.matrix.custom.html',
    formatted_body: '<b>half</b> used',
  });
  const edit = await alice.send(roomId, {
    msgtype: 'm.text',
    body: '* all used',
    'm.new_content': { msgtype: 'm.text', body: 'all used' },
    'm.relates_to': { rel_type: 'm.replace', event_id: original },
  });
  const reply = await alice.send(roomId, {
    msgtype: 'm.notice',
    body: 'since noon',
    'm.relates_to': { rel_type: 'm.thread', event_id: original },
  });

  const received = await Promise.all(
    [original, edit, reply].map((id) =>
      bob.waitForMessage(({ eventId, decryptable }) => eventId === id && decryptable, 20_000),
    ),
  );
  const [first] = received;
  expect(first).toMatchObject({
    sender: '@alice:synapse.test',
    roomId,
    type: 'm.room.message',
    msgtype: 'm.text',
    body: 'half used',
    formattedBody: '<b>half</b> used',
    encrypted: true,
    senderDeviceId: alice.deviceId,
  });
  expect(received[1]).toMatchObject({
    body: '* all used',
    relatesTo: { rel_type: 'm.replace', event_id: original },
    content: { 'm.new_content': { body: 'all used' } },
  });
  expect(received[2]).toMatchObject({ msgtype: 'm.notice', relatesTo: { rel_type: 'm.thread', event_id: original } });
  expect(received.map(({ messageIndex }) => messageIndex)).toEqual([0, 1, 2]);
  expect(new Set(received.map(({ sessionId }) => sessionId)).size).toBe(1);
  expect(first?.sessionId).toMatch(/^[\w+/]{43}$/);
});

test('plaintext in an encrypted room is flagged', async () => {
  const { accessToken } = await synapse.login('alice', 'password', 'CURL');
  const response = await fetch(`${synapse.url}/_matrix/client/v3/rooms/${roomId}/send/m.room.message/1`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ msgtype: 'm.text', body: 'for all to read' }),
  });
  expect(response.status).toBe(200);

  const message = await bob.waitForMessage(({ body }) => body === 'for all to read', 20_000);
  expect(message).toMatchObject({ encrypted: false, decryptable: false });
  expect(message.sessionId).toBeUndefined();
});

test('who joins later sees that there were messages which are not for them', async () => {
  const carol = await startClient('carol');
  try {
    await alice.invite(roomId, carol.userId);
    await carol.joinRoom(roomId);
    const timeline = await carol.readTimeline(roomId);
    const unreadable = timeline.filter(({ encrypted, decryptable }) => encrypted && !decryptable);
    expect(unreadable.map(({ error }) => error)).toContainEqual(expect.stringContaining('no session found'));
    expect(timeline.find(({ type }) => type === 'm.room.encryption')).toMatchObject({
      content: { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_msgs: 3 },
    });

    const later = await alice.send(roomId, { msgtype: 'm.text', body: 'welcome' });
    expect(await carol.waitForMessage(({ eventId }) => eventId === later, 20_000)).toMatchObject({ body: 'welcome' });
    await carol.leaveRoom(roomId);
  } finally {
    await carol.stop();
  }
});

test('the clients outlive a homeserver that is killed and started again', async () => {
  await synapse.kill();
  await synapse.start();
  const sent = await bob.send(roomId, { msgtype: 'm.text', body: 'still here' });
  const message = await alice.waitForMessage(({ eventId, decryptable }) => eventId === sent && decryptable, 30_000);
  expect(message.body).toBe('still here');
  await alice.waitUntilQuiet(200);
  expect(alice.messages().at(-1)?.eventId).toBe(sent);
});
