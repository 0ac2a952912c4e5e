import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import type { Placed } from './layout.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana replaces its variables.
export const DATASOURCE: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

export interface Query {
  readonly expr: string;
  readonly legend?: string;
}

export interface PanelText {
  readonly title: string;
  /** Shown behind the information icon. Every panel has one. */
  readonly description: string;
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly width: number;
  readonly height?: number;
  readonly decimals?: number;
}

/** Colours by the tiers of the exporter. */
export const USAGE_COLOURS = steps('green', [0.5, 'yellow'], [0.7, 'orange'], [0.85, 'red']);
/** Grafana turns values red from 80 on unless there are thresholds. */
export const NEUTRAL = steps('text');
export const BAD_ABOVE_ZERO = steps('green', [Number.MIN_VALUE, 'red']);
export const GOOD_IS_ONE = steps('red', [1, 'green']);

export function steps(base: string, ...above: [value: number, color: string][]): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([{ value: null, color: base }, ...above.map(([value, color]) => ({ value, color }))]);
}

export function curves(
  text: PanelText,
  { max, stacked = false, fill = 0 }: { max?: number; stacked?: boolean; fill?: number } = {},
): Placed<timeseries.PanelBuilder> {
  const panel = described(new timeseries.PanelBuilder(), text)
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 60 : fill)
    .showPoints(common.VisibilityMode.Never)
    .thresholds(NEUTRAL)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull']),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (max !== undefined) panel.max(max);
  if (stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  return { panel: withQueries(panel, text.queries, 'range'), ...sizeOf(text, 8) };
}

export function bars(text: PanelText, colours = USAGE_COLOURS, max = 1): Placed<bargauge.PanelBuilder> {
  const panel = described(new bargauge.PanelBuilder(), text)
    .min(0)
    .max(max)
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .thresholds(colours)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
  return { panel: withQueries(panel, text.queries, 'instant'), ...sizeOf(text, 8) };
}

export function numbers(text: PanelText, colours = NEUTRAL): Placed<stat.PanelBuilder> {
  const panel = described(new stat.PanelBuilder(), text)
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Value)
    .thresholds(colours)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
  return { panel: withQueries(panel, text.queries, 'instant'), ...sizeOf(text, 4) };
}

/** Names only, for series whose value is always 1. */
export function names(text: PanelText): Placed<stat.PanelBuilder> {
  const placed = numbers(text);
  placed.panel.textMode(common.BigValueTextMode.Name);
  return placed;
}

/** One row for each set of labels, one column for each query. */
export function rows(
  text: PanelText,
  columns: readonly { readonly name: string; readonly unit: string }[],
  hidden: readonly string[] = [],
): Placed<table.PanelBuilder> {
  const panel = described(new table.PanelBuilder(), text)
    .thresholds(NEUTRAL)
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: Object.fromEntries(['Time', ...hidden].map((name) => [name, true])),
        renameByName: Object.fromEntries(columns.map(({ name }, index) => [`Value #${refId(index)}`, name])),
      },
    });
  for (const { name, unit } of columns) {
    panel.overrideByName(name, [
      { id: 'unit', value: unit },
      { id: 'decimals', value: unit === 's' ? 1 : 0 },
    ]);
  }
  text.queries.forEach((query, index) => {
    panel.withTarget(target(query, index).instant().format(prometheus.PromQueryFormat.Table));
  });
  return { panel, ...sizeOf(text, 8) };
}

export function withQueries<Panel extends QueryPanel<Panel>>(
  panel: Panel,
  queries: readonly Query[],
  kind: 'range' | 'instant',
): Panel {
  queries.forEach((query, index) => {
    panel.withTarget(kind === 'range' ? target(query, index).range() : target(query, index).instant());
  });
  return panel;
}

function target({ expr, legend }: Query, index: number): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder()
    .refId(refId(index))
    .datasource(DATASOURCE)
    .expr(expr)
    .legendFormat(legend ?? '__auto');
}

function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

interface QueryPanel<Panel> {
  withTarget(target: cog.Builder<cog.Dataquery>): Panel;
}

interface DescribedPanel<Panel> extends QueryPanel<Panel> {
  title(title: string): Panel;
  description(description: string): Panel;
  datasource(datasource: common.DataSourceRef): Panel;
  unit(unit: string): Panel;
  decimals(decimals: number): Panel;
}

export function described<Panel extends DescribedPanel<Panel>>(panel: Panel, text: PanelText): Panel {
  panel.title(text.title).description(text.description).datasource(DATASOURCE).unit(text.unit);
  if (text.decimals !== undefined) panel.decimals(text.decimals);
  return panel;
}

export function sizeOf({ width, height }: PanelText, usual: number): { width: number; height: number } {
  return { width, height: height ?? usual };
}
