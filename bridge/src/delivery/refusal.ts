import type { DeliveryError, DeliveryReason } from './delivery-error.ts';

/** Answers that reject the message itself. */
const REJECTIONS: readonly DeliveryReason[] = ['rejected', 'too_large'];
/** Answers that can be caused by the message, the room or the homeserver. */
const AMBIGUOUS: readonly DeliveryReason[] = ['forbidden', 'server_error', 'internal'];

/** A rejected message is tried this often. */
const MAX_REJECTIONS = 3;
/** An ambiguous failure counts as a refusal only while other messages pass, and may still be bad luck. */
const MAX_REFUSALS = 10;
/** After this many attempts, other messages find out whether the failure is caused by the message. */
const ATTEMPTS_BEFORE_SET_ASIDE = 5;

export interface FailedAttempt {
  /** Attempts so far, including this one. */
  readonly attempts: number;
  /** Earlier failures that were probably caused by the message. */
  readonly refusals: number;
  readonly isSetAside: boolean;
  /** True if another message of the room was delivered since this one failed before. */
  readonly othersPass: boolean;
}

export interface Verdict {
  /** `hold`: the room waits. `set_aside`: other messages of the room do not wait. `bury`: no further attempts. */
  readonly action: 'hold' | 'set_aside' | 'bury';
  readonly refusals: number;
}

/** Decides whether a failure is a problem of the message or of its room, so that no message blocks its room forever. */
export function judgeFailure({ reason }: DeliveryError, attempt: FailedAttempt): Verdict {
  const isRejection = REJECTIONS.includes(reason);
  const isAmbiguous = AMBIGUOUS.includes(reason);
  const isRefusal = isRejection || (isAmbiguous && attempt.isSetAside && attempt.othersPass);
  const refusals = attempt.refusals + Number(isRefusal);
  if (isRefusal && refusals >= (isRejection ? MAX_REJECTIONS : MAX_REFUSALS)) return { action: 'bury', refusals };
  const setAside = attempt.isSetAside || isRejection || (isAmbiguous && attempt.attempts >= ATTEMPTS_BEFORE_SET_ASIDE);
  return { action: setAside ? 'set_aside' : 'hold', refusals };
}
