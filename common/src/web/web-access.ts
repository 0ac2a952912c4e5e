import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { isLoopback } from '../loopback.ts';
import { identify } from './caller.ts';
import { judgeCertificate } from './client-certificate.ts';
import { createPasswordCheck, type PasswordCheck } from './password-check.ts';
import { demandsCredential, type WebConfig } from './web-config.ts';
import { sendProblem } from './web-server.ts';
import { CROSS_ORIGIN, isFromAnotherOrigin } from './write-guard.ts';

export interface WebAccessOptions {
  /** Returns the current web configuration. */
  readonly config: () => WebConfig;
  /** Returns whether the program itself accepts a credential of this request, so that no user is needed. */
  readonly hasOwnCredential: (request: IncomingMessage) => boolean;
}

const OPEN_HOST =
  'without a credential, the Host header must be localhost or an IP address, so that no web page can read this under its own name. Require a credential in --web.config.file, or let your proxy set the header';

/**
 * Guards every request: admits whom the web configuration lets read, and identifies users and verified certificates. As
 * in other programs with this format, `basic_auth_users` covers every path, health and metrics included.
 */
export function createWebAccess(
  { config, hasOwnCredential }: WebAccessOptions,
  checkPassword: PasswordCheck = createPasswordCheck(),
): RequestHandler {
  return async (request, response, next) => {
    const current = config();
    response.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...current.headers });
    const reject = (status: number, title: string, detail: string) => sendProblem(response, { status, title, detail });

    if (hostHeaders(request) > 1) return reject(400, 'Bad request', 'the request has more than one Host header');
    const certificate = current.tls ? judgeCertificate(request, current.tls) : undefined;
    // Clients repeat a request whose connection closes without a response, with a new handshake.
    if (certificate?.kind === 'outdated') return request.socket.destroy();
    if (certificate?.kind === 'rejected') return reject(403, 'Forbidden', certificate.detail);
    // Also where anybody may post: any web page could make its reader's browser post.
    if (request.method !== 'GET' && request.method !== 'HEAD' && isFromAnotherOrigin(request))
      return reject(403, 'Forbidden', CROSS_ORIGIN);
    if (hasOwnCredential(request)) return next();
    if (!demandsCredential(current) && !isHostOfThisMachine(request.headers.host))
      return reject(421, 'Misdirected request', OPEN_HOST);

    const names = certificate?.kind === 'verified' ? [...certificate.names] : [];
    if (current.users.size > 0) {
      const { user, password } = basicCredentials(request.headers.authorization) ?? {};
      const isGiven = user !== undefined && password !== undefined;
      const address = request.socket.remoteAddress ?? '';
      const verdict = isGiven ? await checkPassword(current.users, user, password, address) : 'wrong';
      if (verdict === 'busy') {
        response.set('Retry-After', '1');
        return reject(503, 'Busy', 'too many passwords are waiting to be checked, retry later');
      }
      if (verdict === 'wrong') {
        response.set('WWW-Authenticate', 'Basic realm="metrics", charset="UTF-8"');
        return reject(401, 'Unauthorized', 'the Authorization header contains no user of basic_auth_users');
      }
      if (user !== undefined) names.push(user);
    }
    if (current.users.size > 0 || certificate?.kind === 'verified') identify(request, names);
    next();
  };
}

/** Node uses the first of several Host headers, a proxy in front perhaps the last. */
function hostHeaders({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host').length;
}

/**
 * Returns whether only this machine has the name; a page in a browser can give any other name our address. The header
 * is not parsed as a URL, which would find a host in `localhost#x.example`.
 */
function isHostOfThisMachine(header: string | undefined): boolean {
  if (header === undefined) return true;
  const parts = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[a-z0-9.-]+))(?::(?<port>\d{1,5}))?$/i.exec(header)?.groups;
  if (!parts || Number(parts.port ?? 0) > 65_535) return false;
  const host = (parts.v6 ?? parts.name ?? '').toLowerCase();
  return isLoopback(host) || isIP(host) !== 0 || host.endsWith('.localhost');
}

function basicCredentials(header = ''): { user: string; password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/_-]+=*)\s*$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
