import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { NOTICE } from './plain.ts';

const NAMESPACE_KEY = 'claude-usage';

interface Route {
  readonly receiver?: string | undefined;
  readonly matchers?: readonly string[] | undefined;
  readonly group_by?: readonly string[] | undefined;
  readonly group_wait?: string | undefined;
  readonly group_interval?: string | undefined;
  readonly repeat_interval?: string | undefined;
  readonly continue?: boolean | undefined;
  readonly routes?: readonly Route[] | undefined;
}

const route: z.ZodType<Route> = z.strictObject({
  receiver: z.string().optional(),
  matchers: z.array(z.string()).optional(),
  group_by: z.array(z.string()).optional(),
  group_wait: z.string().optional(),
  group_interval: z.string().optional(),
  repeat_interval: z.string().optional(),
  continue: z.boolean().optional(),
  routes: z.array(z.lazy(() => route)).optional(),
});

/** The part of an Alertmanager configuration that alertmanager.yml uses. */
const configSchema = z.strictObject({
  route,
  inhibit_rules: z.array(
    z.strictObject({
      source_matchers: z.array(z.string()),
      target_matchers: z.array(z.string()),
      equal: z.array(z.string()),
    }),
  ),
  receivers: z.array(
    z.strictObject({
      name: z.string(),
      webhook_configs: z.array(z.looseObject({ send_resolved: z.boolean() })).optional(),
      email_configs: z.array(z.unknown()).optional(),
    }),
  ),
});

export interface KubernetesNames {
  readonly namespace: string;
  readonly bridgeUrl: string;
  /** Secret with the key `webhook_token`. */
  readonly tokenSecret: string;
  readonly severities: Readonly<Record<string, string>>;
}

/** alertmanager.yml as an AlertmanagerConfig of prometheus-operator. */
export function renderAlertmanagerConfig(alertmanagerYaml: string, names: KubernetesNames): string {
  const { route: root, inhibit_rules, receivers } = configSchema.parse(parse(alertmanagerYaml));
  const matchers = (texts: readonly string[]) => texts.map((text) => matcher(text, names.severities));
  const config = {
    apiVersion: 'monitoring.coreos.com/v1alpha1',
    kind: 'AlertmanagerConfig',
    metadata: { name: NAMESPACE_KEY, namespace: names.namespace },
    spec: {
      route: kubernetesRoute(root, matchers),
      inhibitRules: inhibit_rules.map((rule) => ({
        sourceMatch: matchers(rule.source_matchers),
        targetMatch: matchers(rule.target_matchers),
        equal: rule.equal,
      })),
      receivers: receivers.map(({ name, webhook_configs, email_configs }) => ({
        name,
        ...(webhook_configs && {
          webhookConfigs: webhook_configs.map(({ send_resolved }) => ({
            url: names.bridgeUrl,
            sendResolved: send_resolved,
            httpConfig: { authorization: { credentials: { name: names.tokenSecret, key: 'webhook_token' } } },
          })),
        }),
        // A cluster has no local mail server: the address is one to replace.
        ...(email_configs && {
          emailConfigs: [
            {
              to: 'ops@example.org',
              from: 'alertmanager@example.org',
              smarthost: 'smtp.example.org:587',
              sendResolved: true,
            },
          ],
        }),
      })),
    },
  };
  return `# ${NOTICE}\n${stringify(config, { lineWidth: 0 })}`;
}

function kubernetesRoute(
  { receiver, group_by, group_wait, group_interval, repeat_interval, routes, ...rest }: Route,
  matchers: (texts: readonly string[]) => unknown,
): Record<string, unknown> {
  return {
    ...(receiver && { receiver }),
    ...(rest.matchers && { matchers: matchers(rest.matchers) }),
    ...(group_by && { groupBy: group_by }),
    ...(group_wait && { groupWait: group_wait }),
    ...(group_interval && { groupInterval: group_interval }),
    ...(repeat_interval && { repeatInterval: repeat_interval }),
    ...(rest.continue && { continue: true }),
    ...(routes && { routes: routes.map((child) => kubernetesRoute(child, matchers)) }),
  };
}

function matcher(text: string, severities: Readonly<Record<string, string>>) {
  const [, name = '', matchType = '', value = ''] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(text) ?? [];
  if (name === '') throw new Error(`Cannot read the matcher ${text} in alertmanager.yml.`);
  const renamed = value
    .split('|')
    .map((severity) => severities[severity] ?? severity)
    .join('|');
  return { name, matchType, value: name === 'severity' ? renamed : value };
}
