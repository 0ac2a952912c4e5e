import { sendProblem } from '@repo/common/web/web-server';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import type { z } from 'zod';

/** A row of the table of routes, from which express and the OpenAPI document are both built. */
export interface Route {
  readonly method: 'get' | 'put' | 'post' | 'delete';
  /** With its parameters in braces, as OpenAPI writes them: `/api/v1/accounts/{account}/gate`. */
  readonly path: string;
  /** `read` is open on loopback and follows the web config file elsewhere. `write` always needs a credential. */
  readonly guard: 'read' | 'write';
  readonly handler: RequestHandler | RequestHandler[];
  /** Describes the route in the OpenAPI document. Required under `/api/`; absent for pages. */
  readonly operation?: Operation;
}

export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: readonly QueryParameter[];
  readonly body?: Component;
  /**
   * By status. The document adds what guard and path imply: 401 and 403 of a `write` route, 404 of an unknown account.
   */
  readonly responses: Readonly<Record<number, ResponseContent>>;
}

export interface QueryParameter {
  readonly name: string;
  readonly description: string;
  readonly schema: { readonly enum: readonly string[]; readonly default?: string };
}

export interface ResponseContent {
  readonly description: string;
  readonly type?: string;
  readonly content?: Component;
}

/** A schema under the name that it has in the OpenAPI document. */
export interface Component {
  readonly name: string;
  readonly schema: z.ZodType;
}

/** Adds the rows to express, each behind its guard. */
export function addRoutes(app: Express, routes: readonly Route[], requireWriteCredential: RequestHandler): void {
  for (const { method, path, guard, handler } of routes) {
    const guards = guard === 'write' ? [requireWriteCredential] : [];
    app[method](path.replaceAll(/\{(\w+)\}/g, ':$1'), ...guards, handler);
  }
  app.use(answerBadRequest);
}

// Rejected by express before a handler ran: a path with a broken escape, or a body that is too large.
const answerBadRequest: ErrorRequestHandler = (error, _request, response, next) => {
  const { status, type, limit } = error ?? {};
  if (response.headersSent || !(status >= 400 && status < 500)) return next(error);
  const detail =
    type === 'entity.too.large' ? `the body is larger than ${limit / 1024} KiB` : 'the request is not readable';
  sendProblem(response, { status, title: 'Bad request', detail });
};
