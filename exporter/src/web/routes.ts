import type { Logger } from '@repo/common/logger';
import { isIdentified } from '@repo/common/web/caller';
import { addReloadRoute } from '@repo/common/web/reload-route';
import { createWebApp, finishWebApp } from '@repo/common/web/web-server';
import type { Express, Request, RequestHandler } from 'express';
import type { AccountStore } from '../account/account-store.ts';
import type { RoutingPolicy } from '../account/routing-policy.ts';
import { createEncoder } from '../encode-once.ts';
import { CONTENT_TYPES, END, negotiateFormat } from '../metrics/exposition.ts';
import type { Telemetry } from '../metrics/telemetry.ts';
import type { TakeReport } from '../statusline/statusline-intake.ts';
import { statuslineRoute } from '../statusline/statusline-route.ts';
import type { Thresholds } from '../usage/thresholds.ts';
import { addGateRoutes, type GateRoutes } from './api/gate-routes.ts';
import { openapiDocument } from './api/openapi.ts';
import { tierAnswer } from './api/tier-api.ts';
import { usageAnswer } from './api/usage-api.ts';
import { CONTENT_SECURITY_POLICY } from './page/content-security-policy.ts';
import type { WriteAccess } from './page/page-gate.ts';
import { renderStatusPage } from './page/status-page.ts';
import type { CurveOf } from './page/usage-curves.ts';

export interface RoutePorts {
  readonly store: AccountStore;
  readonly telemetry: Telemetry;
  readonly thresholds: Thresholds;
  readonly policy: RoutingPolicy;
  /** Goes before every handler that changes something. */
  readonly requireWriteCredential: RequestHandler;
  /** Whether there are tokens by which somebody may write. */
  readonly hasWriteTokens: () => boolean;
  readonly curveOf: CurveOf;
  readonly setCaps: GateRoutes['setCaps'];
  readonly onRefusal: GateRoutes['onRefusal'];
  readonly takeStatusline: TakeReport;
  /** Goes on with the configuration as it is now. */
  readonly reload: () => Promise<void>;
  readonly now: () => number;
  readonly logger: Logger;
}

/** Everything that is answered over HTTP. Reads what is known; asks nobody. */
export function createRoutes(ports: RoutePorts): Express {
  const { store, telemetry, now, logger } = ports;
  const writeAccess = (request: Request): WriteAccess => {
    if (isIdentified(request)) return 'identified';
    return ports.hasWriteTokens() ? 'token' : 'refused';
  };
  const encode = createEncoder();
  const app = createWebApp({
    notReadyBecause() {
      const waiting = store.views().filter(({ state, polled }) => polled && !state.lastPoll);
      if (waiting.length === 0) return undefined;
      return `no poll yet of ${waiting.map(({ state }) => state.account).join(', ')}`;
    },
    async metrics(accept) {
      const format = negotiateFormat(accept);
      const lasting = [...store.renderBlock(format), ...telemetry.renderCounters(format)];
      const passing = (await telemetry.renderProgram(format)) + END[format];
      const body = lasting.map((text, slot) => encode(`${format} ${slot}`, text));
      return { contentType: CONTENT_TYPES[format], body: [...body, Buffer.from(passing)] };
    },
  });
  app.get('/api/v1/usage', (_request, response) => {
    response.json(usageAnswer(store.views(), now()));
  });
  app.get('/api/v1/tier', (_request, response) => {
    response.json({ accounts: store.views().map((view) => tierAnswer(view, ports.policy)) });
  });
  const openapi = openapiDocument();
  app.get('/api/v1/openapi.json', (_request, response) => {
    response.json(openapi);
  });
  addGateRoutes(app, {
    ...ports,
    view: (account) => store.views().find(({ state }) => state.account === account),
  });
  app.post('/api/v1/statusline', ports.requireWriteCredential, statuslineRoute(ports.takeStatusline));
  addReloadRoute(app, ports.requireWriteCredential, ports.reload);
  app.get('/', (request, response) => {
    response
      .set({ 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'Referrer-Policy': 'no-referrer' })
      .type('html')
      .send(renderStatusPage(store.views(), { ...ports, access: writeAccess(request), now: now() }));
  });
  return finishWebApp(app, logger);
}
