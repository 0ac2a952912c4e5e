import { CREDENTIAL_FAILURES } from '../credentials/credentials.ts';
import { CLAUDE_CODE_FAILURES } from '../usage/claude-code/ask-claude-code.ts';
import { REQUEST_FAILURES } from '../usage/usage-request.ts';

/** Outcomes of a poll; the values of the `outcome` label. */
export const POLL_OUTCOMES = [
  'success',
  ...REQUEST_FAILURES,
  'wrong_shape',
  ...CLAUDE_CODE_FAILURES,
  ...CREDENTIAL_FAILURES,
  'internal_error',
] as const;
export type PollOutcome = (typeof POLL_OUTCOMES)[number];
