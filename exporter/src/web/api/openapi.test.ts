import { createLogger } from '@repo/common/logger';
import { expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../account/routing-policy.ts';
import { createTelemetry } from '../../metrics/telemetry.ts';
import { createRoutes } from '../routes.ts';
import { openapiDocument } from './openapi.ts';

/** What express has been given, as `GET /path/{parameter}`. */
function registered(): string[] {
  const app = createRoutes({
    store: {
      views: () => [],
      replace() {},
      setCaps() {},
      statuslineOf: () => undefined,
      replaceStatusline: () => [],
      renderBlock: () => [],
    },
    telemetry: createTelemetry('v24'),
    thresholds: { weekly: [], fiveHour: [] },
    policy: DEFAULT_POLICY,
    requireWriteCredential: (_request, _response, next) => next(),
    hasWriteTokens: () => false,
    curveOf: () => [],
    setCaps() {},
    onRefusal() {},
    reload: () => Promise.resolve(),
    takeStatusline: () => [],
    now: () => 0,
    logger: createLogger({ level: 'error', format: 'json', write() {} }),
  });
  return app.router.stack.flatMap(({ route }) => {
    const layers = route?.stack ?? [];
    const methods = new Set(layers.map(({ method }) => String(method).toUpperCase()));
    return [...methods].map((method) => `${method} ${route?.path.replace(/:(\w+)/g, '{$1}')}`);
  });
}

test('the document has every route of the API, and no other', () => {
  const documented = Object.entries(openapiDocument().paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((key) => key !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = registered();
  expect(documented.sort()).toEqual(routes.filter((route) => route.includes(' /api/')).sort());
  expect(routes).toContain('GET /metrics');
});

test('operations have names of their own, and the document is plain JSON', () => {
  const document = openapiDocument();
  const ids = JSON.stringify(document).match(/"operationId":"\w+"/g) ?? [];
  expect(new Set(ids).size).toBe(ids.length);
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
});
