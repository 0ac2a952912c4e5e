import { ConnectionFailure } from '@repo/common/outbound/connection-failure';
import { ConnectionError, HTTPError, MatrixError } from 'matrix-js-sdk';
import { expect, test } from 'vitest';
import { DeliveryError } from '../delivery/delivery-error.ts';
import { FatalError } from '../fatal-error.ts';
import { toDeliveryError } from './homeserver-error.ts';

const URL = 'https://matrix.example.org/_matrix/client/v3/rooms/!secret:example.org/send/m.room.encrypted/txn';
const matrix = (status: number, errcode?: string, headers: Record<string, string> = {}, body: object = {}) =>
  new MatrixError(
    { ...(errcode && { errcode }), error: 'hunter2', ...body },
    status,
    URL,
    undefined,
    new Headers(headers),
  );

type Expected = [reason: string, message: string, mayHaveArrived: boolean, retryAfterMs?: number];
const table: [string, unknown, Expected][] = [
  [
    'a rate limit',
    matrix(429, 'M_LIMIT_EXCEEDED', { 'Retry-After': '7' }),
    ['rate_limited', 'the homeserver answered 429 M_LIMIT_EXCEEDED', false, 7000],
  ],
  [
    'a rate limit in the old manner',
    matrix(429, 'M_LIMIT_EXCEEDED', {}, { retry_after_ms: 1500 }),
    ['rate_limited', 'the homeserver answered 429 M_LIMIT_EXCEEDED', false, 1500],
  ],
  [
    'a rate limit that says nothing',
    matrix(429, 'M_LIMIT_EXCEEDED'),
    ['rate_limited', 'the homeserver answered 429 M_LIMIT_EXCEEDED', false],
  ],
  [
    'a rate limit that says rubbish',
    matrix(429, 'M_LIMIT_EXCEEDED', { 'Retry-After': 'soon' }),
    ['rate_limited', 'the homeserver answered 429 M_LIMIT_EXCEEDED', false],
  ],
  [
    'a token that is not known',
    matrix(401, 'M_UNKNOWN_TOKEN'),
    ['token_rejected', 'the homeserver answered 401 M_UNKNOWN_TOKEN', false],
  ],
  [
    'no token',
    matrix(401, 'M_MISSING_TOKEN'),
    ['token_rejected', 'the homeserver answered 401 M_MISSING_TOKEN', false],
  ],
  ['no permission', matrix(403, 'M_FORBIDDEN'), ['forbidden', 'the homeserver answered 403 M_FORBIDDEN', false]],
  [
    'an event that is too large',
    matrix(413, 'M_TOO_LARGE'),
    ['too_large', 'the homeserver answered 413 M_TOO_LARGE', false],
  ],
  ['a body that is too large', matrix(413), ['too_large', 'the homeserver answered 413 no error code', false]],
  [
    "a proxy's word that it is too large",
    new HTTPError('hunter2', 413),
    ['too_large', 'the homeserver answered 413', false],
  ],
  ['bad JSON', matrix(400, 'M_BAD_JSON'), ['rejected', 'the homeserver answered 400 M_BAD_JSON', false]],
  ['no JSON', matrix(400, 'M_NOT_JSON'), ['rejected', 'the homeserver answered 400 M_NOT_JSON', false]],
  [
    'a parameter that does not fit',
    matrix(400, 'M_INVALID_PARAM'),
    ['rejected', 'the homeserver answered 400 M_INVALID_PARAM', false],
  ],
  ['an unknown refusal', matrix(400, 'M_UNKNOWN'), ['rejected', 'the homeserver answered 400 M_UNKNOWN', false]],
  [
    'a fault of the homeserver',
    matrix(500, 'M_UNKNOWN'),
    ['server_error', 'the homeserver answered 500 M_UNKNOWN', true],
  ],
  ['a fault of a proxy', new HTTPError('hunter2', 502), ['server_error', 'the homeserver answered 502', true]],
  [
    'a network that fails',
    new ConnectionError('fetch failed'),
    ['unreachable', 'cannot reach the homeserver (fetch failed)', true],
  ],
  [
    'a connection that is refused',
    new ConnectionError(
      'fetch failed',
      new ConnectionFailure('unreachable', 'the server cannot be reached (ECONNREFUSED)'),
    ),
    ['unreachable', 'cannot reach the homeserver (fetch failed: the server cannot be reached (ECONNREFUSED))', false],
  ],
  [
    'a message that the homeserver does not accept',
    matrix(400, 'M_UNKNOWN'),
    ['rejected', 'the homeserver answered 400 M_UNKNOWN', false],
  ],
  [
    'a path that the homeserver does not know',
    matrix(404, 'M_UNRECOGNIZED'),
    ['server_error', 'the homeserver answered 404 M_UNRECOGNIZED', false],
  ],
  [
    'a locked account',
    matrix(401, 'M_USER_LOCKED'),
    ['token_rejected', 'the homeserver answered 401 M_USER_LOCKED', false],
  ],
  [
    "a proxy's rate limit",
    new HTTPError('slow down', 429, new Headers({ 'Retry-After': '3' })),
    ['rate_limited', 'the homeserver answered 429', false, 3000],
  ],
  [
    'a certificate that is not trusted',
    new ConnectionError(
      'fetch failed',
      new ConnectionFailure('untrusted_certificate', "the server's certificate is not trusted (CERT_HAS_EXPIRED)"),
    ),
    ['untrusted_certificate', "the server's certificate is not trusted (CERT_HAS_EXPIRED)", false],
  ],
  [
    'a time that ran out',
    new DOMException('timed out', 'AbortError'),
    ['unreachable', 'cannot reach the homeserver (timed out)', true],
  ],
  [
    'an answer that broke off',
    new SyntaxError('Unexpected end of JSON input'),
    ['internal', 'Unexpected end of JSON input', true],
  ],
  ['something that is no error', 'odd', ['internal', 'odd', true]],
];
test.each(table)('%s gets its reason, in words that name neither room nor content', (_, thrown, expected) => {
  const error = toDeliveryError(thrown) as DeliveryError;
  expect(error).toBeInstanceOf(DeliveryError);
  const [reason, message, mayHaveArrived, retryAfterMs] = expected;
  expect({ ...error, message: error.message }).toMatchObject({ reason, message, mayHaveArrived, retryAfterMs });
});

test.each([new DeliveryError('not_joined', 'x'), new FatalError('x', 3)])(
  'what is sorted already stays as it is',
  (error) => {
    expect(toDeliveryError(error)).toBe(error);
  },
);
