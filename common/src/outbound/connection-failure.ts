export const CONNECTION_FAILURES = [
  'unreachable',
  'untrusted_certificate',
  'timeout',
  'truncated',
  'too_large',
] as const;
export type ConnectionFailureReason = (typeof CONNECTION_FAILURES)[number];

/** Error codes of a failed certificate verification, as Node names them after OpenSSL. */
const CERTIFICATE_ERRORS: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const UNTRUSTED = "the server's certificate is not trusted";

/** A request without a complete answer. The message names neither address nor proxy: both may contain a password. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure';
  readonly reason: ConnectionFailureReason;

  constructor(reason: ConnectionFailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Classifies an error of `fetch`. */
export function toConnectionFailure(error: unknown): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  const { code, message } = innermost(error);
  const proxyStatus = /^Proxy response \((\d+)\)/.exec(message)?.[1];
  if (proxyStatus !== undefined) return new ConnectionFailure('unreachable', `the proxy answers ${proxyStatus}`);
  if (CERTIFICATE_ERRORS.has(code)) return new ConnectionFailure('untrusted_certificate', `${UNTRUSTED} (${code})`);
  return new ConnectionFailure('unreachable', `the server cannot be reached (${code})`);
}

/** Classifies an error that interrupted the body of an answer. */
export function toBrokenAnswer(error: unknown): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  return new ConnectionFailure('truncated', `the answer broke off (${innermost(error).code})`);
}

/** Finds a failure of trust in a text, for libraries that keep only the message of an error. */
export function quotesUntrustedCertificate(text: string): boolean {
  return text.includes(UNTRUSTED);
}

// The innermost error is that of the network; the outer ones are the library's.
function innermost(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'unknown error', message: '' };
  if (error.cause instanceof Error) return innermost(error.cause);
  return { code: 'code' in error ? String(error.code) : error.name, message: error.message };
}
