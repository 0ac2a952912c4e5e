import { buildInfo } from '@repo/common/build-info';
import { z } from 'zod';
import { statuslineSchema } from '../../statusline/statusline-report.ts';
import {
  capsSchema,
  gateOpenSchema,
  problemSchema,
  refusalSchema,
  tierAnswerSchema,
  usageSchema,
} from './api-schemas.ts';

interface Answer {
  readonly description: string;
  readonly type: string;
  readonly schema: keyof typeof SCHEMAS;
}

const SCHEMAS = {
  Usage: usageSchema,
  Tiers: tierAnswerSchema,
  GateOpen: gateOpenSchema,
  GateRefusal: refusalSchema,
  GateCaps: capsSchema,
  StatuslineReport: statuslineSchema([], 0),
  Problem: problemSchema,
};

const json = (description: string, schema: keyof typeof SCHEMAS): Answer => ({
  description,
  type: 'application/json',
  schema,
});
const problem = (description: string): Answer => ({
  description,
  type: 'application/problem+json',
  schema: 'Problem',
});

const ACCOUNT = {
  name: 'account',
  in: 'path',
  required: true,
  description: 'The name of an account, as its metrics have it.',
  schema: { type: 'string' },
};
const REFUSE_STATUS = {
  name: 'refuse_status',
  in: 'query',
  description:
    'The status to refuse with. 403 is for callers that take a 503 for a failure, like nginx with auth_request.',
  schema: { enum: ['503', '403'], default: '503' },
};
const CREDENTIALS = [{ bearer: [] }, { basic: [] }];
const NO_ACCOUNT = problem('There is no such account.');

/** The OpenAPI 3.1 document of the API. Schemas are those that the program itself is typed by. */
export function openapiDocument() {
  return {
    openapi: '3.1.1',
    info: {
      title: 'claude-usage-exporter',
      version: buildInfo.version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Usage, gates and tiers of Claude accounts. Everything is answered from what was polled before; no request polls. Times are ISO 8601 in UTC; null means unknown or not applicable.',
    },
    paths: {
      '/api/v1/usage': {
        get: {
          operationId: 'getUsage',
          summary: 'The usage of every account, and whether its gate refuses new work',
          responses: answers({ 200: json('The accounts, as configured.', 'Usage') }),
        },
      },
      '/api/v1/tier': {
        get: {
          operationId: 'getTier',
          summary: 'The tier of every account, with advice on which models each class of tasks is to use',
          responses: answers({ 200: json('The accounts, as configured.', 'Tiers') }),
        },
      },
      '/api/v1/accounts/{account}/gate': {
        parameters: [ACCOUNT],
        get: {
          operationId: 'askGate',
          summary: 'Whether new work may begin',
          description: 'Only the body of a refusal means "no"; take every other answer, and none, for an open gate.',
          parameters: [REFUSE_STATUS],
          responses: answers({
            200: json('The gate is open.', 'GateOpen'),
            400: problem('The query is not understood.'),
            403: json('New work is refused, with the status that was asked for.', 'GateRefusal'),
            404: NO_ACCOUNT,
            503: json('New work is refused.', 'GateRefusal'),
          }),
        },
      },
      '/api/v1/accounts/{account}/gate/caps': {
        parameters: [ACCOUNT],
        get: {
          operationId: 'getGateCaps',
          summary: 'From which utilizations on new work is refused',
          responses: answers({ 200: json('The caps.', 'GateCaps'), 404: NO_ACCOUNT }),
        },
        put: {
          operationId: 'setGateCaps',
          summary: 'Sets both caps; they outlive a restart',
          description: 'Needs a credential: a bearer token, or what the web configuration file demands of everybody.',
          security: CREDENTIALS,
          requestBody: body('GateCaps'),
          responses: answers({
            200: json('The caps, as they are now.', 'GateCaps'),
            400: problem('The body is not understood; the caps stay as they were.'),
            401: problem('The credential is missing or wrong.'),
            403: problem('No credential is configured, or a web page of another origin asks.'),
            404: NO_ACCOUNT,
            413: problem('The body is too large.'),
          }),
        },
      },
      '/api/v1/statusline': {
        post: {
          operationId: 'reportStatusline',
          summary: 'What the status line of a Claude Code session knows of the usage of an account',
          description: 'Needs a credential, like setting caps.',
          security: CREDENTIALS,
          requestBody: body('StatuslineReport'),
          responses: {
            204: { description: 'Taken.' },
            ...answers({
              400: problem('The report is not understood.'),
              401: problem('The credential is missing or wrong.'),
              403: problem('No credential is configured, or a web page of another origin asks.'),
            }),
          },
        },
      },
      '/api/v1/openapi.json': {
        get: {
          operationId: 'getOpenapi',
          summary: 'This document',
          responses: {
            200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
          },
        },
      },
    },
    components: {
      schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, jsonSchema(schema)])),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' } },
    },
  };
}

function answers(byStatus: Readonly<Record<number, Answer>>) {
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, { description, type, schema }]) => [
      status,
      { description, content: { [type]: { schema: reference(schema) } } },
    ]),
  );
}

function body(schema: keyof typeof SCHEMAS) {
  return { required: true, content: { 'application/json': { schema: reference(schema) } } };
}

function reference(schema: keyof typeof SCHEMAS) {
  return { $ref: `#/components/schemas/${schema}` };
}

// As inputs, so that a client which checks them accepts the keys that a later version adds.
function jsonSchema(schema: z.ZodType) {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
