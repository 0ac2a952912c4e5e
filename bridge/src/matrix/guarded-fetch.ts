import { FatalError } from '../delivery-error.ts';

const SEND_PATH = /^\/_matrix\/client\/[^/]+\/rooms\/[^/]+\/send\/(?<type>[^/]+)\//;
const KEYS_UPLOAD_PATH = /^\/_matrix\/client\/[^/]+\/keys\/upload$/;

/**
 * The one way by which requests leave for the homeserver. Whatever the SDK believes of a room, no message event passes
 * that is not encrypted; and a conflict of one-time keys, which the SDK only logs, becomes fatal.
 */
export function createGuardedFetch(
  fetch: typeof globalThis.fetch,
  onFatal: (error: FatalError) => void,
): typeof globalThis.fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const type = SEND_PATH.exec(url.pathname)?.groups?.type;
    if (type !== undefined && !isEncrypted(decodeURIComponent(type), init?.body)) {
      const error = new FatalError('an unencrypted event was about to leave for the homeserver; it was stopped', 3);
      onFatal(error);
      throw error;
    }
    const response = await fetch(input, init);
    if (response.status === 400 && KEYS_UPLOAD_PATH.test(url.pathname) && (await hasKeyConflict(response))) {
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

function isEncrypted(type: string, body: unknown): boolean {
  if (type !== 'm.room.encrypted' || typeof body !== 'string') return false;
  const content: unknown = JSON.parse(body);
  if (typeof content !== 'object' || content === null) return false;
  const { algorithm, ciphertext, body: plaintext } = content as Record<string, unknown>;
  return algorithm === 'm.megolm.v1.aes-sha2' && typeof ciphertext === 'string' && plaintext === undefined;
}

async function hasKeyConflict(response: Response): Promise<boolean> {
  return (await response.clone().text()).includes('already exists');
}
