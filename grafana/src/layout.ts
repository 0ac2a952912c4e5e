import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

/** A panel with its size in grid units; a dashboard is 24 wide. */
export interface Placed<Panel = PanelBuilder> {
  readonly panel: Panel;
  readonly width: number;
  readonly height: number;
}

export type PanelBuilder = cog.Builder<dashboard.Panel> & {
  gridPos(gridPos: dashboard.GridPos): unknown;
  id(id: number): unknown;
};

const GRID_WIDTH = 24;

/** Adds panels from left to right, in lines as high as their highest panel. */
export function addPanels(board: dashboard.DashboardBuilder, panels: readonly Placed[]): dashboard.DashboardBuilder {
  let x = 0;
  let y = 0;
  let lineHeight = 0;
  panels.forEach(({ panel, width, height }, index) => {
    if (x + width > GRID_WIDTH) {
      x = 0;
      y += lineHeight;
      lineHeight = 0;
    }
    panel.gridPos({ x, y, w: width, h: height });
    panel.id(index + 1);
    board.withPanel(panel);
    x += width;
    lineHeight = Math.max(lineHeight, height);
  });
  return board;
}
