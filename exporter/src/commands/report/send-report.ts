import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describeProblems, type FieldProblem } from '@repo/common/field-problem';
import type { OutboundFetch } from '@repo/common/outbound/outbound';
import { statuslineSocket } from '../../statusline/statusline-wire.ts';
import type { RateLimits } from './rate-limits.ts';

/** The way to the running exporter. */
export type Receiver =
  | { readonly storagePath: string }
  | {
      readonly url: string;
      /** @throws Error if the token cannot be read */
      readonly token: () => string;
      /** Loads the code for HTTP, which takes longer than all the rest of a status line. */
      readonly openFetch: () => Promise<OutboundFetch>;
    };

/** A status line is shown after the command has ended, so nobody waits longer for an exporter. */
const SOCKET_TIMEOUT_MS = 500;

/**
 * Sends the rate limits of one account to the running exporter.
 * @throws Error with a message for people if no exporter accepts them in time
 */
export async function sendReport(account: string, rate_limits: RateLimits, receiver: Receiver): Promise<void> {
  const body = JSON.stringify({ account, rate_limits });
  if ('storagePath' in receiver) return sendToSocket(receiver.storagePath, body);
  const token = receiver.token();
  await using fetch = await receiver.openFetch();
  const response = await fetch(new URL('/api/v1/statusline', receiver.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body,
    // Following one would send the token to another server.
    redirect: 'manual',
  });
  if (response.ok) return;
  throw new Error(`the exporter answers with status ${response.status}${await problemOf(response)}`);
}

async function sendToSocket(storagePath: string, body: string): Promise<void> {
  const socket = connect(statuslineSocket(storagePath));
  socket.setTimeout(SOCKET_TIMEOUT_MS, () => socket.destroy(new Error('the exporter does not answer')));
  socket.end(body);
  let answer: string;
  try {
    // The exporter closes its side after it has read everything.
    answer = await text(socket);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
    throw new Error(`no exporter listens in ${storagePath}; start it, or check --storage.path`);
  }
  if (answer !== '') throw new Error(describe(answer, (parsed) => describeProblems(parsed as FieldProblem[])));
}

async function problemOf(response: Response): Promise<string> {
  const answer = await response.text().catch(() => '');
  return describe(answer, (parsed) => `: ${(parsed as { detail: string }).detail}`);
}

function describe(answer: string, describeParsed: (parsed: unknown) => string): string {
  try {
    return describeParsed(JSON.parse(answer));
  } catch {
    return '';
  }
}
