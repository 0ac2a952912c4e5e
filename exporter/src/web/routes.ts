import type { Logger } from '@repo/common/logger';
import { addReloadRoute } from '@repo/common/web/reload-route';
import { createWebApp, finishWebApp } from '@repo/common/web/web-server';
import type { Express, RequestHandler } from 'express';
import type { AccountStore } from '../account/account-store.ts';
import type { AccountBlock } from '../metrics/account-block.ts';
import { CONTENT_TYPES, END, negotiateFormat } from '../metrics/exposition.ts';
import type { Telemetry } from '../metrics/telemetry.ts';
import { createTranscriptBlock } from '../metrics/transcript-block.ts';
import { addRoutes } from './route.ts';
import { type RouteTablePorts, routeTable } from './route-table.ts';

export interface RoutePorts extends Omit<RouteTablePorts, 'views'> {
  readonly store: AccountStore;
  readonly telemetry: Telemetry;
  readonly renderAccounts: AccountBlock;
  /** Guards every route that changes something. */
  readonly requireWriteCredential: RequestHandler;
  readonly reload: () => Promise<void>;
  readonly logger: Logger;
}

/** Builds everything that is served over HTTP. No request polls. */
export function createRoutes(ports: RoutePorts): Express {
  const { store, telemetry, logger } = ports;
  const renderTranscripts = createTranscriptBlock();
  const app = createWebApp({
    notReadyBecause() {
      const waiting = store.views().filter(({ state, polled }) => polled && !state.lastPoll);
      if (waiting.length === 0) return undefined;
      return `no poll yet for ${waiting.map(({ state }) => state.account).join(', ')}`;
    },
    async metrics(accept) {
      const format = negotiateFormat(accept);
      const accountBlock = ports.renderAccounts(store.views(), format);
      const processBlock = (await telemetry.renderProgram(format)) + END[format];
      const transcriptBlock = renderTranscripts(ports.transcripts?.snapshot(), format);
      const body = [...accountBlock, transcriptBlock, ...telemetry.renderCounters(format), Buffer.from(processBlock)];
      return { contentType: CONTENT_TYPES[format], body };
    },
  });
  addRoutes(app, routeTable({ ...ports, views: store.views }), ports.requireWriteCredential);
  addReloadRoute(app, ports.requireWriteCredential, ports.reload);
  return finishWebApp(app, logger);
}
