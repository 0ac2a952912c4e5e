/** Why a message did not reach its room. */
const DELIVERY_REASONS = [
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

/** A message that was not delivered, this time. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly reason: DeliveryReason;
  /** Whether the request may have reached the homeserver all the same. */
  readonly mayHaveArrived: boolean;
  /** How long the homeserver asked to wait, in milliseconds. */
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

  /** No waiting helps: the homeserver refuses this very message. */
  get isPermanent(): boolean {
    return this.reason === 'too_large' || this.reason === 'rejected';
  }
}

/** Something that makes going on unsafe: the program stops, with the given exit code, and says why. */
export class FatalError extends Error {
  override readonly name = 'FatalError';
  readonly exitCode: 1 | 3;

  constructor(message: string, exitCode: 1 | 3, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.exitCode = exitCode;
  }
}
