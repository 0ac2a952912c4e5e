import { quotesUntrustedCertificate } from '@repo/common/outbound/connection-failure';
import { ConnectionError, HTTPError, MatrixError } from 'matrix-js-sdk';
import { DeliveryError, FatalError } from '../delivery/delivery-error.ts';

/** The homeserver refuses the event itself; the same bytes will be refused again. */
const REFUSED_FOR_GOOD = new Set(['M_BAD_JSON', 'M_NOT_JSON', 'M_INVALID_PARAM']);

/** Sorts what the SDK threw into the reasons that the delivery knows. URLs stay out of the text: they name rooms. */
export function toDeliveryError(error: unknown): DeliveryError | FatalError {
  if (error instanceof DeliveryError || error instanceof FatalError) return error;
  if (error instanceof MatrixError) return fromMatrixError(error);
  if (error instanceof HTTPError) {
    const text = `the homeserver answered ${error.httpStatus}`;
    // A proxy in front of the homeserver speaks no Matrix.
    if (error.httpStatus === 413) return new DeliveryError('too_large', text);
    return new DeliveryError('server_error', text, { mayHaveArrived: true });
  }
  // The SDK keeps nothing of what fetch threw but its words.
  if (error instanceof ConnectionError && quotesUntrustedCertificate(error.message)) {
    return new DeliveryError('untrusted_certificate', error.message.replace(/^fetch failed: /, ''));
  }
  if (error instanceof ConnectionError || (error instanceof Error && error.name === 'AbortError')) {
    return new DeliveryError('unreachable', `the homeserver can't be reached (${error.message})`, {
      mayHaveArrived: true,
    });
  }
  // An answer that broke off, for example: the request had arrived.
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

// The SDK throws on an unfit header or body; then our own backoff decides.
function retryAfter(error: MatrixError): number | undefined {
  try {
    return error.getRetryAfterMs() ?? undefined;
  } catch {
    return undefined;
  }
}
