import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './panels.ts';

export interface BoardText {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
}

const TAG = 'claude-usage';

/** A dashboard with the parts that all of them share: data source, links to the others, time range, refresh. */
export function board({ uid, title, description, from }: BoardText): dashboard.DashboardBuilder {
  return new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .editable()
    .refresh('1m')
    .time({ from, to: 'now' })
    .timezone('browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .link(
      new dashboard.DashboardLinkBuilder('Claude usage')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
}

/** A variable with the values of a label. */
export function labelVariable(
  name: string,
  label: string,
  query: string,
  { multi }: { multi: boolean },
): dashboard.QueryVariableBuilder {
  const variable = new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
  return multi ? variable.multi(true).includeAll(true).allValue('.*') : variable;
}
