/** Why a delivery attempt failed. */
export const DELIVERY_REASONS = [
  'unreachable',
  'untrusted_certificate',
  'server_error',
  'rate_limited',
  'token_rejected',
  'not_joined',
  'not_encrypted',
  'forbidden',
  'too_large',
  'rejected',
  'internal',
] as const;
export type DeliveryReason = (typeof DELIVERY_REASONS)[number];

/** A delivery attempt that failed. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly reason: DeliveryReason;
  /** True if the homeserver may have accepted the message even so. */
  readonly mayHaveArrived: boolean;
  /** The delay that the homeserver asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    reason: DeliveryReason,
    message: string,
    options: { mayHaveArrived?: boolean; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.reason = reason;
    this.mayHaveArrived = options.mayHaveArrived ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
