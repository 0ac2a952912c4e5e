import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type Device, DeviceKeys, type KeysUpload } from './device-keys.ts';
import { RoomEvents } from './room-events.ts';
import { ToDevice } from './to-device.ts';

type Answer = { status: number; body: object };
type Body = Record<string, unknown>;

/** One room and as many devices as ask: the part of a homeserver that end-to-end encryption needs. */
export type Homeserver = {
  readonly url: string;
  readonly keys: DeviceKeys;
  readonly events: RoomEvents;
  close(): Promise<void>;
};

export const ROOM_ID = '!room:test';

/** The access token that says which device is asking; there is no login. */
export function accessToken({ userId, deviceId }: Device): string {
  return `${userId} ${deviceId}`;
}

/** Listens on a free loopback port, outside the processes that a test kills, so that its state outlives them. */
export async function startHomeserver(): Promise<Homeserver> {
  const keys = new DeviceKeys();
  const toDevice = new ToDevice();
  const events = new RoomEvents();
  let position = 0;

  const answer = (device: Device, method: string, url: URL, body: Body): Answer => {
    const [endpoint = '', ...parameters] = url.pathname
      .replace('/_matrix/client/v3/', '')
      .replace(/^keys\//, 'keys-')
      .split('/')
      .map(decodeURIComponent);
    switch (`${method} ${endpoint}`) {
      case 'POST keys-upload': {
        const error = keys.upload(device, body as KeysUpload);
        if (error) return { status: 400, body: { errcode: 'M_UNKNOWN', error } };
        return ok({ one_time_key_counts: { signed_curve25519: keys.unclaimed(device) } });
      }
      case 'POST keys-query':
        return ok({ device_keys: keys.query(Object.keys(body.device_keys as object)), failures: {} });
      case 'POST keys-claim':
        return ok({ one_time_keys: claim(keys, body.one_time_keys as Record<string, Body>), failures: {} });
      case 'PUT sendToDevice': {
        const [type = '', txnId = ''] = parameters;
        toDevice.send(device, txnId, type, body.messages as Record<string, Body>, ++position);
        return ok({});
      }
      case 'PUT rooms': {
        const [room_id = '', , type = '', txnId = ''] = parameters;
        return ok({ event_id: events.put(device, txnId, { room_id, type, content: body }, ++position) });
      }
      case 'GET sync': {
        const since = Number(url.searchParams.get('since') ?? 0);
        return ok({
          next_batch: String(position),
          to_device: { events: toDevice.receive(device, since) },
          device_one_time_keys_count: { signed_curve25519: keys.unclaimed(device) },
          device_unused_fallback_key_types: keys.hasUnusedFallback(device) ? ['signed_curve25519'] : [],
          rooms: { join: { [ROOM_ID]: { timeline: { events: events.timeline(since) } } } },
        });
      }
      default:
        return { status: 404, body: { errcode: 'M_UNRECOGNIZED', error: `${method} ${url.pathname} is not faked` } };
    }
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = request.method === 'GET' ? {} : ((await json(request)) as Body);
    const [userId = '', deviceId = ''] = (request.headers.authorization ?? '').replace('Bearer ', '').split(' ');
    const url = new URL(request.url ?? '/', 'http://localhost');
    const result = answer({ userId, deviceId }, request.method ?? '', url, body);
    response.writeHead(result.status, { 'content-type': 'application/json' }).end(JSON.stringify(result.body));
  };

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy()); // a killed client can leave half a request
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    events,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function ok(body: object): Answer {
  return { status: 200, body };
}

function claim(keys: DeviceKeys, wanted: Record<string, Body>): Record<string, Body> {
  return Object.fromEntries(
    Object.entries(wanted).map(([userId, devices]) => [
      userId,
      Object.fromEntries(Object.keys(devices).map((deviceId) => [deviceId, keys.claim({ userId, deviceId })])),
    ]),
  );
}
