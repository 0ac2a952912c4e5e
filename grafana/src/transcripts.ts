import * as barchart from '@grafana/grafana-foundation-sdk/barchart';
import { board, labelVariable } from './board.ts';
import { addPanels } from './layout.ts';
import { bars, curves, described, NEUTRAL, numbers, type PanelText, sizeOf, steps, withQueries } from './panels.ts';

const PROJECT = 'host=~"$host",project=~"$project"';
const rate = (by: string, metric: string) => `sum by (${by}) (rate(${metric}{${PROJECT}}[$__rate_interval]))`;
const increase = (by: string, metric: string) => `sum by (${by}) (increase(${metric}{${PROJECT}}[$__range]))`;

/** Tokens, cost and sessions from the local transcripts of Claude Code. */
export function transcripts() {
  const layout = board({
    uid: 'claude-usage-transcripts',
    title: 'Claude usage / Transcripts',
    description: 'Tokens, cost and sessions from the local transcripts of Claude Code.',
    from: 'now-7d',
  })
    .withVariable(labelVariable('host', 'Host', 'label_values(claude_transcript_tokens_total, host)', { multi: true }))
    .withVariable(
      labelVariable('project', 'Project', 'label_values(claude_transcript_tokens_total{host=~"$host"}, project)', {
        multi: true,
      }),
    );
  return addPanels(layout, [
    ...totals(),
    curves(
      {
        title: 'Tokens by project',
        description: 'Tokens per second, all types together.',
        unit: 'short',
        queries: [{ expr: rate('project', 'claude_transcript_tokens_total'), legend: '{{project}}' }],
        width: 12,
        height: 9,
      },
      { stacked: true },
    ),
    curves(
      {
        title: 'Cost by model',
        description: 'US dollars per hour at list prices. A subscription does not charge them.',
        unit: 'currencyUSD',
        queries: [{ expr: `3600 * ${rate('model', 'claude_transcript_cost_dollars_total')}`, legend: '{{model}}' }],
        width: 12,
        height: 9,
      },
      { stacked: true },
    ),
    bars(
      {
        title: 'Tokens by type',
        description: 'Tokens in the time range. Cache reads are cheap, cache writes are not.',
        unit: 'short',
        queries: [{ expr: increase('type', 'claude_transcript_tokens_total'), legend: '{{type}}' }],
        width: 12,
      },
      NEUTRAL,
      1e9,
    ),
    pattern('Hour of the day', 'Messages by hour, in your time zone, summed over the time range.', 'HH'),
    pattern('Day of the week', 'Messages by weekday, in your time zone, summed over the time range.', 'E ddd'),
    curves({
      title: 'Sessions and limits',
      description: 'Running sessions, and how often a limit stopped one.',
      unit: 'short',
      queries: [
        { expr: `sum by (project) (claude_transcript_sessions{${PROJECT}})`, legend: 'sessions in {{project}}' },
        {
          expr: 'sum by (window) (increase(claude_transcript_limit_hits_total{host=~"$host"}[$__rate_interval]))',
          legend: 'limit hits of {{window}}',
        },
      ],
      width: 12,
    }),
    numbers({
      title: 'Current five-hour block',
      description: 'Tokens since the block of the transcripts started, by type.',
      unit: 'short',
      queries: [{ expr: 'sum by (type) (claude_transcript_window_tokens{host=~"$host"})', legend: '{{type}}' }],
      width: 12,
      height: 5,
    }),
    numbers(
      {
        title: 'Block ends in',
        description: 'Time until the five-hour block of the transcripts ends.',
        unit: 's',
        decimals: 0,
        queries: [
          {
            expr: 'max by (host) (claude_transcript_window_end_timestamp_seconds{host=~"$host"}) - time()',
            legend: '{{host}}',
          },
        ],
        width: 6,
        height: 5,
      },
      NEUTRAL,
    ),
    numbers(
      {
        title: 'Not counted',
        description: 'Tokens of models without a price, and files that cannot be read.',
        unit: 'short',
        queries: [
          { expr: 'sum(claude_transcript_unpriced_tokens_total)', legend: 'tokens without a price' },
          { expr: 'sum(claude_transcript_unreadable_files{host=~"$host"})', legend: 'unreadable files' },
        ],
        width: 6,
        height: 5,
      },
      steps('green', [1, 'orange']),
    ),
  ]);
}

function totals() {
  const text = { width: 6, height: 4 };
  const cached = `sum(rate(claude_transcript_tokens_total{${PROJECT},type="cache_read"}[$__range]))`;
  const input = `sum(rate(claude_transcript_tokens_total{${PROJECT},type=~"input|cache_read|cache_write.*"}[$__range]))`;
  return [
    numbers({
      ...text,
      title: 'Tokens',
      description: 'Tokens in the time range.',
      unit: 'short',
      queries: [{ expr: `sum(increase(claude_transcript_tokens_total{${PROJECT}}[$__range]))` }],
    }),
    numbers({
      ...text,
      title: 'Cost',
      description: 'US dollars in the time range at list prices. A subscription does not charge them.',
      unit: 'currencyUSD',
      decimals: 2,
      queries: [{ expr: `sum(increase(claude_transcript_cost_dollars_total{${PROJECT}}[$__range]))` }],
    }),
    numbers({
      ...text,
      title: 'Messages',
      description: 'Answers of the model in the time range.',
      unit: 'short',
      queries: [{ expr: `sum(increase(claude_transcript_messages_total{${PROJECT}}[$__range]))` }],
    }),
    numbers(
      {
        ...text,
        title: 'Cache hits',
        description: 'Share of the input tokens that came from the cache. Below 40 % sessions are expensive.',
        unit: 'percentunit',
        decimals: 0,
        queries: [{ expr: `${cached} / ${input}` }],
      },
      steps('red', [0.4, 'orange'], [0.7, 'green']),
    ),
  ];
}

/** Messages grouped by a part of the time in the dashboard's time zone, which PromQL does not know. */
function pattern(title: string, description: string, outputFormat: string) {
  const text: PanelText = {
    title,
    description,
    unit: 'short',
    queries: [{ expr: `sum(increase(claude_transcript_messages_total{${PROJECT}}[1h]))`, legend: 'Messages' }],
    width: 12,
  };
  const panel = described(new barchart.PanelBuilder(), text)
    .min(0)
    .thresholds(NEUTRAL)
    .interval('1h')
    .xField('Time')
    .withTransformation({ id: 'formatTime', options: { timeField: 'Time', outputFormat, useTimezone: true } })
    .withTransformation({
      id: 'groupBy',
      options: {
        fields: {
          Time: { aggregations: [], operation: 'groupby' },
          Messages: { aggregations: ['sum'], operation: 'aggregate' },
        },
      },
    })
    .withTransformation({ id: 'sortBy', options: { sort: [{ field: 'Time' }] } });
  return { panel: withQueries(panel, text.queries, 'range'), ...sizeOf(text, 8) };
}
