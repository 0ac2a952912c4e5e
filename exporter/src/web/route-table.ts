import type { RoutingPolicy } from '../account/routing-policy.ts';
import type { TakeReport } from '../statusline/statusline-intake.ts';
import { forecastRoutes } from './api/forecast-api.ts';
import { type GatePorts, gateRoutes } from './api/gate-routes.ts';
import { openapiRoute } from './api/openapi.ts';
import { statuslineRoutes } from './api/statusline-routes.ts';
import { tierRoutes } from './api/tier-api.ts';
import { type TranscriptPorts, transcriptRoutes } from './api/transcript-routes.ts';
import { usageRoutes } from './api/usage-api.ts';
import { type PagePorts, pageRoutes } from './page/page-routes.ts';
import type { Route } from './route.ts';
import { runbookRoutes } from './runbook-routes.ts';

export interface RouteTablePorts extends GatePorts, PagePorts, TranscriptPorts {
  readonly policy: RoutingPolicy;
  readonly takeStatusline: TakeReport;
  /** Holds the runbook's pages. */
  readonly runbookDirectory: string;
}

/**
 * Every route besides the operational ones (`/metrics`, `/-/…`). To add a route, add a row to one of these lists, or a
 * new list here; express and the OpenAPI document follow.
 */
export function routeTable(ports: RouteTablePorts): readonly Route[] {
  const { views, now, policy, takeStatusline } = ports;
  const routes = [
    ...pageRoutes(ports),
    ...runbookRoutes(ports.runbookDirectory),
    ...usageRoutes(views, now),
    ...forecastRoutes(views),
    ...tierRoutes(views, policy),
    ...gateRoutes(ports),
    ...statuslineRoutes(takeStatusline),
    ...transcriptRoutes(ports),
  ];
  return [...routes, openapiRoute(routes)];
}
