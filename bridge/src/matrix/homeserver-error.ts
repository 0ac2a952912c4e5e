import { quotesUntrustedCertificate } from '@repo/common/outbound/connection-failure';
import { ConnectionError, HTTPError, MatrixError } from 'matrix-js-sdk';
import { DeliveryError } from '../delivery/delivery-error.ts';
import { FatalError } from '../fatal-error.ts';

/** Errors before there was a connection. A message that was surely not sent can still be changed. */
const NOT_CONNECTED = /\((?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)\)/;

/** Maps an error of the SDK to a delivery reason. The text contains no URLs, because they contain room IDs. */
export function toDeliveryError(error: unknown): DeliveryError | FatalError {
  if (error instanceof DeliveryError || error instanceof FatalError) return error;
  if (error instanceof MatrixError) return fromMatrixError(error);
  if (error instanceof HTTPError) {
    const text = `the homeserver answered ${error.httpStatus}`;
    // From a proxy: the body is no Matrix error.
    if (error.httpStatus === 413) return new DeliveryError('too_large', text);
    if (error.isRateLimitError()) return new DeliveryError('rate_limited', text, { retryAfterMs: retryAfter(error) });
    return new DeliveryError('server_error', text, { mayHaveArrived: true });
  }
  // The SDK keeps only the message of the original error.
  if (error instanceof ConnectionError && quotesUntrustedCertificate(error.message)) {
    return new DeliveryError('untrusted_certificate', error.message.replace(/^fetch failed: /, ''));
  }
  if (error instanceof ConnectionError || (error instanceof Error && error.name === 'AbortError')) {
    return new DeliveryError('unreachable', `cannot reach the homeserver (${error.message})`, {
      mayHaveArrived: !NOT_CONNECTED.test(error.message),
    });
  }
  // For example a truncated response: the request had arrived.
  const text = error instanceof Error ? error.message : String(error);
  return new DeliveryError('internal', text, { mayHaveArrived: true, cause: error });
}

function fromMatrixError(error: MatrixError): DeliveryError {
  const { errcode = 'no error code', httpStatus = 0 } = error;
  const text = `the homeserver answered ${httpStatus} ${errcode}`;
  if (error.isRateLimitError()) {
    return new DeliveryError('rate_limited', text, { retryAfterMs: retryAfter(error) });
  }
  if (httpStatus === 401) return new DeliveryError('token_rejected', text);
  if (httpStatus === 403) return new DeliveryError('forbidden', text);
  if (errcode === 'M_TOO_LARGE' || httpStatus === 413) return new DeliveryError('too_large', text);
  const isMissing = errcode === 'M_UNRECOGNIZED' || errcode === 'M_NOT_FOUND';
  if (httpStatus >= 400 && httpStatus < 500 && !isMissing) return new DeliveryError('rejected', text);
  return new DeliveryError('server_error', text, { mayHaveArrived: httpStatus >= 500 });
}

// The SDK throws on an invalid header or body. Then the normal backoff applies.
function retryAfter(error: HTTPError): number | undefined {
  try {
    return error.getRetryAfterMs() ?? undefined;
  } catch {
    return undefined;
  }
}
