import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Secret } from '../secret.ts';
import { isAuthorized } from './authorization.ts';
import { isIdentified } from './caller.ts';
import { sendProblem } from './web-server.ts';

export interface WriteGuardOptions {
  /** Tokens that allow writing, as they are now: a reload may replace them, and their files are read at every use. */
  readonly bearerTokens: () => readonly Secret[];
  /** Where such a token is configured, for the sentence that refuses: `api.bearer_tokens in the configuration`. */
  readonly setting: string;
}

/**
 * Stands before every route that changes something. A caller passes who has proved to the web server who it is, or who
 * sends one of the bearer tokens. Without any credential configured nobody passes: what is open on loopback is open to
 * every user and every web page of this machine.
 */
export function createWriteGuard({ bearerTokens, setting }: WriteGuardOptions): RequestHandler {
  return (request, response, next) => {
    if (isFromAnotherOrigin(request)) {
      const detail = 'a web page of another origin must not change anything here';
      return sendProblem(response, { status: 403, title: 'Forbidden', detail });
    }
    if (isIdentified(request)) return next();
    const tokens = bearerTokens();
    if (tokens.length === 0) {
      const detail = `writing needs a credential, and none is configured; set ${setting}, or basic_auth_users in the file that --web.config.file names`;
      return sendProblem(response, { status: 403, title: 'Forbidden', detail });
    }
    if (isAuthorized(request.get('authorization') ?? '', { bearerTokens: tokens })) return next();
    response.set('WWW-Authenticate', 'Bearer');
    const detail = `the Authorization header holds no bearer token of ${setting}`;
    sendProblem(response, { status: 401, title: 'Unauthorized', detail });
  };
}

/**
 * Whether a browser sends this for a page that is not ours. It would add a password or certificate that it knows by
 * itself, so those prove nothing then. Programs send neither header.
 */
export function isFromAnotherOrigin({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin, host } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
