import {
  CONNECTION_FAILURES,
  type ConnectionFailureReason,
  toConnectionFailure,
} from '@repo/common/outbound/connection-failure';
import { ANSWER_FAILURES, AnswerFailure, type AnswerFailureReason } from '@repo/common/outbound/limited-fetch';

export const HOMESERVER_FAILURES = [...CONNECTION_FAILURES, ...ANSWER_FAILURES] as const;
export type HomeserverFailure = ConnectionFailureReason | AnswerFailureReason;

/** Wraps `fetch` and reports requests that failed without a complete response, unless the caller aborted them. */
export function createObservedFetch(
  fetch: typeof globalThis.fetch,
  onFailure: (reason: HomeserverFailure) => void,
): typeof globalThis.fetch {
  return async (input, init) => {
    try {
      return await fetch(input, init);
    } catch (error) {
      if (!init?.signal?.aborted)
        onFailure(error instanceof AnswerFailure ? error.reason : toConnectionFailure(error).reason);
      throw error;
    }
  };
}
