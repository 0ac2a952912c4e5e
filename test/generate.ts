import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dashboardFiles } from '../grafana/src/dashboards.ts';
import { committedFiles } from '../rules/src/generated-files.ts';
import { renderBridgeMetricsPage } from './generate/bridge-metrics-page.ts';

import { renderBridgeConfiguration, renderExporterConfiguration } from './generate/configuration-page.ts';
import { renderMetricsPage } from './generate/metrics-page.ts';
import { renderLicense, renderPackageJson } from './generate/package-files.ts';

/** Files that are made from the sources. They are committed, so that they can be read where the sources are not run. */
const GENERATED = [
  { path: 'exporter/docs/configuration.md', render: renderExporterConfiguration },
  { path: 'bridge/docs/configuration.md', render: renderBridgeConfiguration },
  { path: 'exporter/docs/metrics.md', render: renderMetricsPage },
  { path: 'bridge/docs/metrics.md', render: renderBridgeMetricsPage },
  ...['exporter', 'bridge'].flatMap((workspace) => [
    { path: `${workspace}/package.json`, render: () => renderPackageJson(workspace) },
    { path: `${workspace}/LICENSE`, render: renderLicense },
  ]),
  ...dashboardFiles().map(({ path, text }) => ({ path: `grafana/${path}`, render: () => text })),
  ...committedFiles().map(({ path, text }) => ({ path: `rules/${path}`, render: () => text })),
];

const check = process.argv.includes('--check');
for (const { path, render } of GENERATED) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const wanted = render();
  if (readIfThere(file) === wanted) continue;
  if (check) {
    console.error(`${path} is not what the sources say; run: npm run generate`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, wanted);
    console.log(`${path} written`);
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
