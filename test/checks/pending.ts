// `node test/checks/run.ts --pending` lists what these files break. The lists only shrink.

export const PENDING_STRUCTURE: ReadonlySet<string> = new Set([]);

export const PENDING_PHRASES: ReadonlySet<string> = new Set([
  'rules/alertmanager.yml',
  'rules/alerts/bridge.yml',
  'rules/alerts/thresholds.yml',
  'test/integration/web-config.test.ts',
]);
