import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { RequestHandler } from 'express';
import { isLoopback } from '../loopback.ts';
import { markIdentified } from './caller.ts';
import { createPasswordCheck, type PasswordCheck } from './password-check.ts';
import { demandsCredential, type WebConfig } from './web-config.ts';
import { type Problem, sendProblem } from './web-server.ts';
import type { ClientCertificates } from './web-tls-config.ts';
import { isFromAnotherOrigin } from './write-guard.ts';

export interface WebAccessOptions {
  /** The web configuration as it is now. */
  readonly config: () => WebConfig;
  /** Whether the program itself checks a credential that this request carries, so that no user of ours is asked for. */
  readonly hasOwnCredential: (request: IncomingMessage) => boolean;
}

/**
 * Stands before everything else: lets pass whoever the web configuration lets read, and marks those who have proved who
 * they are. As in other programs with this format, `basic_auth_users` covers every path, health and metrics included.
 */
export function createWebAccess(
  { config, hasOwnCredential }: WebAccessOptions,
  checkPassword: PasswordCheck = createPasswordCheck(),
): RequestHandler {
  return async (request, response, next) => {
    const current = config();
    response.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...current.headers });
    const refuse = (status: number, title: string, detail: string) =>
      sendProblem(response, { status, title, detail } satisfies Problem);

    const certificate = current.tls && judgeCertificate(request, current.tls.clients);
    if (certificate?.refusal !== undefined) return refuse(403, 'Forbidden', certificate.refusal);
    // Not only for the sake of passwords: where anyone may post, any web page could make its reader's browser post.
    if (request.method !== 'GET' && request.method !== 'HEAD' && isFromAnotherOrigin(request))
      return refuse(403, 'Forbidden', 'a web page of another origin must not change anything here');
    if (hasOwnCredential(request)) return next();
    if (!demandsCredential(current) && !isHostOfThisMachine(request.headers.host)) {
      const detail = `the Host header must be localhost or an IP address as long as nobody has to prove who they are, or any web page could read this by a name of its own; let --web.config.file demand a credential, or let your proxy set the header`;
      return refuse(421, 'Misdirected request', detail);
    }
    if (current.users.size > 0) {
      const given = basicCredentials(request.headers.authorization);
      const verdict = given ? await checkPassword(current.users, given.user, given.password) : 'wrong';
      if (verdict === 'busy') {
        response.set('Retry-After', '1');
        return refuse(503, 'Busy', 'too many passwords wait to be checked; try again');
      }
      if (verdict === 'wrong') {
        response.set('WWW-Authenticate', 'Basic realm="metrics", charset="UTF-8"');
        return refuse(
          401,
          'Unauthorized',
          'the Authorization header holds no user of basic_auth_users with its password',
        );
      }
    }
    if (current.users.size > 0 || certificate?.isVerified) markIdentified(request);
    next();
  };
}

/** What the handshake left open: it refuses by itself only where every client needs a verified certificate. */
function judgeCertificate(
  { socket }: IncomingMessage,
  { asked, needed, verified, allowedNames }: ClientCertificates,
): { isVerified: boolean; refusal?: string } {
  const raw = asked && socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
  if (raw === undefined) return { isVerified: false, ...(needed ? { refusal: 'a client certificate is needed' } : {}) };
  const isVerified = verified && socket instanceof TLSSocket && socket.authorized;
  if (verified && !isVerified) return { isVerified, refusal: 'the client certificate comes from no CA of client_ca' };
  const names = alternativeNames(new X509Certificate(raw).subjectAltName ?? '');
  if (allowedNames.length > 0 && !names.some((name) => allowedNames.includes(name)))
    return { isVerified, refusal: 'no subject alternative name of the client certificate is in client_allowed_sans' };
  return { isVerified };
}

// `DNS:a.example, IP Address:10.0.0.1, URI:"spiffe://a, b"`: quoted like JSON where a comma would mislead.
function alternativeNames(text: string): string[] {
  return [...text.matchAll(/(?:^|, )[A-Za-z ]+:("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, name = '']) =>
    name.startsWith('"') ? JSON.parse(name) : name,
  );
}

/** A name that only this machine has; a page in a browser can give any other name our address. */
function isHostOfThisMachine(header: string | undefined): boolean {
  if (header === undefined) return true;
  const url = URL.canParse(`http://${header}`) ? new URL(`http://${header}`) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  return isLoopback(host) || isIP(host) !== 0 || host.endsWith('.localhost');
}

function basicCredentials(header = ''): { user: string; password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/_-]+=*)\s*$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
