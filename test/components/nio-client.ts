import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createLogTail } from '../../deploy/local/log-tail.ts';
import { createMessageLog, type MessageLog, type ReceivedMessage, type RoomEvent } from './message-log.ts';
import { pythonWithComponents } from './python-environment.ts';

export type { ReceivedMessage, RoomEvent } from './message-log.ts';

export interface NioOptions {
  readonly homeserver: string;
  /** A name or a full user id. */
  readonly user: string;
  readonly password: string;
  /** Holds its keys; created if missing. */
  readonly storeDirectory: string;
}

export interface EncryptedRoom {
  readonly invite: readonly string[];
  readonly name?: string;
  /** Messages after which the room asks for a new Megolm session; matrix-nio itself, as a sender, ignores it. */
  readonly rotationPeriodMsgs?: number;
}

/** An independent Matrix client, matrix-nio: what it can read, the people in the room can read. */
export interface NioClient {
  readonly userId: string;
  readonly deviceId: string;
  createEncryptedRoom(room: EncryptedRoom): Promise<string>;
  joinRoom(roomId: string): Promise<void>;
  leaveRoom(roomId: string): Promise<void>;
  invite(roomId: string, userId: string): Promise<void>;
  /** Sends an encrypted `m.room.message` and returns its event id. */
  send(roomId: string, content: Record<string, unknown>): Promise<string>;
  /** Returns everything synced so far, in order of arrival; a live list. */
  messages(): readonly ReceivedMessage[];
  waitForMessage: MessageLog['waitFor'];
  waitUntilQuiet: MessageLog['waitUntilQuiet'];
  /** Every event that the homeserver has in the room, oldest first, whatever was synced. */
  readTimeline(roomId: string): Promise<readonly RoomEvent[]>;
  /** One event as the homeserver has it, encrypted as it is. */
  readEvent(roomId: string, eventId: string): Promise<Record<string, unknown>>;
  /** Decrypts an event with the keys that this client has. The event need not be in the room. */
  describe(roomId: string, event: Record<string, unknown>): Promise<RoomEvent>;
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL('nio_client.py', import.meta.url));

export async function startNioClient({ homeserver, user, password, storeDirectory }: NioOptions): Promise<NioClient> {
  const python = await pythonWithComponents();
  await mkdir(storeDirectory, { recursive: true });
  const child = spawn(python, [script, homeserver, user, storeDirectory], { stdio: ['pipe', 'pipe', 'pipe'] });
  const log = createMessageLog();
  const { identity, request } = converse(child, log);
  child.stdin.write(`${password}\n`);

  return {
    ...(await identity),
    createEncryptedRoom: ({ invite, name, rotationPeriodMsgs }) =>
      request('create_encrypted_room', { invite, name, rotation_period_msgs: rotationPeriodMsgs }),
    joinRoom: (roomId) => request('join_room', { room_id: roomId }),
    leaveRoom: (roomId) => request('leave_room', { room_id: roomId }),
    invite: (roomId, userId) => request('invite', { room_id: roomId, user_id: userId }),
    send: (roomId, content) => request('send', { room_id: roomId, content }),
    messages: () => log.messages,
    waitForMessage: log.waitFor,
    waitUntilQuiet: log.waitUntilQuiet,
    readTimeline: (roomId) => request('read_timeline', { room_id: roomId }),
    readEvent: (roomId, eventId) => request('read_event', { room_id: roomId, event_id: eventId }),
    describe: (roomId, event) => request('describe', { room_id: roomId, wire: event }),
    async stop() {
      if (child.exitCode !== null || child.signalCode) return;
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

interface Identity {
  readonly userId: string;
  readonly deviceId: string;
}

/** One line of nio_client.py. */
interface Line {
  readonly ready?: Identity;
  readonly message?: RoomEvent;
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Conversation {
  readonly identity: Promise<Identity>;
  request<T>(method: string, params: Record<string, unknown>): Promise<T>;
}

function converse(child: ChildProcessByStdio<Writable, Readable, Readable>, log: MessageLog): Conversation {
  const complaints = createLogTail(50);
  complaints.follow(child.stderr);
  const ready = Promise.withResolvers<Identity>();
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;

  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    if (line.ready) ready.resolve(line.ready);
    else if (line.message) log.add(line.message);
    else if (line.id !== undefined) {
      const answer = pending.get(line.id);
      pending.delete(line.id);
      if (line.error === undefined) answer?.resolve(line.result);
      else answer?.reject(new Error(`matrix-nio: ${line.error}`));
    }
  });
  // Writing to a client that has just died is reported by its exit.
  child.stdin.on('error', () => undefined);
  child.once('close', (code, signal) => {
    const ended = new Error(`matrix-nio ended (${signal ?? `exit code ${code}`}).\n${complaints.last(15)}`);
    ready.reject(ended);
    for (const answer of pending.values()) answer.reject(ended);
    pending.clear();
  });

  return {
    identity: ready.promise,
    request<T>(method: string, params: Record<string, unknown>): Promise<T> {
      const answer = Promise.withResolvers<unknown>();
      lastId += 1;
      pending.set(lastId, answer);
      child.stdin.write(`${JSON.stringify({ id: lastId, method, params })}\n`);
      return answer.promise as Promise<T>;
    },
  };
}
