import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Plan } from '../profile-body.ts';
import type { RequestFailure } from '../usage-request.ts';
import { type Environment, runSession, type SessionResult } from './claude-process.ts';
import { reducedEnvironment } from './reduced-environment.ts';

export const CLAUDE_CODE_FAILURES = ['program_missing', 'program_failed', 'not_subscribed'] as const;
export type ClaudeCodeFailure = (typeof CLAUDE_CODE_FAILURES)[number];

/** An installed Claude Code, which holds a login and refreshes it. */
export interface ClaudeCode {
  /** Name on the PATH, or path. */
  readonly command: string;
  /** Defaults to $CLAUDE_CONFIG_DIR, or else to Claude Code's own default. */
  readonly configDirectory?: string;
}

export type ClaudeCodeAnswer =
  | {
      readonly ok: true;
      /** In the format of the usage endpoint. */
      readonly body: unknown;
      readonly plan?: Plan;
    }
  | {
      readonly ok: false;
      readonly reason: ClaudeCodeFailure | Extract<RequestFailure, 'timeout' | 'too_large'> | 'wrong_shape';
      readonly detail: string;
    };

/** Requests the usage from Claude Code. @throws only if `signal` aborts */
export type AskClaudeCode = (claudeCode: ClaudeCode, signal: AbortSignal) => Promise<ClaudeCodeAnswer>;

const TIMEOUT_MS = 30_000;

const controlSchema = z.object({
  type: z.literal('control_response'),
  response: z.object({ request_id: z.string(), subtype: z.string(), response: z.unknown().optional() }),
});
type ControlResponse = z.output<typeof controlSchema>['response'];

const usageSchema = z.object({
  subscription_type: z
    .string()
    .regex(/^\w{1,40}$/)
    .nullish()
    .catch(undefined),
  rate_limits_available: z.boolean(),
  rate_limits: z.record(z.string(), z.unknown()).nullish(),
});
const scopedSchema = z.array(
  z.looseObject({ display_name: z.unknown(), utilization: z.unknown(), resets_at: z.unknown() }),
);

/** `env` is that of this program, of which only a part is passed on. */
export function createAskClaudeCode(env: Environment, timeoutMs = TIMEOUT_MS): AskClaudeCode {
  return async ({ command, configDirectory }, signal) => {
    const request_id = randomUUID();
    const result = await runSession({
      command,
      env: reducedEnvironment(env, configDirectory),
      request: JSON.stringify({
        type: 'control_request',
        request_id,
        request: { subtype: 'get_usage', skip_behaviors: true },
      }),
      parse: (line) => parseControlResponse(line, request_id),
      timeoutMs,
      signal,
    });
    return 'answer' in result ? readUsage(result.answer) : explain(result, command, timeoutMs);
  };
}

function parseControlResponse(line: string, requestId: string): ControlResponse | undefined {
  if (!line.includes(requestId)) return undefined;
  try {
    // What else is on the line, a title for the terminal or a byte order mark, comes before the object.
    const { data } = controlSchema.safeParse(JSON.parse(line.slice(line.indexOf('{'))));
    return data?.response.request_id === requestId ? data.response : undefined;
  } catch {
    return undefined;
  }
}

function readUsage({ subtype, response }: ControlResponse): ClaudeCodeAnswer {
  if (subtype !== 'success') {
    return failure('program_failed', 'Claude Code rejects the request for its usage; update Claude Code');
  }
  const { data } = usageSchema.safeParse(response);
  if (!data) return failure('wrong_shape', 'the answer of Claude Code is not in the expected format');
  const { subscription_type, rate_limits_available, rate_limits } = data;
  if (!rate_limits_available) {
    const detail =
      'Claude Code reports no subscription: it is logged out, or uses an API key, a cloud provider or a setup token; log in with Claude Code: run `claude`, then `/login`';
    return failure('not_subscribed', detail);
  }
  if (!rate_limits) return failure('program_failed', 'Claude Code does not know the usage at present');
  const { model_scoped, ...windows } = rate_limits;
  return {
    ok: true,
    body: { ...windows, ...(model_scoped === undefined ? {} : { limits: toLimitRows(model_scoped) }) },
    ...(subscription_type ? { plan: { plan: `claude_${subscription_type}` } } : {}),
  };
}

/** Converts windows of one model to the rows of the usage endpoint. */
function toLimitRows(modelScoped: unknown): unknown {
  const { data } = scopedSchema.safeParse(modelScoped);
  return data
    ? data.map(({ display_name, utilization, resets_at }) => ({
        kind: 'weekly_scoped',
        percent: utilization,
        resets_at,
        scope: { model: { display_name } },
      }))
    : modelScoped;
}

function explain(
  result: Exclude<SessionResult<unknown>, { answer: unknown }>,
  command: string,
  timeoutMs: number,
): ClaudeCodeAnswer {
  switch (result.failure) {
    case 'missing':
      return failure(
        'program_missing',
        `the program ${command} does not exist; install Claude Code, or set \`claude_code: {command: PATH}\``,
      );
    case 'not_started':
      return failure('program_failed', `the program ${command} cannot be started (${result.code})`);
    case 'ended':
      return failure('program_failed', `${command} ended with ${result.status} before it answered; update Claude Code`);
    case 'too_much_output':
      return failure('too_large', `${command} printed more than ${result.bytes} bytes without an answer`);
    case 'timeout':
      return failure('timeout', `no answer from ${command} within ${timeoutMs / 1000} s; update Claude Code`);
  }
}

function failure(reason: Extract<ClaudeCodeAnswer, { ok: false }>['reason'], detail: string): ClaudeCodeAnswer {
  return { ok: false, reason, detail };
}
