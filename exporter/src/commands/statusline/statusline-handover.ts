import { connect } from 'node:net';
import { statuslineSocket } from '../../statusline/statusline-wire.ts';
import type { RateLimits } from './statusline-input.ts';

/** Where the exporter is reached. */
export type Receiver =
  | { readonly storagePath: string }
  | { readonly url: string; readonly token: string; readonly fetch: typeof fetch };

/** A status line is shown when the command has ended, so nobody waits longer for an exporter. */
const PATIENCE_MS = 500;

/**
 * Hands the numbers to the running exporter.
 * @throws Error when there is none, or it does not take them in time
 */
export async function handOver(account: string, rate_limits: RateLimits, receiver: Receiver): Promise<void> {
  const body = JSON.stringify({ account, rate_limits });
  if ('storagePath' in receiver) return writeToSocket(statuslineSocket(receiver.storagePath), body);
  const response = await receiver.fetch(new URL('/api/v1/statusline', receiver.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${receiver.token}` },
    body,
    // Following one would hand the token to another server.
    redirect: 'error',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!response.ok) throw new Error(`the exporter answers with status ${response.status}`);
}

function writeToSocket(path: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('the exporter does not answer')));
    socket.once('error', reject);
    // The exporter closes its side when it has read everything.
    socket.once('close', () => resolve());
    socket.resume().end(body);
  });
}
