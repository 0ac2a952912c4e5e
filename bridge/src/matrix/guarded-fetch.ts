import { FatalError } from '../fatal-error.ts';

/** Allowed keys of encrypted content. Any other key would be readable. */
const ENCRYPTED_KEYS = new Set(['algorithm', 'ciphertext', 'device_id', 'm.relates_to', 'sender_key', 'session_id']);

export interface GuardEvents {
  /** Continuing is unsafe. */
  fatal(error: FatalError): void;
  /** Devices were told that they do not receive the key of a room. */
  keysWithheld(withheld: { roomId: string; code: string; devices: number }): void;
}

/**
 * Wraps `fetch` for all requests to the homeserver. It rejects message events that are not encrypted, regardless of what
 * the SDK knows about the room, and makes conflicts of one-time keys fatal, which the SDK only logs.
 */
export function createGuardedFetch(fetch: typeof globalThis.fetch, events: GuardEvents): typeof globalThis.fetch {
  return async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const type = sentType(pathname);
    if (type !== undefined && !isEncrypted(type, init?.body)) {
      const error = new FatalError('blocked an unencrypted message event to the homeserver', 3);
      events.fatal(error);
      throw error;
    }
    const response = await fetch(input, init);
    if (response.status === 400 && isKeysUpload(pathname) && (await hasKeyConflict(response))) {
      const error = new FatalError(
        'the homeserver reports that a one-time key of this device already exists: the key store was restored from a copy, or another program uses this device. Stop that program, or log in as a new device and start with an empty data directory',
        3,
      );
      events.fatal(error);
      throw error;
    }
    if (response.ok) reportWithheld(pathname, init?.body, events);
    return response;
  };
}

/** Returns the event type if the request sends a message event. */
function sentType(pathname: string): string | undefined {
  const segments = segmentsOf(pathname);
  const verb = segments.findIndex((segment, at) => segment === 'send' && segments[at - 2] === 'rooms');
  return verb === -1 ? undefined : (segments[verb + 1] ?? '');
}

function isKeysUpload(pathname: string): boolean {
  const segments = segmentsOf(pathname);
  return segments.some((segment, at) => segment === 'upload' && segments[at - 1] === 'keys');
}

// A proxy may merge slashes and decode a path again, so every spelling counts.
function segmentsOf(pathname: string): string[] {
  return pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map(fullyDecoded);
}

function fullyDecoded(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    return decoded === text ? text : fullyDecoded(decoded);
  } catch {
    return text;
  }
}

function isEncrypted(type: string, body: unknown): boolean {
  if (type !== 'm.room.encrypted' || typeof body !== 'string') return false;
  const content = parseObject(body);
  return (
    content?.algorithm === 'm.megolm.v1.aes-sha2' &&
    typeof content.ciphertext === 'string' &&
    Object.keys(content).every((key) => ENCRYPTED_KEYS.has(key))
  );
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

async function hasKeyConflict(response: Response): Promise<boolean> {
  return (await response.clone().text()).includes('already exists');
}

function reportWithheld(pathname: string, body: unknown, { keysWithheld }: GuardEvents): void {
  const segments = segmentsOf(pathname);
  const isWithheld = segments.some(
    (segment, at) => segment === 'm.room_key.withheld' && segments[at - 1] === 'sendToDevice',
  );
  const messages = isWithheld && typeof body === 'string' ? parseObject(body)?.messages : undefined;
  const devices = Object.values((messages ?? {}) as Record<string, Record<string, Withheld>>).flatMap(Object.values);
  const counts = Map.groupBy(devices, ({ room_id: roomId = '', code = 'unknown' }: Withheld) => `${code} ${roomId}`);
  for (const [, group] of counts) {
    const { room_id: roomId = '', code = 'unknown' } = group[0] ?? {};
    keysWithheld({ roomId, code, devices: group.length });
  }
}

interface Withheld {
  readonly room_id?: string;
  readonly code?: string;
}
