import { POLL_OUTCOMES } from 'claude-usage-exporter/src/account/poll-outcome.ts';
import { ACCOUNT_METRICS, TELEMETRY_METRICS, TRANSCRIPT_METRICS } from 'claude-usage-exporter/src/metrics/catalogue.ts';
import type { MetricDefinition } from 'claude-usage-exporter/src/metrics/metric-definition.ts';
import { alignedTable } from './markdown.ts';

/** The reference of the exporter's metrics, from the catalogue that it exports them by. */
export function renderMetricsPage(): string {
  return `<!-- Generated from exporter/src/metrics/catalogue.ts by \`npm run generate\`. -->
# Metrics of claude-usage-exporter

Usage is polled in the background, every five minutes by default, and never by a scrape. A series that is absent is
unknown or does not apply; 0 is zero. \`account\` is the configured name. Both the text format 0.0.4 and OpenMetrics 1.0
are spoken, as the \`Accept\` header asks.

## Usage and accounts

When an account can't be polled, its last good values stay for \`stale_after\`. Then the series of its windows disappear,
and those that tell about the polls stay.

${table(ACCOUNT_METRICS)}

## Transcripts

Counted on the machine that has the transcripts, or sent by its agent. The counters are kept in the storage directory:
they survive restarts and the deletion of transcripts.

${table(TRANSCRIPT_METRICS)}

## Polling and the program

Counted since the program started.

${table(TELEMETRY_METRICS)}

The values of \`outcome\`: ${POLL_OUTCOMES.map((outcome) => `\`${outcome}\``).join(', ')}.

Besides, there are the process metrics of prom-client, whose names begin with \`process_\` and \`nodejs_\`.
`;
}

function table(metrics: Readonly<Record<string, MetricDefinition>>): string {
  const rows = Object.entries(metrics).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  return alignedTable(['name', 'type', 'labels', 'meaning'], rows);
}
