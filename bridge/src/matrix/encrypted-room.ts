import { type IRoomEvent, type MatrixClient, MatrixError, MatrixEvent, Method, type Room } from 'matrix-js-sdk';
import type { CryptoBackend } from 'matrix-js-sdk/lib/common-crypto/CryptoBackend.js';
import { KnownMembership } from 'matrix-js-sdk/lib/types.js';
import { DeliveryError } from '../delivery/delivery-error.ts';
import type { RoomPort } from '../delivery/room-port.ts';
import { FatalError } from '../fatal-error.ts';
import type { EncryptedFile, MessageContent } from '../message/message.ts';
import type { EncryptAttachment } from './encrypt-attachment.ts';
import { findSent } from './find-sent.ts';
import { toDeliveryError } from './homeserver-error.ts';

const REQUEST_TIMEOUT_MS = 30_000;

export interface EncryptedRoomOptions {
  readonly client: MatrixClient;
  readonly crypto: CryptoBackend;
  readonly encryptAttachment: EncryptAttachment;
  /** Returns the current room, which changes when the room is upgraded. */
  readonly roomId: () => string;
  /** Returns why the bridge cannot join the room, or its successor. */
  readonly problem: () => string | undefined;
  /** IDs of the encryption sessions used last in each room. Survives restarts. */
  readonly lastSession: { get(roomId: string): string | undefined; set(roomId: string, sessionId: string): void };
}

/** A Matrix room. Sends encrypted messages only, and only into encrypted rooms that the bridge has joined. */
export class EncryptedRoom implements RoomPort {
  readonly #options: EncryptedRoomOptions;
  /** Room in which this process has started a new encryption session. */
  #freshSessionIn: string | undefined;

  constructor(options: EncryptedRoomOptions) {
    this.#options = options;
  }

  get isJoined(): boolean {
    return this.#room()?.getMyMembership() === KnownMembership.Join;
  }

  get isEncrypted(): boolean {
    return this.#room()?.hasEncryptionStateEvent() ?? false;
  }

  get problem(): string | undefined {
    return this.#options.problem();
  }

  async send(content: MessageContent, txnId: string): Promise<string> {
    const { client } = this.#options;
    const roomId = this.#options.roomId();
    try {
      const encrypted = await this.#encrypt(roomId, content);
      // The transaction ID makes a repeated request the same event, although its ciphertext differs.
      const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.encrypted/${encodeURIComponent(txnId)}`;
      const options = { localTimeoutMs: REQUEST_TIMEOUT_MS, priority: 'auto' } as const;
      const answer = await client.http.authedRequest<{ event_id: string }>(
        Method.Put,
        path,
        undefined,
        encrypted,
        options,
      );
      return answer.event_id;
    } catch (error) {
      throw toDeliveryError(error);
    }
  }

  async upload(file: Uint8Array): Promise<EncryptedFile> {
    const { ciphertext, keys } = this.#options.encryptAttachment(file);
    try {
      // The type of the plaintext stays inside the encrypted message.
      const { content_uri: url } = await this.#options.client.http.uploadContent(new Blob([Buffer.from(ciphertext)]), {
        type: 'application/octet-stream',
        includeFilename: false,
      });
      return { ...keys, url };
    } catch (error) {
      throw notSent(toDeliveryError(error));
    }
  }

  async find(txnId: string, since: number): Promise<string | undefined> {
    const { client, crypto } = this.#options;
    try {
      return await findSent(client, crypto, { roomId: this.#options.roomId(), txnId, since });
    } catch (error) {
      throw toDeliveryError(error);
    }
  }

  async isRemoved(eventId: string): Promise<boolean> {
    const { client } = this.#options;
    const path = `/rooms/${encodeURIComponent(this.#options.roomId())}/event/${encodeURIComponent(eventId)}`;
    const options = { localTimeoutMs: REQUEST_TIMEOUT_MS, priority: 'auto' } as const;
    try {
      const event = await client.http.authedRequest<IRoomEvent>(Method.Get, path, undefined, undefined, options);
      return event.unsigned?.redacted_because !== undefined;
    } catch (error) {
      if (error instanceof MatrixError && error.errcode === 'M_NOT_FOUND') return true;
      throw notSent(toDeliveryError(error));
    }
  }

  async #encrypt(roomId: string, content: MessageContent): Promise<Record<string, unknown>> {
    const { client, crypto } = this.#options;
    const room = client.getRoom(roomId);
    if (!room || !this.isJoined) {
      throw new DeliveryError('not_joined', `the bridge has not joined room ${roomId}. Invite ${client.getUserId()}`);
    }
    if (!this.isEncrypted) {
      throw new DeliveryError('not_encrypted', `room ${roomId} is not encrypted. Enable encryption`);
    }
    // A restored store would reuse message keys. A new session for each process prevents that.
    if (this.#freshSessionIn !== roomId) await crypto.forceDiscardSession(roomId);
    const event = new MatrixEvent({ type: 'm.room.message', room_id: roomId, sender: client.getSafeUserId(), content });
    await crypto.encryptEvent(event, room);
    const encrypted = event.getWireContent();
    if (event.getWireType() !== 'm.room.encrypted') throw new FatalError('the SDK did not encrypt a message', 3);
    this.#checkSession(roomId, encrypted.session_id);
    return encrypted;
  }

  #checkSession(roomId: string, sessionId: string): void {
    const { lastSession } = this.#options;
    const last = lastSession.get(roomId);
    if (this.#freshSessionIn !== roomId && sessionId === last) {
      throw new FatalError(`cannot discard the previous encryption session of room ${roomId}`, 1);
    }
    if (sessionId !== last) lastSession.set(roomId, sessionId);
    this.#freshSessionIn = roomId;
  }

  #room(): Room | null {
    return this.#options.client.getRoom(this.#options.roomId());
  }
}

/** The message itself was not sent yet. */
function notSent(error: DeliveryError | FatalError): DeliveryError | FatalError {
  if (error instanceof FatalError) return error;
  const { reason, message, retryAfterMs, cause } = error;
  return new DeliveryError(reason, message, { mayHaveArrived: false, retryAfterMs, cause });
}
