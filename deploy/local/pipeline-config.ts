import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

const RULES = fileURLToPath(new URL('../../rules/', import.meta.url));

/** Loopback ports of the parts of the pipeline. */
export interface PipelinePorts {
  readonly exporter: number;
  readonly bridge: number;
  readonly prometheus: number;
  readonly alertmanager: number;
}

interface PrometheusConfig {
  global: Record<string, string>;
  rule_files: string[];
  alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
  scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
}

/** Returns `rules/prometheus.yml` with these ports and, if given, other rule files and intervals. */
export function prometheusConfig(
  ports: PipelinePorts,
  {
    ruleFiles = [`${RULES}recording.yml`, `${RULES}alerts/*.yml`],
    interval,
  }: { ruleFiles?: string[]; interval?: string } = {},
): string {
  const config = parse(readFileSync(`${RULES}prometheus.yml`, 'utf8')) as PrometheusConfig;
  if (interval !== undefined) config.global = { scrape_interval: interval, evaluation_interval: interval };
  config.rule_files = ruleFiles;
  config.alerting = { alertmanagers: [{ static_configs: [{ targets: [local(ports.alertmanager)] }] }] };
  for (const job of config.scrape_configs) {
    const port = job.job_name === 'claude-usage' ? ports.exporter : ports.bridge;
    job.static_configs = [{ targets: [local(port)] }];
  }
  return stringify(config);
}

interface Route {
  group_wait?: string;
  group_interval?: string;
  routes?: Route[];
}

interface AlertmanagerConfig {
  route: Route;
  receivers: {
    email_configs?: unknown;
    webhook_configs?: { url: string; http_config: { authorization: { credentials_file: string } } }[];
  }[];
}

/** Returns `rules/alertmanager.yml` with the bridge's port and token and, if given, other group times. */
export function alertmanagerConfig(
  ports: PipelinePorts,
  tokenFile: string,
  times: { groupWait?: string; groupInterval?: string } = {},
): string {
  const config = parse(readFileSync(`${RULES}alertmanager.yml`, 'utf8')) as AlertmanagerConfig;
  for (const webhook of config.receivers.flatMap((receiver) => receiver.webhook_configs ?? [])) {
    webhook.url = `http://${local(ports.bridge)}/api/v1/alerts`;
    webhook.http_config.authorization.credentials_file = tokenFile;
  }
  // Without a mail server here, Alertmanager would log an error for every alert about the bridge.
  for (const receiver of config.receivers) delete receiver.email_configs;
  setTimes(config.route, times);
  return stringify(config);
}

function setTimes(route: Route, { groupWait, groupInterval }: { groupWait?: string; groupInterval?: string }): void {
  if (groupWait !== undefined && route.group_wait !== undefined) route.group_wait = groupWait;
  if (groupInterval !== undefined && route.group_interval !== undefined) route.group_interval = groupInterval;
  for (const child of route.routes ?? [])
    setTimes(child, { ...(groupWait && { groupWait }), ...(groupInterval && { groupInterval }) });
}

function local(port: number): string {
  return `127.0.0.1:${port}`;
}
