import { expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../account/routing-policy.ts';
import { routeTable } from '../route-table.ts';
import { openapiDocument } from './openapi.ts';

const routes = routeTable({
  views: () => [],
  thresholds: { weekly: [], fiveHour: [] },
  policy: DEFAULT_POLICY,
  hasWriteTokens: () => false,
  writers: () => [],
  curveOf: () => [],
  setCaps() {},
  onRefusal() {},
  takeStatusline: () => [],
  transcripts: undefined,
  agents: [],
  readSecret: () => undefined,
  runbookDirectory: '/none',
  now: () => 0,
});

test('the document has every route under /api/, and no other', () => {
  const documented = Object.entries(openapiDocument(routes).paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  const rows = routes.map(({ method, path }) => `${method} ${path}`);
  expect(documented.sort()).toEqual(rows.filter((row) => row.includes(' /api/')).sort());
  expect(documented).toContain('get /api/v1/openapi.json');
  expect(rows).toContain('get /');
});

test('what needs a credential says so, and what is in a path is described', () => {
  const { put } = openapiDocument(routes).paths['/api/v1/accounts/{account}/gate/caps'] ?? {};
  expect(put).toMatchObject({
    security: [{ bearer: [] }, { basic: [] }],
    parameters: [{ name: 'account', in: 'path', description: expect.any(String) }],
    requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/GateCaps' } } } },
    responses: { 401: {}, 403: {}, 404: {} },
  });
});

test('operations have unique names, and the document is plain JSON', () => {
  const document = openapiDocument(routes);
  const ids = JSON.stringify(document).match(/"operationId":"\w+"/g) ?? [];
  expect(new Set(ids).size).toBe(ids.length);
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
});
