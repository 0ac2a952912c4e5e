import { Agent, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import {
  DecryptionSettings,
  DeviceId,
  DeviceLists,
  EncryptionSettings,
  type KeysClaimRequest,
  type KeysQueryRequest,
  type KeysUploadRequest,
  OlmMachine,
  RequestType,
  RoomId,
  StoreHandle,
  type ToDeviceRequest,
  TrustRequirement,
  UserId,
} from '@matrix-org/matrix-sdk-crypto-wasm';
import type { Device } from './device-keys.ts';
import { accessToken, ROOM_ID } from './homeserver.ts';
import type { RoomEvent } from './room-events.ts';
import type { ToDeviceMessage } from './to-device.ts';

type Outgoing = KeysUploadRequest | KeysQueryRequest | KeysClaimRequest | ToDeviceRequest;

type SyncResponse = {
  next_batch: string;
  to_device: { events: ToDeviceMessage[] };
  device_one_time_keys_count: Record<string, number>;
  device_unused_fallback_key_types: string[];
  rooms: { join: Record<string, { timeline: { events: RoomEvent[] } }> };
};

/** A Matrix client that is only an OlmMachine and the requests it asks for. */
export class OlmClient {
  readonly device: Device;
  readonly machine: OlmMachine;
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  #since: string | undefined;

  private constructor(url: string, device: Device, machine: OlmMachine) {
    this.#url = url;
    this.device = device;
    this.machine = machine;
  }

  /** With a store key the machine lives in this process's IndexedDB, without one in memory. */
  static async open(url: string, device: Device, storeKey?: Uint8Array): Promise<OlmClient> {
    const [userId, deviceId] = [new UserId(device.userId), new DeviceId(device.deviceId)];
    const machine = storeKey
      ? await OlmMachine.initFromStore(userId, deviceId, await StoreHandle.openWithKey('olm', storeKey))
      : await OlmMachine.initialize(userId, deviceId);
    const client = new OlmClient(url, device, machine);
    await client.flush();
    return client;
  }

  /** Sends what the machine wants to have sent. */
  async flush(): Promise<void> {
    for (const outgoing of (await this.machine.outgoingRequests()) as Outgoing[]) await this.#send(outgoing);
  }

  /** Feeds one sync into the machine and returns the room's new events of other senders. */
  async sync(): Promise<RoomEvent[]> {
    const path = this.#since === undefined ? 'sync' : `sync?since=${this.#since}`;
    const response = (await this.#request('GET', path)) as SyncResponse;
    // One at a time: of several copies of a room key in one sync the crypto library keeps the last, even where an earlier
    // one began earlier, and a bot that is killed between storing and sending a share does send such copies.
    for (const event of response.to_device.events) await this.#receive([event], response);
    await this.#receive([], response);
    this.#since = response.next_batch;
    await this.flush();
    const events = response.rooms.join[ROOM_ID]?.timeline.events ?? [];
    return events.filter(({ sender }) => sender !== this.device.userId);
  }

  async #receive(events: readonly ToDeviceMessage[], response: SyncResponse): Promise<void> {
    await this.machine.receiveSyncChanges(
      JSON.stringify(events),
      new DeviceLists(),
      new Map(Object.entries(response.device_one_time_keys_count)),
      new Set(response.device_unused_fallback_key_types),
      new DecryptionSettings(TrustRequirement.Untrusted),
    );
  }

  /** Gives every device of `userIds` the key of the room's session. */
  async shareRoomKey(userIds: readonly string[]): Promise<void> {
    const users = () => userIds.map((userId) => new UserId(userId));
    await this.machine.updateTrackedUsers(users());
    await this.flush();
    const claim = await this.machine.getMissingSessions(users());
    if (claim) await this.#send(claim);
    for (const outgoing of await this.machine.shareRoomKey(new RoomId(ROOM_ID), users(), new EncryptionSettings())) {
      await this.#send(outgoing);
    }
  }

  close(): void {
    this.machine.close();
    this.#agent.destroy();
  }

  rotate(): Promise<boolean> {
    return this.machine.invalidateGroupSession(new RoomId(ROOM_ID));
  }

  async encrypt(content: object): Promise<object> {
    return JSON.parse(
      await this.machine.encryptRoomEvent(new RoomId(ROOM_ID), 'm.room.message', JSON.stringify(content)),
    );
  }

  async put(txnId: string, encrypted: object): Promise<void> {
    await this.#request('PUT', `rooms/${encodeURIComponent(ROOM_ID)}/send/m.room.encrypted/${txnId}`, encrypted);
  }

  /** The content of an encrypted event; rejects when it can't be decrypted. */
  async decrypt(event: RoomEvent): Promise<Record<string, unknown>> {
    const settings = new DecryptionSettings(TrustRequirement.Untrusted);
    const decrypted = await this.machine.decryptRoomEvent(JSON.stringify(event), new RoomId(ROOM_ID), settings);
    return JSON.parse(decrypted.event).content;
  }

  async #send(outgoing: Outgoing): Promise<void> {
    const response = await this.#requestOf(outgoing);
    if (outgoing.id) await this.machine.markRequestAsSent(outgoing.id, outgoing.type, JSON.stringify(response));
  }

  #requestOf(outgoing: Outgoing): Promise<unknown> {
    const body = JSON.parse(outgoing.body);
    switch (outgoing.type) {
      case RequestType.KeysUpload:
        return this.#request('POST', 'keys/upload', body);
      case RequestType.KeysQuery:
        return this.#request('POST', 'keys/query', body);
      case RequestType.KeysClaim:
        return this.#request('POST', 'keys/claim', body);
      case RequestType.ToDevice: {
        const { event_type, txn_id } = outgoing as ToDeviceRequest;
        return this.#request('PUT', `sendToDevice/${event_type}/${encodeURIComponent(txn_id)}`, body);
      }
      default:
        throw new Error(`The fake homeserver has no request of type ${outgoing.type}`);
    }
  }

  /** Over a kept connection `node:http` hands a request to the kernel in the turn in which it is made. */
  async #request(method: string, path: string, body?: object): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = { authorization: `Bearer ${accessToken(this.device)}` };
    request(`${this.#url}/_matrix/client/v3/${path}`, { method, headers, agent: this.#agent }, resolve)
      .on('error', reject)
      .end(body && JSON.stringify(body));
    const response = await promise;
    const answer = await json(response);
    if (response.statusCode !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }
}
