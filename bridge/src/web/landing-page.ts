import { buildInfo } from '@repo/common/build-info';
import { escapeHtml } from '@repo/common/html';
import type { Express } from 'express';

export interface RoomSummary {
  readonly name: string;
  readonly state: string;
  readonly pending: number;
  readonly buried: number;
}

/** Adds a status page at `/`. */
export function addLandingPage(app: Express, summarize: () => readonly RoomSummary[]): void {
  app.get('/', (_request, response) => {
    response.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.send(renderLandingPage(summarize()));
  });
}

function renderLandingPage(rooms: readonly RoomSummary[]): string {
  const rows = rooms.map(
    ({ name, state, pending, buried }) =>
      `<tr><td>${escapeHtml(name)}<td>${escapeHtml(state)}<td>${pending}<td>${buried}</tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>alertmanager-matrix-bridge</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
  th, td { text-align: left; padding: 0.25rem 1.5rem 0.25rem 0; }
</style>
<h1>alertmanager-matrix-bridge</h1>
<p>Version ${escapeHtml(buildInfo.version)}. Alertmanager posts to <code>/api/v1/alerts</code>.</p>
<table>
<thead><tr><th>Room<th>State<th>Waiting<th>Buried</tr></thead>
<tbody>${rows.join('')}</tbody>
</table>
<p><a href="/metrics">Metrics</a> · <a href="/-/healthy">Health</a> · <a href="/-/ready">Readiness</a></p>
</html>
`;
}
