import { FatalError } from '../delivery/delivery-error.ts';

/** All that encrypted content consists of; anything else beside the ciphertext would be readable. */
const ENCRYPTED_KEYS = new Set(['algorithm', 'ciphertext', 'device_id', 'm.relates_to', 'sender_key', 'session_id']);

/**
 * The one way by which requests leave for the homeserver. Whatever the SDK believes of a room, no message event passes
 * that is not encrypted; and a conflict of one-time keys, which the SDK only logs, becomes fatal.
 */
export function createGuardedFetch(
  fetch: typeof globalThis.fetch,
  onFatal: (error: FatalError) => void,
): typeof globalThis.fetch {
  return async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const type = sentType(pathname);
    if (type !== undefined && !isEncrypted(type, init?.body)) {
      const error = new FatalError('an unencrypted event was about to leave for the homeserver; it was stopped', 3);
      onFatal(error);
      throw error;
    }
    const response = await fetch(input, init);
    if (response.status === 400 && isKeysUpload(pathname) && (await hasKeyConflict(response))) {
      const error = new FatalError(
        'the homeserver says that a one-time key of this device already exists: the key store was rolled back, or another program uses this device; stop that one, or log in as a new device and start with an empty data directory',
        3,
      );
      onFatal(error);
      throw error;
    }
    return response;
  };
}

/** The type of the message event that a request sends into a room; `undefined` when it sends none. */
function sentType(pathname: string): string | undefined {
  const segments = segmentsOf(pathname);
  const verb = segments.findIndex((segment, at) => segment === 'send' && segments[at - 2] === 'rooms');
  return verb === -1 ? undefined : (segments[verb + 1] ?? '');
}

function isKeysUpload(pathname: string): boolean {
  const segments = segmentsOf(pathname);
  return segments.some((segment, at) => segment === 'upload' && segments[at - 1] === 'keys');
}

// A proxy in front of the homeserver may merge slashes and decode once more, so all spellings of a path count.
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
