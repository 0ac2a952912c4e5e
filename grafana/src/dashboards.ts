import { account } from './account.ts';
import { forecast } from './forecast.ts';
import { operations } from './operations.ts';
import { overview } from './overview.ts';
import { transcripts } from './transcripts.ts';

/** Dashboards as classic JSON, which file provisioning and grafana.com read. */
export function dashboardFiles(): { path: string; text: string }[] {
  const boards = [overview(), account(), forecast(), transcripts(), operations()];
  return boards.map((builder) => {
    const dashboard = builder.build();
    const text = JSON.stringify({ __inputs: [], __requires: REQUIRES, ...dashboard }, null, 2);
    return { path: `dashboards/${dashboard.uid}.json`, text: `${text}\n` };
  });
}

/** Requirements that grafana.com shows before an import. */
const REQUIRES = [
  { type: 'grafana', id: 'grafana', name: 'Grafana', version: '10.4.0' },
  { type: 'datasource', id: 'prometheus', name: 'Prometheus', version: '1.0.0' },
];
