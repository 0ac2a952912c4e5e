import { buildInfo } from '@repo/common/build-info';
import { z } from 'zod';
import type { Component, Operation, ResponseContent, Route } from '../route.ts';
import { problemSchema } from './api-schemas.ts';

const PROBLEM: Component = { name: 'Problem', schema: problemSchema };
const OPENAPI: Component = { name: 'Openapi', schema: z.record(z.string(), z.unknown()) };
const CREDENTIALS = [{ bearer: [] }, { basic: [] }];
const PATH_PARAMETERS = new Map([
  ['account', 'Account name, as in the `account` label of the metrics.'],
  ['project', 'Path of a project, its last part, or its folder in Claude Code.'],
  ['session', 'Session ID of Claude Code.'],
]);
const NEEDS_CREDENTIAL: Operation['responses'] = {
  401: { description: 'The credential is missing or wrong.' },
  403: { description: 'No credential is configured, or the request comes from a web page of another origin.' },
};
const NO_ACCOUNT: Operation['responses'] = { 404: { description: 'There is no such account.' } };

/** Returns the row that serves the OpenAPI document of these routes. The document describes this row, too. */
export function openapiRoute(routes: readonly Route[]): Route {
  const row: Route = {
    method: 'get',
    path: '/api/v1/openapi.json',
    guard: 'read',
    operation: {
      id: 'getOpenapi',
      summary: 'This document',
      responses: {
        200: { description: 'OpenAPI 3.1.', content: OPENAPI },
      },
    },
    handler: (_request, response) => void response.json(document),
  };
  const document = openapiDocument([...routes, row]);
  return row;
}

/** The OpenAPI 3.1 document of all routes that have an operation. */
export function openapiDocument(routes: readonly Route[]) {
  const components = new Map([[PROBLEM.name, PROBLEM.schema]]);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, guard, operation } of routes) {
    if (!operation) continue;
    for (const { name, schema } of componentsOf(operation)) components.set(name, schema);
    paths[path] = { ...paths[path], [method]: describeOperation(operation, path, guard) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'claude-usage-exporter',
      version: buildInfo.version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Usage, gates and tiers of Claude accounts. Every answer comes from the last poll; no request polls. Times are ISO 8601 in UTC. Null means unknown or not applicable.',
    },
    paths,
    components: {
      schemas: Object.fromEntries([...components].map(([name, schema]) => [name, jsonSchema(schema)])),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' } },
    },
  };
}

function describeOperation(
  { id, summary, description, query = [], body, responses }: Operation,
  path: string,
  guard: Route['guard'],
) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));
  const parameters = [
    ...names.map((name) => ({
      name,
      in: 'path',
      required: true,
      description: PATH_PARAMETERS.get(name),
      schema: { type: 'string' },
    })),
    ...query.map((parameter) => ({ ...parameter, in: 'query' })),
  ];
  const all = {
    ...(guard === 'write' ? NEEDS_CREDENTIAL : {}),
    ...(names.includes('account') ? NO_ACCOUNT : {}),
    ...responses,
  };
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(guard === 'write' ? { security: CREDENTIALS } : {}),
    ...(body ? { requestBody: { required: true, content: contentOf('application/json', body) } } : {}),
    responses: Object.fromEntries(
      Object.entries(all).map(([status, response]) => [status, describeResponse(Number(status), response)]),
    ),
  };
}

function describeResponse(status: number, { description, type, content }: ResponseContent) {
  if (content) return { description, content: contentOf(type ?? 'application/json', content) };
  return status < 400 ? { description } : { description, content: contentOf('application/problem+json', PROBLEM) };
}

function contentOf(type: string, { name }: Component) {
  return { [type]: { schema: { $ref: `#/components/schemas/${name}` } } };
}

function componentsOf({ body, responses }: Operation): Component[] {
  return [body, ...Object.values(responses).map(({ content }) => content)].filter((each) => each !== undefined);
}

// As inputs, so that a client that validates answers accepts keys that a later version adds.
function jsonSchema(schema: z.ZodType) {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
