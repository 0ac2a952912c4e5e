import { sendProblem } from '@repo/common/web/web-server';
import express, { type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';

/** One problem of a request body: the field's path, and what to send instead. */
export interface BodyProblem {
  readonly path: string;
  readonly message: string;
}

export interface JsonBodyOptions {
  /** Title and detail of the answer to a body that does not match the schema. */
  readonly title: string;
  readonly detail: string;
  readonly limit?: string;
}

type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly BodyProblem[] };

/** Handlers of a route with a JSON body: answer 400 with every problem of the body, or pass its value to `handle`. */
export function withJsonBody<Value>(
  schema: z.ZodType<Value>,
  { title, detail, limit = '16kb' }: JsonBodyOptions,
  handle: (value: Value, request: Request, response: Response) => void,
): RequestHandler[] {
  // Any content type, because curl sends a form's type by default.
  const readText = express.text({ type: () => true, limit });
  return [
    readText,
    (request, response) => {
      const body = parseJsonBody(schema, String(request.body ?? ''));
      if (body.ok) handle(body.value, request, response);
      else sendProblem(response, { status: 400, title, detail, errors: body.problems });
    },
  ];
}

/** Parses a JSON text by its schema. The problems quote nothing from the text. */
export function parseJsonBody<Value>(schema: z.ZodType<Value>, text: string): Parsed<Value> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { ok: false, problems: [{ path: '', message: 'is not JSON' }] };
  }
  const { success, data, error } = schema.safeParse(body);
  if (success) return { ok: true, value: data };
  return {
    ok: false,
    problems: error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  };
}
