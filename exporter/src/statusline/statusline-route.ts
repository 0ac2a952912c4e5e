import { describeProblems } from '@repo/common/field-problem';
import { sendProblem } from '@repo/common/web/web-server';
import type { RequestHandler } from 'express';
import type { TakeReport } from './statusline-intake.ts';
import { readJson } from './statusline-wire.ts';

/** Handles `POST /api/v1/statusline`. */
export function statuslineRoute(take: TakeReport): RequestHandler {
  return async (request, response) => {
    const errors = take(await readJson(request));
    if (errors.length === 0) return void response.status(204).end();
    sendProblem(response, { status: 400, title: 'Bad request', detail: describeProblems(errors), errors });
  };
}
