import { CONNECTION_FAILURES } from '@repo/common/outbound/connection-failure';
import { DELIVERY_REASONS } from 'alertmanager-matrix-bridge/src/delivery/delivery-error.ts';
import { BRIDGE_METRICS } from 'alertmanager-matrix-bridge/src/metrics.ts';
import { alignedTable } from './markdown.ts';

/** Reference of the bridge's metrics, generated from its catalogue. */
export function renderBridgeMetricsPage(): string {
  const rows = Object.entries(BRIDGE_METRICS).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    list(labels),
    help,
  ]);
  return `<!-- Generated from bridge/src/metrics.ts by \`npm run generate\`. -->
# Metrics of alertmanager-matrix-bridge

\`room\` is the configured name of the room. Counters start at 0 when the bridge starts.

${alignedTable(['name', 'type', 'labels', 'meaning'], rows)}

The process metrics of prom-client, \`process_*\` and \`nodejs_*\`, are exported too.

## Label values

- \`outcome\` of webhooks: \`accepted\`, \`duplicate\`, \`unauthorized\`, \`malformed\`, \`too_large\`, \`unavailable\`
- \`outcome\` of deliveries: \`sent\`, \`retried\`, \`buried\`
- \`reason\` of delivery failures: ${list(DELIVERY_REASONS)}
- \`reason\` of homeserver failures: ${list(CONNECTION_FAILURES)}
`;
}

function list(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(', ');
}
