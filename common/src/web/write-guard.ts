import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Secret } from '../secret.ts';
import { isAuthorized } from './authorization.ts';
import { isIdentified, isWriter } from './caller.ts';
import type { SecretReader } from './secret-reader.ts';
import { sendProblem } from './web-server.ts';

export interface WriteGuardOptions {
  /** Tokens that may write. Called at every request, because a reload may replace them. */
  readonly bearerTokens: () => readonly Secret[];
  /** Users of the web configuration, and names in client certificates, that may write. */
  readonly writers: () => readonly string[];
  readonly readSecret: SecretReader;
  /** Configuration keys of both, for error messages. */
  readonly settings: { readonly bearerTokens: string; readonly writers: string };
}

/**
 * Guards every route that changes something. It admits holders of a bearer token, and users and client certificates
 * that the configuration names as writers. If none is configured, it admits nobody, also on loopback, which is open to
 * every user and every web page of the machine.
 */
export function createWriteGuard({ bearerTokens, writers, readSecret, settings }: WriteGuardOptions): RequestHandler {
  return (request, response, next) => {
    const reject = (status: number, title: string, detail: string) => sendProblem(response, { status, title, detail });
    if (isFromAnotherOrigin(request)) return reject(403, 'Forbidden', CROSS_ORIGIN);
    if (isWriter(request, writers())) return next();
    const tokens = bearerTokens();
    if (isAuthorized(request.get('authorization') ?? '', { bearerTokens: tokens }, readSecret)) return next();
    if (tokens.length === 0 && writers().length === 0) {
      return reject(
        403,
        'Forbidden',
        `writing needs a credential and none is configured, set ${settings.bearerTokens} or ${settings.writers}`,
      );
    }
    if (isIdentified(request)) {
      return reject(403, 'Forbidden', `this user may only read, writing needs a place in ${settings.writers}`);
    }
    response.set('WWW-Authenticate', 'Bearer');
    reject(401, 'Unauthorized', `the Authorization header contains no token of ${settings.bearerTokens}`);
  };
}

export const CROSS_ORIGIN = 'cross-origin browser requests must not change anything';

/**
 * Returns whether a browser sends this request for a page of another origin. The browser would add a password or
 * certificate by itself, so those prove nothing then. Programs send neither header.
 */
export function isFromAnotherOrigin({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin, host } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
