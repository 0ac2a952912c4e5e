import { quotesUntrustedCertificate } from '@repo/common/outbound/connection-failure';
import { ConnectionError, HTTPError, MatrixError } from 'matrix-js-sdk';
import { DeliveryError } from '../delivery/delivery-error.ts';
import { FatalError } from '../fatal-error.ts';

/** The homeserver rejects the event itself. */
const REFUSED_FOR_GOOD = new Set(['M_BAD_JSON', 'M_NOT_JSON', 'M_INVALID_PARAM']);

/** Maps an error of the SDK to a delivery reason. The text contains no URLs, because they contain room IDs. */
export function toDeliveryError(error: unknown): DeliveryError | FatalError {
  if (error instanceof DeliveryError || error instanceof FatalError) return error;
  if (error instanceof MatrixError) return fromMatrixError(error);
  if (error instanceof HTTPError) {
    const text = `the homeserver answered ${error.httpStatus}`;
    // From a proxy: the body is no Matrix error.
    if (error.httpStatus === 413) return new DeliveryError('too_large', text);
    return new DeliveryError('server_error', text, { mayHaveArrived: true });
  }
  // The SDK keeps only the message of the original error.
  if (error instanceof ConnectionError && quotesUntrustedCertificate(error.message)) {
    return new DeliveryError('untrusted_certificate', error.message.replace(/^fetch failed: /, ''));
  }
  if (error instanceof ConnectionError || (error instanceof Error && error.name === 'AbortError')) {
    return new DeliveryError('unreachable', `cannot reach the homeserver (${error.message})`, {
      mayHaveArrived: true,
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
  if (errcode === 'M_UNKNOWN_TOKEN' || errcode === 'M_MISSING_TOKEN') return new DeliveryError('token_rejected', text);
  if (errcode === 'M_FORBIDDEN') return new DeliveryError('forbidden', text);
  if (errcode === 'M_TOO_LARGE' || httpStatus === 413) return new DeliveryError('too_large', text);
  if (REFUSED_FOR_GOOD.has(errcode)) return new DeliveryError('rejected', text);
  return new DeliveryError('server_error', text, { mayHaveArrived: httpStatus >= 500 });
}

// The SDK throws on an invalid header or body. Then the normal backoff applies.
function retryAfter(error: MatrixError): number | undefined {
  try {
    return error.getRetryAfterMs() ?? undefined;
  } catch {
    return undefined;
  }
}
